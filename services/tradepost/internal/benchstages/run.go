// Package benchstages runs the four stages as `tradepost up` does, but with a
// target in memory, so that a benchmark measures the stages and not an accounting
// system.
package benchstages

import (
	"context"
	"fmt"
	"os"

	"golang.org/x/sync/errgroup"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/services/tradepost/internal/pipeline"
)

// Run runs the stages of the configuration at path until ctx ends, with health and
// metrics at http.listen. Its connections have the connector "memory". nats.url has
// to be set: the harness owns the server, so that both sides of a comparison have
// the same one.
func Run(ctx context.Context, path string, environ []string) error {
	config, err := connection.Load(path, environ)
	if err != nil {
		return err
	}
	if config.NATS.URL == "" {
		return fmt.Errorf("%s: nats.url is needed: the server belongs to the harness", path)
	}
	connectors, err := connector.NewRegistry(Registration())
	if err != nil {
		return err
	}
	o := pipeline.Options{
		Config: config, Log: runtime.Logger(config.Log, os.Stderr),
		Health: runtime.NewHealth(), Metrics: runtime.NewMetrics(), Connectors: connectors,
	}
	if _, err := pipeline.Apply(ctx, o); err != nil {
		return err
	}
	web, err := runtime.Listen(config.HTTP.Listen, runtime.NewHandler(o.Health, o.Metrics))
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return web.Serve(ctx) })
	g.Go(func() error { return pipeline.Run(ctx, o) })
	return g.Wait()
}
