package stage

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/tradepost/tradepost/pkg/record"
)

// Sweep calls do with every record that is not finished, again and again until ctx
// ends. The records of one connection come one after the other, those of different
// connections at the same time. A connection whose last round still runs is left out
// of the next one: a system that is slow or away holds up its own only. The first
// error of a connection ends its part of this round.
func Sweep(ctx context.Context, store *record.Store, every time.Duration, log *slog.Logger, do func(context.Context, record.Entry) error) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	s := &sweeper{store: store, log: log, do: do, busy: map[string]bool{}}
	defer s.work.Wait()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			s.round(ctx)
		}
	}
}

// SweepOnce is one round of Sweep.
func SweepOnce(ctx context.Context, store *record.Store, log *slog.Logger, do func(context.Context, record.Entry) error) {
	s := &sweeper{store: store, log: log, do: do, busy: map[string]bool{}}
	s.round(ctx)
	s.work.Wait()
}

type sweeper struct {
	store *record.Store
	log   *slog.Logger
	do    func(context.Context, record.Entry) error

	mu   sync.Mutex
	busy map[string]bool // connections whose last round still runs
	work sync.WaitGroup
}

// round begins one round of every connection that has ended the one before.
func (s *sweeper) round(ctx context.Context) {
	unfinished := map[string][]record.Entry{}
	err := s.store.Each(ctx, func(e record.Entry) error {
		if c := e.Record.GetConnection(); !record.Finished(e.Record) && !s.running(c) {
			unfinished[c] = append(unfinished[c], e)
		}
		return nil
	})
	if err != nil && ctx.Err() == nil {
		s.log.ErrorContext(ctx, "not every record could be read", "err", err)
	}
	for connection, entries := range unfinished {
		s.mark(connection, true)
		s.work.Go(func() {
			defer s.mark(connection, false)
			s.sweep(ctx, connection, entries)
		})
	}
}

func (s *sweeper) sweep(ctx context.Context, connection string, entries []record.Entry) {
	for _, e := range entries {
		if err := s.do(ctx, e); err != nil {
			if ctx.Err() == nil {
				s.log.WarnContext(ctx, "the sweep of a connection stopped", "connection", connection, "invoice", e.Key.InvoiceID, "err", err)
			}
			return
		}
	}
}

func (s *sweeper) running(connection string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.busy[connection]
}

func (s *sweeper) mark(connection string, busy bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy[connection] = busy; !busy {
		delete(s.busy, connection)
	}
}
