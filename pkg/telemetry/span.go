package telemetry

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// Start begins a span under the one of ctx, or a new trace where ctx has none. Where
// nothing is recorded it returns ctx itself and a span that does nothing. name has
// few values: never an id.
func Start(ctx context.Context, name string, attrs ...attribute.KeyValue) (context.Context, trace.Span) {
	return begin(ctx, name, trace.SpanKindInternal, attrs)
}

// StartKind is Start for work that has another side: a message that is sent or
// handled, a call to another system.
func StartKind(ctx context.Context, kind trace.SpanKind, name string, attrs ...attribute.KeyValue) (context.Context, trace.Span) {
	return begin(ctx, name, kind, attrs)
}

func begin(ctx context.Context, name string, kind trace.SpanKind, attrs []attribute.KeyValue) (context.Context, trace.Span) {
	t := tracer(ctx)
	if t == nil {
		return ctx, nothing
	}
	return t.Start(ctx, name, trace.WithSpanKind(kind), trace.WithAttributes(attrs...))
}

// End ends a span; err tells how its work came out.
func End(span trace.Span, err error) {
	if err != nil {
		Fail(span, err)
	}
	span.End()
}

// Do runs f in a span.
func Do(ctx context.Context, name string, f func(ctx context.Context) error) error {
	ctx, span := Start(ctx, name)
	err := f(ctx)
	End(span, err)
	return err
}

// Fail marks a span as failed with the class of err. The text of err stays out: it
// may name customers. An error of the class ErrorWait is no failure: something has
// to wait, and the span only says so.
func Fail(span trace.Span, err error) {
	if !span.IsRecording() {
		return
	}
	class := ErrorType(err)
	span.SetAttributes(attribute.String("error.type", class))
	if class != ErrorWait {
		span.SetStatus(codes.Error, class)
	}
}

// Set adds attributes to the span of ctx.
func Set(ctx context.Context, attrs ...attribute.KeyValue) {
	if span := trace.SpanFromContext(ctx); span.IsRecording() {
		span.SetAttributes(attrs...)
	}
}

// origin is work that many traces begin with, such as a list of many invoices.
type origin struct {
	name  string
	began time.Time
	ended time.Time
	span  trace.SpanContext
}

type originKey struct{}

// WithOrigin notes work that is over and that every trace begun with NewTrace below
// ctx came from. It was done once, in the trace of span; each of those traces shows
// it as a span of its own that links to it. began is when it began; it ends now.
func WithOrigin(ctx context.Context, name string, began time.Time, span trace.Span) context.Context {
	if !Active(ctx) {
		return ctx
	}
	return context.WithValue(ctx, originKey{}, origin{name: name, began: began, ended: time.Now(), span: span.SpanContext()})
}

// NewTrace begins a trace of its own, which links to the span of ctx and to earlier,
// and starts with the origin of ctx where that has one: then the trace begins when
// the origin began.
func NewTrace(ctx context.Context, name string, earlier []trace.Link, attrs ...attribute.KeyValue) (context.Context, trace.Span) {
	t := tracer(ctx)
	if t == nil {
		return ctx, nothing
	}
	if cause := trace.LinkFromContext(ctx); cause.SpanContext.IsValid() {
		earlier = append(earlier, cause)
	}
	opts := []trace.SpanStartOption{trace.WithNewRoot(), trace.WithAttributes(attrs...), trace.WithLinks(earlier...)}
	from, has := ctx.Value(originKey{}).(origin)
	if has {
		opts = append(opts, trace.WithTimestamp(from.began))
	}
	ctx, span := t.Start(ctx, name, opts...)
	if has {
		_, first := t.Start(ctx, from.name, trace.WithTimestamp(from.began), trace.WithLinks(trace.Link{SpanContext: from.span}))
		first.End(trace.WithTimestamp(from.ended))
	}
	return ctx, span
}
