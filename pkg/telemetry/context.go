package telemetry

import (
	"context"

	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// scope is the name under which all of Tradepost's spans are recorded.
const scope = "github.com/tradepost/tradepost"

type tracerKey struct{}

var nothing trace.Span = noop.Span{}

// With returns a context whose work is recorded by p; nil records nothing.
func With(ctx context.Context, p trace.TracerProvider) context.Context {
	if p == nil {
		return ctx
	}
	return context.WithValue(ctx, tracerKey{}, p.Tracer(scope))
}

// Active tells whether work with this context is recorded. It is for work that is
// done for the trace alone.
func Active(ctx context.Context) bool { return tracer(ctx) != nil }

func tracer(ctx context.Context) trace.Tracer {
	t, _ := ctx.Value(tracerKey{}).(trace.Tracer)
	return t
}
