package deliver

import (
	"context"
	"errors"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/stage"
	"github.com/tradepost/tradepost/services/deliver/internal/posting"
)

// command hands an operator's settling by hand to its connection, and looks at once at
// what he wants to be looked at; other commands are ingest's. All connections share the few slots: one that is not attached within a minute
// takes no command.
func (s *Service) command(ctx context.Context, m bus.Message) error {
	switch posting.Asks(m) {
	case posting.AsksRefresh:
		return s.refresh(ctx, m)
	case posting.AsksNothing:
		return nil
	}
	used, err := s.posters.Use(ctx, m.Subject.Connection, func(ctx context.Context, p *posting.Poster) error {
		return p.Command(ctx, m)
	})
	switch {
	case used:
		return err
	case !s.enabled(m.Subject.Connection):
		return stage.Unknown(m, s.began)
	default:
		return stage.NotAttached(m, s.began)
	}
}

func (s *Service) enabled(connection string) bool {
	c := s.live.Current().Connections[connection]
	return c != nil && c.Enabled
}

// refresh looks at once what became of an invoice that was handed over: an operator has
// just said it. For other invoices a refresh is ingest's alone.
func (s *Service) refresh(ctx context.Context, m bus.Message) error {
	_, err := s.posters.Use(ctx, m.Subject.Connection, func(ctx context.Context, p *posting.Poster) error {
		e, err := s.gate.Store.Get(ctx, record.Key{Account: p.Account, InvoiceID: m.Subject.InvoiceID})
		if err != nil || e.State() != record.Handed || e.Record.GetConnection() != p.Connection || p.Pauses.InForce() {
			return err
		}
		return p.Confirm(ctx, e)
	})
	if errors.Is(err, posting.ErrNotLooked) {
		s.deps.Log.WarnContext(ctx, "what an operator said is looked for later", "connection", m.Subject.Connection, "invoice", m.Subject.InvoiceID, "err", err)
		return nil // The lookout and the sweep ask again, for as long as it takes.
	}
	return err
}
