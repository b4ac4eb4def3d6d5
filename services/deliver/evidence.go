package deliver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/services/deliver/internal/lookout"
	"github.com/tradepost/tradepost/services/deliver/internal/posting"
)

// expect has a connector that hands over files make sure that its ledger has what the
// records say was given away last: a folder that was put back from an older copy does not,
// and would have documents made that were imported long ago.
func (s *Service) expect(ctx context.Context, c *connection.Connection, conn connector.Connector) error {
	files, is := conn.(connector.FileLedger)
	if !is {
		return nil
	}
	ids, err := record.LastGiven(ctx, s.gate.Store, c.ID)
	if err != nil {
		return fmt.Errorf("read what was given away: %w", err)
	}
	return files.Expect(ctx, ids)
}

// lookOut looks for evidence until ctx ends; the function that it returns waits until it
// has stopped then. A connector that hands over no files has none to look for.
func (s *Service) lookOut(ctx context.Context, c *connection.Connection, conn connector.Connector, p *posting.Poster, log *slog.Logger) (stopped func()) {
	files, is := conn.(connector.FileLedger)
	if !is {
		return func() {}
	}
	l := &lookout.Lookout{
		Connection: c.ID, Files: files, Paused: p.Pauses.InForce, Trouble: p.Trouble, Board: s.board, Log: log,
		Confirm: func(ctx context.Context) error { return s.confirmHanded(ctx, c.ID) },
	}
	var looking sync.WaitGroup
	looking.Go(func() { l.Run(ctx) })
	return looking.Wait
}

// confirmHanded asks what became of everything that a connection handed over. One that
// cannot be asked for does not keep the others waiting.
func (s *Service) confirmHanded(ctx context.Context, connection string) error {
	var handed []record.Entry
	err := s.gate.Store.Each(ctx, func(e record.Entry) error {
		if e.State() == record.Handed && e.Record.GetConnection() == connection {
			handed = append(handed, e)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return each(ctx, handed, s.recover)
}

// each calls do with every record until ctx ends, and joins what failed.
func each(ctx context.Context, all []record.Entry, do func(context.Context, record.Entry) error) error {
	var failed []error
	for _, e := range all {
		if ctx.Err() != nil {
			return errors.Join(append(failed, ctx.Err())...)
		}
		if err := do(ctx, e); err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", e.Key, err))
		}
	}
	return errors.Join(failed...)
}
