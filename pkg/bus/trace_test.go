package bus_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/telemetry"
)

const foreignTrace = "0af7651916cd43dd8448eb211c80319c"

// recording is a context whose work is recorded in spans.
func recording(t *testing.T) (context.Context, *tracetest.InMemoryExporter) {
	t.Helper()
	spans := tracetest.NewInMemoryExporter()
	return telemetry.With(within(t), sdk.NewTracerProvider(sdk.WithSyncer(spans))), spans
}

// runTraced runs a router whose work is recorded.
func runTraced(ctx context.Context, t *testing.T, r *bus.Router) {
	t.Helper()
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	bustest.Receive(t, r.Running())
	t.Cleanup(func() { cancel(); _ = bustest.Receive(t, ended) })
}

func named(t *testing.T, spans *tracetest.InMemoryExporter, name string, n int) tracetest.SpanStubs {
	t.Helper()
	var found tracetest.SpanStubs
	require.Eventually(t, func() bool {
		found = nil
		for _, s := range spans.GetSpans() {
			if s.Name == name {
				found = append(found, s)
			}
		}
		return len(found) >= n
	}, time.Minute, 5*time.Millisecond, "%d spans %s", n, name)
	require.Len(t, found, n)
	return found
}

func TestOneTraceOverAllStages(t *testing.T) {
	js := bustest.Server(t).JS(t)
	ctx, spans := recording(t)
	p := bus.NewPublisher(js, quiet)
	r := newRouter(t, js)
	subject := bus.Subject{Stage: bus.StageReceived, Connection: "acme-books", InvoiceID: 42}
	for from, to := range map[bus.Stage]bus.Stage{
		bus.StageReceived: bus.StageReady, bus.StageReady: bus.StageOutcome, bus.StageOutcome: bus.StageSettled,
	} {
		c := bus.Consumer{Stream: bus.StreamFor(from), Durable: string(from), Filter: bus.StageFilter(from), MaxInFlight: 4}
		require.NoError(t, r.Handle(c, func(ctx context.Context, m bus.Message) error {
			return p.Send(ctx, m.Subject.To(to), "", &tradepostv1.InvoiceSettled{})
		}))
	}
	runTraced(ctx, t, r)
	first, root := telemetry.Start(ctx, "open")
	require.NoError(t, p.Send(first, subject, "", &tradepostv1.InvoiceReceived{}))
	root.End()
	// A stage's span ends after the next stage has its message, perhaps long after.
	bustest.Eventually(t, func() error {
		if n := len(spans.GetSpans()); n < 8 {
			return fmt.Errorf("%d spans", n)
		}
		return nil
	})
	byID := map[trace.SpanID]tracetest.SpanStub{}
	for _, s := range spans.GetSpans() {
		require.Equal(t, root.SpanContext().TraceID(), s.SpanContext.TraceID(), s.Name)
		byID[s.SpanContext.SpanID()] = s
	}
	require.Len(t, byID, 8)
	for _, chain := range [][2]string{
		{"publish invoice.received", "open"},
		{"handle invoice.received", "publish invoice.received"},
		{"publish invoice.ready", "handle invoice.received"},
		{"handle invoice.ready", "publish invoice.ready"},
		{"publish invoice.outcome", "handle invoice.ready"},
		{"handle invoice.outcome", "publish invoice.outcome"},
	} {
		require.Equal(t, chain[1], byID[named(t, spans, chain[0], 1)[0].Parent.SpanID()].Name)
	}
}

func TestARedeliveryIsASpanOfItsOwnUnderTheSamePublish(t *testing.T) {
	js := bustest.Server(t).JS(t)
	ctx, spans := recording(t)
	r := newRouter(t, js)
	tries := 0
	require.NoError(t, r.Handle(readyConsumer(1), func(context.Context, bus.Message) error {
		if tries++; tries < 3 {
			return bus.RetryAfter(time.Millisecond, errors.New("not yet"))
		}
		return bus.Poison("message.unreadable", errors.New("customer Acme Tower LLC"))
	}))
	runTraced(ctx, t, r)
	require.NoError(t, bus.NewPublisher(js, quiet).Send(ctx, ready(1), "", &tradepostv1.InvoiceReady{}))
	published := named(t, spans, "publish invoice.ready", 1)[0]
	seen := map[trace.SpanID]bool{}
	handled := named(t, spans, "handle invoice.ready", 3)
	// The server may deliver it again before the span of the delivery before has ended.
	slices.SortFunc(handled, func(a, b tracetest.SpanStub) int { return a.StartTime.Compare(b.StartTime) })
	for i, s := range handled {
		require.Equal(t, published.SpanContext.SpanID(), s.Parent.SpanID())
		require.False(t, seen[s.SpanContext.SpanID()])
		seen[s.SpanContext.SpanID()] = true
		require.Contains(t, s.Attributes, telemetry.Delivered(i+1))
		if i < 2 {
			require.Contains(t, s.Attributes, telemetry.Result("wait"))
			require.Empty(t, s.Status.Description, "waiting is no failure")
			continue
		}
		require.Contains(t, s.Attributes, telemetry.Result("dead"))
		require.Equal(t, "message.unreadable", s.Status.Description)
		require.Empty(t, s.Events, "the text stays out")
	}
}

func TestHeadersOfATraceAreOptionalAndNeverHarm(t *testing.T) {
	for name, c := range map[string]struct {
		header  nats.Header
		foreign bool
	}{
		"none":     {nil, false},
		"rubbish":  {nats.Header{"traceparent": {"%%%"}, "tracestate": {"=="}, "baggage": {"\x01"}}, false},
		"good":     {nats.Header{"traceparent": {"00-" + foreignTrace + "-b7ad6b7169203331-01"}}, true},
		"repeated": {nats.Header{"traceparent": {"00-" + foreignTrace + "-b7ad6b7169203331-01", "00-11111111111111111111111111111111-b7ad6b7169203331-01"}}, true},
		"empty":    {nats.Header{"traceparent": {}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			js := bustest.Server(t).JS(t)
			ctx, spans := recording(t)
			r := newRouter(t, js)
			require.NoError(t, r.Handle(readyConsumer(1), func(context.Context, bus.Message) error { return nil }))
			runTraced(ctx, t, r)
			_, err := js.PublishMsg(ctx, &nats.Msg{Subject: ready(7).String(), Data: []byte("{}"), Header: c.header})
			require.NoError(t, err)
			s := named(t, spans, "handle invoice.ready", 1)[0]
			require.True(t, s.SpanContext.IsValid())
			require.Equal(t, c.foreign, s.SpanContext.TraceID().String() == foreignTrace)
			require.Equal(t, c.foreign, s.Parent.IsValid(), "without a parent a new trace begins")
		})
	}
}

func TestATraceThatComesWithAMessageGoesOnWithoutARecorder(t *testing.T) {
	js := bustest.Server(t).JS(t)
	p := bus.NewPublisher(js, quiet)
	got := make(chan string, 1)
	r := newRouter(t, js)
	require.NoError(t, r.Handle(readyConsumer(1), func(ctx context.Context, m bus.Message) error {
		return p.Send(ctx, m.Subject.To(bus.StageOutcome), "", &tradepostv1.InvoiceOutcome{})
	}))
	require.NoError(t, r.Handle(bus.OutcomeConsumer("acme-books", 1), func(_ context.Context, m bus.Message) error {
		got <- m.Headers["traceparent"]
		return nil
	}))
	run(t, r)
	parent := "00-" + foreignTrace + "-b7ad6b7169203331-01"
	_, err := js.PublishMsg(within(t), &nats.Msg{Subject: ready(7).String(), Data: []byte("{}"), Header: nats.Header{"traceparent": {parent}}})
	require.NoError(t, err)
	require.Equal(t, parent, bustest.Receive(t, got))
}

func TestAParkedMessageKeepsItsTrace(t *testing.T) {
	js := bustest.Server(t).JS(t)
	ctx, spans := recording(t)
	r := newRouter(t, js)
	require.NoError(t, r.Handle(readyConsumer(1), func(context.Context, bus.Message) error { return nil }))
	runTraced(ctx, t, r)
	require.NoError(t, bus.NewPublisher(js, quiet).Schedule(ctx, ready(3), time.Now(), &tradepostv1.InvoiceReady{}))
	parked := named(t, spans, "schedule invoice.ready", 1)[0]
	require.Equal(t, parked.SpanContext.SpanID(), named(t, spans, "handle invoice.ready", 1)[0].Parent.SpanID())
}

func TestWhatIsPublishedAgainLinksToWhatWasBefore(t *testing.T) {
	js := bustest.Server(t).JS(t)
	ctx, spans := recording(t)
	p := bus.NewPublisher(js, quiet)
	require.Empty(t, p.Earlier(ctx, ready(9)), "nothing was published yet")
	require.NoError(t, p.Send(ctx, ready(9), "", &tradepostv1.InvoiceReady{}))
	links := p.Earlier(ctx, ready(9))
	require.Len(t, links, 1)
	require.Equal(t, named(t, spans, "publish invoice.ready", 1)[0].SpanContext.SpanID(), links[0].SpanContext.SpanID())
	require.Empty(t, p.Earlier(within(t), ready(9)), "nobody records: nobody is asked")
}
