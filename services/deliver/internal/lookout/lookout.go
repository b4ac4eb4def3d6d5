// Package lookout looks often, and cheaply, whether evidence came for what a connection
// handed over in files: the sweep, which asks for each document, comes every few minutes
// only. It also keeps count of the files that wait for people.
package lookout

import (
	"context"
	"log/slog"
	"time"

	"github.com/tradepost/tradepost/pkg/connector"
)

// countEvery is how often the files that wait are counted though nothing happened: they
// become overdue by time alone.
const countEvery = 5 * time.Minute

// leastEvery keeps a connector that states no interval from being asked all the time.
const leastEvery = time.Second

// Lookout looks for one connection.
type Lookout struct {
	Connection string
	Files      connector.FileLedger
	// Paused tells whether the connection is left in peace.
	Paused func() bool
	// Confirm asks of every document that was handed over what became of it.
	Confirm func(ctx context.Context) error
	// Trouble is told why nothing can be handed over, and nil once it can be again.
	Trouble func(error)
	Board   *Board
	Log     *slog.Logger

	seen    string // the word of Evidence for which everything was confirmed
	counted time.Time
	failing bool
}

// Run looks until ctx ends.
func (l *Lookout) Run(ctx context.Context) {
	defer l.Board.forget(l.Connection)
	every := time.NewTicker(max(l.Files.LookEvery(), leastEvery))
	defer every.Stop()
	for {
		if !l.Paused() {
			l.look(ctx)
		}
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
	}
}

// look asks for the word, and for the documents where it is another one. The word is the
// one from before the documents were asked for: what happens meanwhile is seen next time.
func (l *Lookout) look(ctx context.Context) {
	word, err := l.Files.Evidence(ctx)
	if ctx.Err() != nil {
		return
	}
	l.tell(ctx, err)
	if err != nil {
		return
	}
	news := word != l.seen
	if news {
		if err := l.Confirm(ctx); err != nil {
			if ctx.Err() != nil {
				return
			}
			l.Log.WarnContext(ctx, "not everything that was handed over could be asked for", "err", err)
			news = false // The files are counted by time, until all could be asked for.
		} else {
			l.seen = word
		}
	}
	if news || time.Since(l.counted) >= countEvery {
		l.count(ctx)
	}
}

// tell tells of trouble once, and of its end.
func (l *Lookout) tell(ctx context.Context, err error) {
	if (err != nil) == l.failing {
		return
	}
	l.failing = err != nil
	l.Trouble(err)
	if err != nil {
		l.Log.WarnContext(ctx, "the folder of the import files cannot be used", "err", err)
	}
}

func (l *Lookout) count(ctx context.Context) {
	waiting, err := l.Files.WaitingFiles(ctx)
	if err != nil {
		if ctx.Err() == nil {
			l.Log.WarnContext(ctx, "the import files could not be counted", "err", err)
		}
		return
	}
	l.counted = time.Now()
	l.Board.set(l.Connection, waiting)
}
