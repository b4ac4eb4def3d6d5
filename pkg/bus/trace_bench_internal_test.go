package bus

import (
	"context"
	"log/slog"
	"testing"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/protobuf/types/known/timestamppb"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/telemetry"
)

// dropped takes spans and forgets them.
type dropped struct{}

func (dropped) ExportSpans(context.Context, []sdk.ReadOnlySpan) error { return nil }
func (dropped) Shutdown(context.Context) error                        { return nil }

// BenchmarkHandlerPath is one delivery through the router's middlewares, without
// NATS: as it was before traces, with traces that nobody records, and with recording.
func BenchmarkHandlerPath(b *testing.B) {
	r := &Router{o: RouterOptions{Log: slog.New(slog.DiscardHandler), Service: "bench"}, metrics: newMetrics(prometheus.NewRegistry())}
	handler := func(*message.Message) ([]*message.Message, error) { return nil, nil }
	inner := r.observe(handler)
	recorded := telemetry.With(b.Context(), sdk.NewTracerProvider(sdk.WithBatcher(dropped{})))
	header := nats.Header{"traceparent": {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}, "ce-id": {"x"}}
	for name, c := range map[string]struct {
		ctx    context.Context
		chain  message.HandlerFunc
		header nats.Header
	}{
		"1 before":                           {b.Context(), inner, nil},
		"2 nobody records":                   {b.Context(), r.traced(inner), nil},
		"3 nobody records, trace in headers": {b.Context(), r.traced(inner), header},
		"4 recorded":                         {recorded, r.traced(inner), header},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				d := &Delivery{
					Msg:  &nats.Msg{Subject: "invoice.ready.acme-books.42", Header: c.header},
					Meta: &nats.MsgMetadata{Stream: StreamReady, NumDelivered: 1}, result: resultOK,
				}
				wm := d.watermill()
				wm.SetContext(context.WithValue(c.ctx, deliveryKey{}, d))
				_, _ = c.chain(wm)
			}
		})
	}
}

// BenchmarkEnvelope is what publishing does before the message goes to the server.
func BenchmarkEnvelope(b *testing.B) {
	m := &tradepostv1.InvoiceSettled{Send: 1, SnapshotHash: "h", SettledAt: timestamppb.Now(), Total: "522.50"}
	s := Subject{Stage: StageSettled, Connection: "acme-books", InvoiceID: 42}
	p := &Publisher{service: "bench"}
	recorded := telemetry.With(b.Context(), sdk.NewTracerProvider(sdk.WithBatcher(dropped{})))
	for name, ctx := range map[string]context.Context{"1 nobody records": b.Context(), "2 recorded": recorded} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ctx, span := p.publishing(ctx, "publish", s)
				_, _ = p.envelope(ctx, s, "id", m, nil)
				telemetry.End(span, nil)
			}
		})
	}
}
