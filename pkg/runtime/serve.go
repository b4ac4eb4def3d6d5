package runtime

import (
	"context"
	"log/slog"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/tradepost/tradepost/pkg/connection"
)

// serve runs the service and the health pages until a signal comes or one of
// them fails. The pages stay up while the service drains.
func (p *program) serve(ctx context.Context, config *connection.Config) int {
	o := Options{Name: p.name, Config: config, Health: NewHealth(), Metrics: NewMetrics(), Instance: NewInstance()}
	o.Log = Logger(config.Log, p.stderr)
	log := o.Log.With(KeyService, o.Name, KeyInstance, o.Instance)
	log.Info("starting", "version", BuildVersion(), "config", config.Path, "connections", len(config.Connections))

	o.Live = connection.NewLive(config, connection.LiveOptions{
		Environ: p.environ, Checks: slices.Concat(p.checks, p.changeChecks), Log: log,
	})
	serviceCtx, stop := context.WithCancel(ctx)
	defer stop()
	pagesCtx, stopPages := context.WithCancel(ctx)
	defer stopPages()
	var group errgroup.Group
	if config.HTTP.Listen != "off" {
		server, err := Listen(config.HTTP.Listen, NewHandler(o.Health, o.Metrics))
		if err != nil {
			return p.exitCode(log, err)
		}
		log.Info("serving health and metrics", "address", server.Addr())
		group.Go(func() error {
			defer stop()
			return server.Serve(pagesCtx)
		})
	}
	group.Go(func() error {
		defer stop()
		return FollowConfig(serviceCtx, o.Live, o.Health, o.Metrics)
	})
	group.Go(func() error {
		defer stopPages()
		return Run(serviceCtx, o, p.build)
	})
	done := make(chan error, 1)
	go func() { done <- group.Wait() }()
	return p.await(log, o.Health, stop, done)
}

// await ends with the service. The first signal asks it to stop, readiness
// first, so that nothing new is sent its way; the second ends the process
// whatever is still under way.
func (p *program) await(log *slog.Logger, health *Health, stop func(), done <-chan error) int {
	for asked := false; ; asked = true {
		select {
		case err := <-done:
			return p.exitCode(log, err)
		case s := <-p.signals:
			if asked {
				log.Warn("stopped at once by a second signal", "signal", s.String())
				return ExitFailure
			}
			log.Info("asked to stop", "signal", s.String())
			health.Drain()
			stop()
		}
	}
}
