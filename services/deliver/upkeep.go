package deliver

import (
	"context"
	"fmt"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/services/deliver/internal/company"
	"github.com/tradepost/tradepost/services/deliver/internal/posting"
)

// recover looks for what an attempt may have left whose message is lost, and for what
// became of documents that were handed over. A paused connection is left in peace.
func (s *Service) recover(ctx context.Context, e record.Entry) error {
	if e.State() == record.Held {
		return s.lookElsewhere(ctx, e)
	}
	p := s.working(e.Record.GetConnection())
	switch {
	case p == nil:
		return nil
	case e.State() == record.Handed:
		return p.Confirm(ctx, e)
	}
	return p.Recover(ctx, e)
}

// lookElsewhere looks whether documents are gone that keep a send from being posted
// over the connection that it belongs to now.
func (s *Service) lookElsewhere(ctx context.Context, e record.Entry) error {
	for _, d := range record.Elsewhere(e.Record) {
		if p := s.working(d.GetConnection()); p != nil {
			return p.LookElsewhere(ctx, e, d) // One a round: it changes the record.
		}
	}
	return nil
}

// working returns the poster of a connection that is attached and not paused, or nil.
func (s *Service) working(connection string) *posting.Poster {
	s.mu.Lock()
	p := s.posters[connection]
	s.mu.Unlock()
	if p == nil || p.Pauses.InForce() {
		return nil
	}
	return p
}

// siblings returns the account's other enabled connections: those that are attached,
// and the ids of those that are not. A paused one may be read all the same.
func (s *Service) siblings(c *connection.Connection) (attached []*posting.Poster, absent []string) {
	all := s.live.Current().ConnectionsOf(c.AccountID)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, other := range all {
		switch p := s.posters[other.ID]; {
		case other.ID == c.ID || !other.Enabled:
		case p == nil:
			absent = append(absent, other.ID)
		default:
			attached = append(attached, p)
		}
	}
	return attached, absent
}

// probe asks whether a connection that was paused could post now.
func (s *Service) probe(connection string, conn connector.Connector) func(context.Context) error {
	return func(ctx context.Context) error {
		if err := company.Verify(ctx, s.companies, connection, conn); err != nil {
			return err
		}
		if faults := conn.Check(ctx); len(faults) > 0 {
			return fmt.Errorf("%s: %s", faults[0].GetCode(), faults[0].GetMessage())
		}
		s.units.Note(connection, nil)
		return nil
	}
}
