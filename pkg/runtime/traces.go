package runtime

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/sdk/trace"

	"github.com/tradepost/tradepost/pkg/telemetry"
)

// flushTimeout bounds what a collector that is away may cost at the end.
const flushTimeout = 5 * time.Second

// withTraces returns a context whose work is recorded as Options.Traces or the
// environment say, and what sends the last spans on their way.
func withTraces(ctx context.Context, o Options) (traced context.Context, flush func(), err error) {
	p := o.Traces
	if p == nil {
		p, err = telemetry.FromEnvironment(ctx, telemetry.Options{
			Service: o.Name, Version: BuildVersion(), Instance: o.Instance, Log: o.Log,
		})
	}
	if err != nil || p == nil {
		return ctx, func() {}, err
	}
	o.Log.Info("traces are recorded")
	return telemetry.With(ctx, p), func() { flushSpans(ctx, p, o) }, nil
}

// flushSpans ends a provider that is ours; one that was given only sends what it has.
func flushSpans(ctx context.Context, p *trace.TracerProvider, o Options) {
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
	defer cancel()
	end := p.Shutdown
	if o.Traces != nil {
		end = p.ForceFlush
	}
	if err := end(limit); err != nil {
		o.Log.Warn("the last spans were not sent", KeyError, err)
	}
}
