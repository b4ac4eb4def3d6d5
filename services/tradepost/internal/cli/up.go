package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/services/tradepost/internal/embedded"
	"github.com/tradepost/tradepost/services/tradepost/internal/pipeline"
)

func newUp(g *global) *cobra.Command {
	natsListen := "127.0.0.1:4222"
	c := &cobra.Command{
		Use:   "up",
		Short: "Run all four stages in this process",
		Long: "Runs ingest, transform, deliver and reconcile in this process. Unless nats.url is set, a NATS\n" +
			"server runs inside too and keeps its streams in data_dir.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			config, err := g.load()
			if err != nil {
				return err
			}
			return up(cmd.Context(), config, natsListen)
		},
	}
	c.Flags().StringVar(&natsListen, "nats-listen", natsListen, "where the NATS server inside listens for the nats CLI: `host:port`, or off")
	return c
}

func up(ctx context.Context, config *connection.Config, natsListen string) error {
	log := runtime.Logger(config.Log, os.Stderr)
	o := pipeline.Options{Config: config, Log: log, Health: runtime.NewHealth(), Metrics: runtime.NewMetrics()}
	o.Live = pipeline.Follow(config, connection.LiveOptions{Environ: os.Environ(), Log: log})
	if config.NATS.URL == "" {
		s, err := embedded.Start(filepath.Join(config.DataDir, "nats"), natsListen)
		if err != nil {
			return err
		}
		defer s.Stop()
		o.NATS = s
		log.Info("NATS server runs inside", "dir", filepath.Join(config.DataDir, "nats"), "listen", natsListen)
	}
	g, ctx := errgroup.WithContext(ctx)
	if config.HTTP.Listen != embedded.Off {
		web, err := runtime.Listen(config.HTTP.Listen, runtime.NewHandler(o.Health, o.Metrics))
		if err != nil {
			return err
		}
		log.Info("health and metrics", "url", fmt.Sprintf("http://%s/readyz", web.Addr()))
		g.Go(func() error { return web.Serve(ctx) })
	}
	g.Go(func() error { return runtime.FollowConfig(ctx, o.Live, o.Health, o.Metrics) })
	g.Go(func() error { return pipeline.Run(ctx, o) })
	return g.Wait()
}
