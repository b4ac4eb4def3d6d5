package bus

import (
	"context"
	"errors"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go/jetstream"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/tradepost/tradepost/pkg/telemetry"
)

// earlierTimeout bounds a look-up that is made for the trace alone.
const earlierTimeout = 2 * time.Second

// traced runs each delivery in a span of its own, under the span that published the
// message. A message without trace headers, or with rubbish in them, begins a trace.
// It is the outermost middleware, so that the context of all others has the span.
func (r *Router) traced(next message.HandlerFunc) message.HandlerFunc {
	return func(wm *message.Message) ([]*message.Message, error) {
		d, ok := DeliveryFrom(wm.Context())
		if !ok {
			return next(wm)
		}
		ctx := telemetry.Extract(wm.Context(), d.headers)
		if !telemetry.Active(ctx) {
			wm.SetContext(ctx)
			return next(wm)
		}
		ctx, span := telemetry.StartKind(ctx, trace.SpanKindConsumer, "handle "+spanSubject(d.Msg.Subject), d.attributes(r.o.Service)...)
		defer span.End()
		wm.SetContext(ctx)
		out, err := next(wm)
		span.SetAttributes(telemetry.Result(d.result))
		return out, err
	}
}

func (d *Delivery) attributes(service string) []attribute.KeyValue {
	attrs := append(messaging("process", d.Msg.Subject),
		attribute.String("tradepost.service", service),
		attribute.String("messaging.consumer.group.name", d.consumer.Durable),
		telemetry.Delivered(int(d.Meta.NumDelivered)),
		attribute.Int64("tradepost.sequence", int64(d.Meta.Sequence.Stream))) //nolint:gosec // A stream never gets that long.
	if p, err := ParsePoll(d.Msg.Subject); err == nil {
		return append(attrs, telemetry.Account(p.Account))
	}
	if s, err := ParseSubject(d.Msg.Subject); err == nil {
		return append(attrs, s.attributes()...)
	}
	return attrs
}

func (s Subject) attributes() []attribute.KeyValue {
	return []attribute.KeyValue{telemetry.Stage(string(s.Stage)), telemetry.Connection(s.Connection), telemetry.Invoice(s.InvoiceID)}
}

func messaging(operation, subject string) []attribute.KeyValue {
	return []attribute.KeyValue{
		attribute.String("messaging.system", "nats"), attribute.String("messaging.operation.type", operation),
		attribute.String("messaging.destination.template", spanSubject(subject)),
	}
}

// publishing begins the span of a message that is sent; its context goes into the
// message's headers, so that whoever handles it is found under it.
func (p *Publisher) publishing(ctx context.Context, operation string, s Subject) (context.Context, trace.Span) {
	if !telemetry.Active(ctx) {
		return ctx, trace.SpanFromContext(context.Background())
	}
	attrs := append(messaging("send", s.String()), s.attributes()...)
	return telemetry.StartKind(ctx, trace.SpanKindProducer, operation+" "+spanSubject(s.String()), attrs...)
}

// spanSubject is a subject without what differs from message to message.
func spanSubject(subject string) string {
	if p, err := ParsePoll(subject); err == nil {
		return pollRoot + "." + string(p.Kind)
	}
	if label := stageLabel(subject); label != pollRoot && label != otherLabel {
		return subjectRoot + "." + label
	}
	return otherLabel
}

// Earlier links to the trace of the last message on a subject, for work that is
// published again; no link where that cannot be known. It calls the server only
// where traces are recorded.
func (p *Publisher) Earlier(ctx context.Context, s Subject) []trace.Link {
	if !telemetry.Active(ctx) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, earlierTimeout)
	defer cancel()
	last, err := p.last(ctx, s)
	if err != nil {
		if !errors.Is(err, jetstream.ErrMsgNotFound) {
			p.log.DebugContext(ctx, "the trace of the message before is not known", "subject", s.String(), "error", err)
		}
		return nil
	}
	headers := make(map[string]string, len(last.Header))
	for key, values := range last.Header {
		if len(values) > 0 {
			headers[key] = values[0]
		}
	}
	sc := trace.SpanContextFromContext(telemetry.Extract(context.Background(), headers))
	if !sc.IsValid() {
		return nil
	}
	return []trace.Link{{SpanContext: sc, Attributes: []attribute.KeyValue{attribute.String("tradepost.link", "published before")}}}
}

func (p *Publisher) last(ctx context.Context, s Subject) (*jetstream.RawStreamMsg, error) {
	stream, err := p.js.Stream(ctx, StreamFor(s.Stage))
	if err != nil {
		return nil, err
	}
	return stream.GetLastMsgForSubject(ctx, s.String())
}
