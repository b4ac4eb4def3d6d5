// Package pipeline runs the four stages in one process. They meet each other over
// NATS and ServiceTrade over HTTP, as they do when they are separate processes.
package pipeline

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/services/deliver"
	"github.com/tradepost/tradepost/services/ingest"
	"github.com/tradepost/tradepost/services/reconcile"
	"github.com/tradepost/tradepost/services/transform"
)

// Options of the four stages.
type Options struct {
	Config *connection.Config
	// Live holds Config, and whatever takes its place; nil: nothing does.
	Live *connection.Live
	// NATS is the embedded server, or nil to connect to Config.NATS.URL.
	NATS nats.InProcessConnProvider
	// FirstInstall says that nothing was ever posted from another store; see bus.ApplyOptions.
	FirstInstall bool
	Log          *slog.Logger
	Health       *runtime.Health
	Metrics      *prometheus.Registry
	// Connectors are those that deliver knows; nil means all that Tradepost comes with.
	Connectors *connector.Registry
}

// Follow returns what holds config in force until a good one takes its place: one
// whose connectors the program has, and can read the settings.
func Follow(config *connection.Config, o connection.LiveOptions) *connection.Live {
	o.Checks = append(o.Checks, func(c *connection.Config) error {
		connectors, err := deliver.Connectors()
		if err != nil {
			return err
		}
		return deliver.CheckConfig(context.Background(), c, connectors)
	})
	return connection.NewLive(config, o)
}

// Apply makes or updates the streams and buckets.
func Apply(ctx context.Context, o Options) ([]bus.Applied, error) {
	nc, err := bus.Connect(ctx, bus.ConnectOptions{
		URL: o.Config.NATS.URL, CredsFile: o.Config.NATS.CredentialsFile, Name: "nats-apply", InProcess: o.NATS, Log: o.Log,
	})
	if err != nil {
		return nil, err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, fmt.Errorf("open JetStream: %w", err)
	}
	return bus.Apply(ctx, js, bus.ApplyOptions{Replicas: o.Config.NATS.Replicas, FirstInstall: o.FirstInstall})
}

// Run runs all stages until ctx ends or one of them fails. With an embedded server
// it makes the streams first; a separate one is owned by `tradepost nats apply`.
func Run(ctx context.Context, o Options) error {
	connectors, err := connectorsOf(o)
	if err != nil {
		return err
	}
	if err := o.Config.CheckConnectors(connectors.Kinds()); err != nil {
		return err
	}
	if o.NATS != nil {
		if _, err := Apply(ctx, o); err != nil {
			return err
		}
	}
	own, err := withKey(&o)
	if err != nil {
		return err
	}
	if own || o.NATS != nil {
		defer retire(context.WithoutCancel(ctx), o)
	}
	return run(ctx, o, connectors)
}

func connectorsOf(o Options) (*connector.Registry, error) {
	if o.Connectors != nil {
		return o.Connectors, nil
	}
	return deliver.Connectors()
}

func run(ctx context.Context, o Options, connectors *connector.Registry) error {
	g, ctx := errgroup.WithContext(ctx)
	instance, keep := runtime.NewInstance(), ""
	if o.NATS != nil {
		keep = o.Config.DataDir
	}
	for name, build := range stages(connectors) {
		g.Go(func() error {
			return runtime.Run(ctx, runtime.Options{
				Name: name, Config: o.Config, Live: o.Live, InProcess: o.NATS, Log: o.Log,
				Health: o.Health, Metrics: o.Metrics, Instance: instance, KeepDir: keep,
			}, build)
		})
	}
	return g.Wait()
}

func stages(connectors *connector.Registry) map[string]runtime.Build {
	return map[string]runtime.Build{
		"ingest": func(ctx context.Context, d runtime.Deps) (runtime.Service, error) { return ingest.New(ctx, d) },
		"transform": func(ctx context.Context, d runtime.Deps) (runtime.Service, error) {
			return transform.New(ctx, d)
		},
		"deliver": func(ctx context.Context, d runtime.Deps) (runtime.Service, error) {
			return deliver.New(ctx, d, connectors)
		},
		"reconcile": func(ctx context.Context, d runtime.Deps) (runtime.Service, error) {
			return reconcile.New(ctx, d)
		},
	}
}
