package poll_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/servicetrade"
	"github.com/tradepost/tradepost/services/ingest/internal/poll"
)

type rows []servicetrade.InvoiceRow

func (r rows) Invoices(context.Context, servicetrade.InvoiceQuery) ([]servicetrade.InvoiceRow, error) {
	return r, nil
}

type opener func(context.Context, servicetrade.InvoiceRow) error

func (o opener) Pending(ctx context.Context, row servicetrade.InvoiceRow) error { return o(ctx, row) }

func (o opener) Voided(ctx context.Context, row servicetrade.InvoiceRow) error { return o(ctx, row) }

// What a cut-off poll did not take does not wait for the next tick, which may be an
// hour away: the same tick is given again.
func TestAPollThatWasCutOffComesAgain(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p := &poll.Poller{
		Account: "acme", Lister: rows{{ID: 1}, {ID: 2}}, Fresh: func() {}, Parallel: 1, Log: slog.New(slog.DiscardHandler),
		Seen: func([]servicetrade.InvoiceRow, error) {},
		Opener: opener(func(ctx context.Context, _ servicetrade.InvoiceRow) error {
			return ctx.Err()
		}),
	}
	require.NoError(t, p.Tick(ctx, bus.Message{}))
	p.Opener = opener(func(ctx context.Context, _ servicetrade.InvoiceRow) error {
		cancel() // the account is attached anew
		return ctx.Err()
	})
	require.ErrorIs(t, p.Tick(ctx, bus.Message{}), context.Canceled)
}
