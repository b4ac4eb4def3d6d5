package deliver

import (
	"context"
	"fmt"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/services/deliver/internal/company"
)

// recover looks for what an attempt may have left whose message is lost, and for what
// became of documents that were handed over. A paused connection is left in peace.
func (s *Service) recover(ctx context.Context, e record.Entry) error {
	s.mu.Lock()
	p := s.posters[e.Record.GetConnection()]
	s.mu.Unlock()
	if p == nil || p.Pauses.InForce() {
		return nil
	}
	if e.State() == record.Handed {
		return p.Confirm(ctx, e)
	}
	return p.Recover(ctx, e)
}

// probe asks whether a connection that was paused could post now.
func (s *Service) probe(connection string, conn connector.Connector) func(context.Context) error {
	return func(ctx context.Context) error {
		if err := company.Verify(ctx, s.deps.JS, connection, conn); err != nil {
			return err
		}
		if faults := conn.Check(ctx); len(faults) > 0 {
			return fmt.Errorf("%s: %s", faults[0].GetCode(), faults[0].GetMessage())
		}
		s.note(connection, nil)
		return nil
	}
}
