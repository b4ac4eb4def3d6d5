package bus_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

func last(t testing.TB, js jetstream.JetStream, subject bus.Subject) *jetstream.RawStreamMsg {
	t.Helper()
	s, err := js.Stream(within(t), bus.StreamFor(subject.Stage))
	require.NoError(t, err)
	m, err := s.GetLastMsgForSubject(within(t), subject.String())
	require.NoError(t, err)
	return m
}

func count(t testing.TB, js jetstream.JetStream, stream string) uint64 {
	t.Helper()
	s, err := js.Stream(within(t), stream)
	require.NoError(t, err)
	info, err := s.Info(within(t))
	require.NoError(t, err)
	return info.State.Msgs
}

func TestSendHeaders(t *testing.T) {
	js := bustest.Server(t).JS(t)
	p := bus.NewPublisher(js, quiet, bus.FromService("ingest"), bus.WithInjector(func(_ context.Context, set func(string, string)) {
		set("traceparent", "00-1-2-01")
	}))
	require.NoError(t, p.Send(within(t), ready(5), "acme/5/1", command(), bus.WithHeader("x-note", "n")))
	m := last(t, js, ready(5))
	require.Equal(t, "acme/5/1", m.Header.Get("Nats-Msg-Id"))
	require.NotEmpty(t, m.Header.Get("_watermill_message_uuid"))
	for key, want := range map[string]string{
		"ce-specversion": "1.0", "ce-id": "acme/5/1", "ce-source": "tradepost/ingest", "ce-type": "tradepost.v1.InvoiceCommand",
		"ce-subject": "acme-books/5", "traceparent": "00-1-2-01", "x-note": "n",
	} {
		require.Equal(t, []string{want}, m.Header[key], key)
	}
	_, err := time.Parse(time.RFC3339Nano, m.Header.Get("ce-time"))
	require.NoError(t, err)
}

func TestSendDedupes(t *testing.T) {
	js := bustest.Server(t).JS(t)
	p := bus.NewPublisher(js, quiet)
	for range 3 {
		require.NoError(t, p.Send(within(t), ready(1), "same", command()))
	}
	require.EqualValues(t, 1, count(t, js, bus.StreamReady))
	for range 2 {
		require.NoError(t, p.Send(within(t), ready(1), "", command()))
	}
	require.EqualValues(t, 3, count(t, js, bus.StreamReady), "without an id nothing is dropped")
}

func TestSendRefusals(t *testing.T) {
	s := bustest.Server(t)
	js := s.JS(t)
	p := bus.NewPublisher(js, quiet)
	huge := command()
	huge.Reason = strings.Repeat("x", bus.MaxBody)
	err := p.Send(within(t), ready(1), "", huge)
	require.ErrorIs(t, err, bus.ErrTooLarge)
	require.ErrorContains(t, err, "publish on invoice.ready.acme-books.1: the body has 900 KiB, at most 900 KiB can be sent")

	require.ErrorContains(t, p.Send(within(t), bus.Subject{Stage: bus.StageReady, Connection: "a.b", InvoiceID: 1}, "", command()), `connection "a.b"`)
	require.ErrorContains(t, p.Send(within(t), bus.Subject{}, "", command()), "is no stage")

	require.NoError(t, js.DeleteStream(within(t), bus.StreamReady))
	require.ErrorContains(t, p.Send(within(t), ready(1), "", command()), "no stream takes it; run `tradepost nats apply`")

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, p.Send(ctx, ready(1).To(bus.StageOutcome), "", command()), context.Canceled)
}

func TestLargestBodyFits(t *testing.T) {
	js := bustest.Server(t).JS(t)
	m := message.NewMessage("u", make([]byte, bus.MaxBody))
	require.NoError(t, bus.NewPublisher(js, quiet).Publish(ready(1).String(), m))
	require.Len(t, last(t, js, ready(1)).Data, bus.MaxBody)
}

func TestPublishMetricsAreShared(t *testing.T) {
	js := bustest.Server(t).JS(t)
	registry := prometheus.NewRegistry()
	for range 2 {
		p := bus.NewPublisher(js, quiet, bus.FromService("ingest"), bus.WithPublishMetrics(registry))
		require.NoError(t, p.Send(within(t), ready(1), "", command()))
		require.NoError(t, p.Close())
	}
	n, err := testutil.GatherAndCount(registry, "tradepost_publish_seconds")
	require.NoError(t, err)
	require.Equal(t, 1, n, "one series, shared by both")
}

// A parked message outlives the age of its stream.
func TestScheduleFiresIntoReady(t *testing.T) {
	bustest.FakeTime(t, func(t *testing.T, s *bustest.Broker) {
		js := s.JS(t)
		young := bus.Streams(1)[1]
		young.MaxAge = time.Hour
		_, err := js.UpdateStream(within(t), young)
		require.NoError(t, err)
		p := bus.NewPublisher(js, quiet)
		got := make(chan time.Time, 10)
		r := newRouter(t, js)
		require.NoError(t, r.Handle(readyConsumer(1), func(_ context.Context, m bus.Message) error {
			got <- time.Now()
			require.Equal(t, ready(8), m.Subject)
			return bus.Decode(m, new(tradepostv1.InvoiceCommand))
		}))
		at := time.Now().Add(3*time.Hour + 300*time.Millisecond)
		require.NoError(t, p.Schedule(context.Background(), ready(8), at.Add(time.Hour), command()))
		require.NoError(t, p.Schedule(context.Background(), ready(8), at, command()), "the second replaces the first")
		stop := run(t, r)
		fired := <-got
		require.False(t, fired.Before(at), "fired %s early", at.Sub(fired))
		require.Less(t, fired.Sub(at), 3*time.Second)
		<-time.After(2 * time.Hour)
		require.Empty(t, got)
		require.NoError(t, stop())
	})
}

func TestScheduleInThePastFiresNow(t *testing.T) {
	js := bustest.Server(t).JS(t)
	p := bus.NewPublisher(js, quiet)
	require.NoError(t, p.Schedule(within(t), ready(8), time.Now().Add(-time.Hour), command()))
	s, err := js.Stream(within(t), bus.StreamReady)
	require.NoError(t, err)
	bustest.Eventually(t, func() error {
		_, err := s.GetLastMsgForSubject(context.Background(), ready(8).String())
		return err
	})
	require.ErrorContains(t, p.Schedule(within(t), ready(8).To(bus.StageOutcome), time.Now(), command()), "only messages of stage ready")
}
