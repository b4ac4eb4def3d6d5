package cli

import (
	"context"
	"errors"
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
	natsListen, first := "127.0.0.1:4222", false
	c := &cobra.Command{
		Use:   "up",
		Short: "Run all four stages in this process",
		Long: "Runs ingest, transform, deliver and reconcile in this process. Unless nats.url is set, a NATS\n" +
			"server runs inside too and keeps its streams in data_dir.\n\n" +
			"Where data_dir is new, postings begin only when whatever a lost one may have forgotten must have come\n" +
			"to light: after half a minute, or up to three with a slow accounting system. --first-install begins at\n" +
			"once: use it the first time, and not where data_dir was lost.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			config, err := g.load()
			if err != nil {
				return err
			}
			if config.NATS.URL != "" && cmd.Flags().Changed("nats-listen") {
				return &usageError{errors.New("--nats-listen is for the NATS server inside, and none runs where nats.url or TRADEPOST_NATS_URL names another one: leave one of them out")}
			}
			return up(cmd.Context(), config, natsListen, first)
		},
	}
	c.Flags().StringVar(&natsListen, "nats-listen", natsListen, "where the NATS server inside listens for the nats CLI: `host:port`, or off")
	c.Flags().BoolVar(&first, "first-install", false, "nothing was ever posted for these connections from another data_dir")
	return c
}

func up(ctx context.Context, config *connection.Config, natsListen string, first bool) error {
	log := runtime.Logger(config.Log, os.Stderr)
	o := pipeline.Options{Config: config, FirstInstall: first, Log: log, Health: runtime.NewHealth(), Metrics: runtime.NewMetrics()}
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
