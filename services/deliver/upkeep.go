package deliver

import (
	"context"
	"fmt"

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
	p, done := s.working(e.Record.GetConnection())
	defer done()
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
		p, done := s.working(d.GetConnection())
		defer done()
		if p != nil {
			return p.LookElsewhere(ctx, e, d) // One a round: it changes the record.
		}
	}
	return nil
}

// working returns the poster of a connection that is attached and not paused, for as
// long as the caller needs it; nil when there is none.
func (s *Service) working(connection string) (p *posting.Poster, done func()) {
	p, done = s.use(connection)
	if p == nil || p.Pauses.InForce() {
		done()
		return nil, func() {}
	}
	return p, done
}

// probe asks whether a connection that was paused could post now.
func (s *Service) probe(connection string, a *attached, conn connector.Connector) func(context.Context) error {
	return func(ctx context.Context) error {
		done, ok := a.begin()
		if !ok {
			return fmt.Errorf("connection %s is not attached any more", connection)
		}
		defer done()
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
