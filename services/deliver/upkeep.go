package deliver

import (
	"context"
	"errors"
	"fmt"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/stage"
	"github.com/tradepost/tradepost/services/deliver/internal/posting"
)

// recover looks for what an attempt may have left whose message is lost, and for what
// became of documents that were handed over. A paused connection is left in peace.
func (s *Service) recover(ctx context.Context, e record.Entry) error {
	if e.State() == record.Held {
		return s.lookElsewhere(ctx, e)
	}
	return s.working(ctx, e.Record.GetConnection(), func(ctx context.Context, p *posting.Poster) error {
		if e.State() == record.Handed {
			return p.Confirm(ctx, e)
		}
		return p.Recover(ctx, e)
	})
}

// sweeping is do for the sweep, which ends its round of a connection at an error: a document
// that cannot be asked for now keeps none behind it from being looked for.
func sweeping(do func(context.Context, record.Entry) error) func(context.Context, record.Entry) error {
	return func(ctx context.Context, e record.Entry) error {
		err := do(ctx, e)
		if errors.Is(err, posting.ErrNotLooked) {
			return nil
		}
		return err
	}
}

// lookElsewhere looks whether documents are gone that keep a send from being posted
// over the connection that it belongs to now.
func (s *Service) lookElsewhere(ctx context.Context, e record.Entry) error {
	looked := false
	for _, d := range record.Elsewhere(e.Record) {
		err := s.working(ctx, d.GetConnection(), func(ctx context.Context, p *posting.Poster) error {
			looked = true
			return p.LookElsewhere(ctx, e, d)
		})
		if looked || err != nil {
			return err // One a round: it changes the record.
		}
	}
	return nil
}

// working calls do with the poster of a connection, where that is attached and not paused.
func (s *Service) working(ctx context.Context, connection string, do func(context.Context, *posting.Poster) error) error {
	_, err := s.posters.Use(ctx, connection, func(ctx context.Context, p *posting.Poster) error {
		if p.Pauses.InForce() {
			return nil
		}
		return do(ctx, p)
	})
	return err
}

// siblings returns the account's other enabled connections: those that are attached,
// and the ids of those that are not. A paused one may be read all the same.
func (s *Service) siblings(c *connection.Connection) (attached []*posting.Poster, absent []string) {
	for _, other := range s.live.Current().ConnectionsOf(c.AccountID) {
		switch p, there := s.posters.Peek(other.ID); {
		case other.ID == c.ID || !other.Enabled:
		case !there:
			absent = append(absent, other.ID)
		default:
			attached = append(attached, p)
		}
	}
	return attached, absent
}

// probe asks whether a connection that was paused could post now.
func (s *Service) probe(connection string) func(context.Context) error {
	return func(ctx context.Context) error {
		used, err := s.posters.Use(ctx, connection, func(ctx context.Context, p *posting.Poster) error {
			if err := p.SameBooks(ctx); err != nil {
				return err
			}
			if faults := p.Connector.Check(ctx); len(faults) > 0 {
				return fmt.Errorf("%s: %s", faults[0].GetCode(), faults[0].GetMessage())
			}
			return nil
		})
		if !used {
			return fmt.Errorf("connection %q: %w", connection, stage.ErrNotAttached)
		}
		if err == nil {
			s.units.Note(connection, nil)
		}
		return err
	}
}
