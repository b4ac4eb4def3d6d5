package stage

import (
	"context"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tradepost/tradepost/pkg/record"
)

// Sweep calls do with every record that is not finished, again and again until ctx
// ends. The records of one connection come one after the other, those of different
// connections at the same time: a system that is away holds up its own only. The
// first error of a connection ends its part of this round.
func Sweep(ctx context.Context, store *record.Store, every time.Duration, log *slog.Logger, do func(context.Context, record.Entry) error) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			SweepOnce(ctx, store, log, do)
		}
	}
}

// SweepOnce is one round of Sweep.
func SweepOnce(ctx context.Context, store *record.Store, log *slog.Logger, do func(context.Context, record.Entry) error) {
	unfinished := map[string][]record.Entry{}
	err := store.Each(ctx, func(e record.Entry) error {
		if !record.Finished(e.Record) {
			unfinished[e.Record.GetConnection()] = append(unfinished[e.Record.GetConnection()], e)
		}
		return nil
	})
	if err != nil && ctx.Err() == nil {
		log.ErrorContext(ctx, "not every record could be read", "err", err)
	}
	g := errgroup.Group{}
	for connection, entries := range unfinished {
		g.Go(func() error {
			for _, e := range entries {
				if err := do(ctx, e); err != nil {
					if ctx.Err() == nil {
						log.WarnContext(ctx, "the sweep of a connection stopped", "connection", connection, "invoice", e.Key.InvoiceID, "err", err)
					}
					return nil
				}
			}
			return nil
		})
	}
	_ = g.Wait()
}
