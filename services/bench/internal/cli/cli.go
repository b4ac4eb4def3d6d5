// Package cli is the command line of the benchmark: a run, and the bare chain that a
// run starts as a process of its own.
package cli

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"github.com/tradepost/tradepost/services/bench/internal/bare"
	"github.com/tradepost/tradepost/services/bench/internal/run"

	"github.com/tradepost/tradepost/pkg/runtime"
)

// Main runs a benchmark, or the bare chain where the first argument says so.
func Main(ctx context.Context, args []string) error {
	if len(args) > 0 && args[0] == "bare" {
		return chain(ctx, args[1:])
	}
	return benchmark(ctx, args)
}

func benchmark(ctx context.Context, args []string) (err error) {
	var o run.Options
	if o.Self, err = os.Executable(); err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.IntVar(&o.Invoices, "invoices", 400, "invoices of the burst")
	f.IntVar(&o.Waves, "waves", 8, "quiet waves after it")
	f.IntVar(&o.PerWave, "per-wave", 4, "invoices of each wave")
	f.StringVar(&o.Stages, "stages", filepath.Join(filepath.Dir(o.Self), "bench-stages"), "the program that runs the stages")
	f.StringVar(&o.Dir, "dir", "", "directory for the files of the run, on the disk that counts; default a temporary one")
	report := f.String("json", "", "file for the report as JSON")
	if err := f.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(o.Dir, "tradepost-bench-")
	if err != nil {
		return fmt.Errorf("make the directory of the benchmark: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	o.Dir = dir
	r, err := run.Run(ctx, o)
	if err != nil {
		return err
	}
	if *report != "" {
		if err := r.WriteJSON(*report); err != nil {
			return err
		}
	}
	return r.Table(os.Stdout)
}

// chain runs the bare chain with health and metrics, as the stages have them.
func chain(ctx context.Context, args []string) error {
	var o bare.Options
	f := flag.NewFlagSet("bench bare", flag.ContinueOnError)
	f.StringVar(&o.URL, "nats", "", "address of the server")
	f.StringVar(&o.Bodies, "bodies", "", "file with the bodies of the messages")
	f.StringVar(&o.Account, "account", "", "begins the keys of the records")
	f.StringVar(&o.Connection, "connection", "", "connection of the subjects")
	f.IntVar(&o.Writes, "writes", 4, "writes of each record")
	f.IntVar(&o.Workers, "workers", 32, "invoices that a stage works on at once")
	if err := f.Parse(args); err != nil {
		return err
	}
	health := runtime.NewHealth()
	began := make(chan struct{})
	health.AddReadiness("chain", func() error {
		select {
		case <-began:
			return nil
		default:
			return fmt.Errorf("the chain does not listen yet")
		}
	})
	web, err := runtime.Listen(os.Getenv("TRADEPOST_HTTP_LISTEN"), runtime.NewHandler(health, runtime.NewMetrics()))
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return web.Serve(ctx) })
	g.Go(func() error { return bare.Run(ctx, o, func() { close(began) }) })
	return g.Wait()
}
