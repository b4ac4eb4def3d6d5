package telemetry

import (
	"context"
	"net/textproto"

	"go.opentelemetry.io/otel/propagation"
)

// w3c reads and writes the headers traceparent, tracestate and baggage.
var w3c = propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})

// Inject calls set for each header that carries the trace context of ctx to whoever
// gets the message: none when there is no trace.
func Inject(ctx context.Context, set func(key, value string)) { w3c.Inject(ctx, setter(set)) }

// Extract returns ctx with the trace context of a message's headers. Headers that
// are missing or rubbish change nothing.
func Extract(ctx context.Context, headers map[string]string) context.Context {
	if len(headers) == 0 {
		return ctx
	}
	return w3c.Extract(ctx, getter(headers))
}

type setter func(key, value string)

func (s setter) Set(key, value string) { s(key, value) }
func (setter) Get(string) string       { return "" }
func (setter) Keys() []string          { return nil }

// getter also finds a header that was written as HTTP writes it (Traceparent).
type getter map[string]string

func (g getter) Get(key string) string {
	if v, ok := g[key]; ok {
		return v
	}
	return g[textproto.CanonicalMIMEHeaderKey(key)]
}

func (getter) Set(string, string) {}
func (getter) Keys() []string     { return nil }
