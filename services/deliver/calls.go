package deliver

import (
	"context"

	"github.com/tradepost/tradepost/pkg/permits"
	"github.com/tradepost/tradepost/pkg/runtime"
)

// openCalls opens what holds the connectors' calls within the limits of their
// accounting systems, over all replicas.
func openCalls(ctx context.Context, d runtime.Deps) (*permits.Permits, error) {
	calls, err := permits.Open(ctx, permits.Options{JS: d.JS, Instance: d.Instance, Log: d.Log, Metrics: d.Metrics})
	if err != nil {
		return nil, err
	}
	d.Health.AddNotice("metered reads", func() error {
		if words := calls.Notice(); words != "" {
			return runtime.Notice(words)
		}
		return nil
	})
	return calls, nil
}
