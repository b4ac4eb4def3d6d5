// Package poll lists what is pending in one ServiceTrade account and hands every
// invoice to the account's opener.
package poll

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/servicetrade"
	"github.com/tradepost/tradepost/pkg/telemetry"
)

// Lister lists the invoices of one account.
type Lister interface {
	Invoices(ctx context.Context, q servicetrade.InvoiceQuery) ([]servicetrade.InvoiceRow, error)
}

// Opener is told of every pending invoice.
type Opener interface {
	Pending(ctx context.Context, row servicetrade.InvoiceRow) error
	// Voided is told of every invoice that was voided lately.
	Voided(ctx context.Context, row servicetrade.InvoiceRow) error
}

// Poller polls one account.
type Poller struct {
	Account string
	Lister  Lister
	Opener  Opener
	// Fresh empties what is remembered of related records.
	Fresh    func()
	Parallel int
	Log      *slog.Logger
	// Seen is told what a list showed, and why it is not complete.
	Seen func(rows []servicetrade.InvoiceRow, err error)
	// Voids looks for voided invoices now and then; nil never does.
	Voids *Voids
}

// Tick answers one tick of the account's schedule. It asks for the tick again only
// when it was cut off, since the next one may be an hour away; else the next one
// comes, and ServiceTrade keeps the invoices pending.
func (p *Poller) Tick(ctx context.Context, _ bus.Message) error {
	// Whatever was mended at a customer or an item before Send was pressed was
	// mended before this list shows the invoice.
	p.Fresh()
	began := time.Now()
	listing, span := telemetry.Start(ctx, "list pending invoices", telemetry.Account(p.Account))
	rows, err := p.Lister.Invoices(listing, servicetrade.InvoiceQuery{
		Status: []string{servicetrade.StatusPendingAccounting}, Type: "invoice",
	})
	telemetry.End(span, err)
	ctx = telemetry.WithOrigin(ctx, "list pending invoices", began, span)
	if err != nil {
		// What was listed all the same is pending; what is missing is not gone.
		p.Log.WarnContext(ctx, "the list of pending invoices is not complete", "listed", len(rows), "err", err)
	}
	p.Seen(rows, err)
	failed := p.each(ctx, rows, p.Opener.Pending)
	p.Log.DebugContext(ctx, "polled", "pending", len(rows), "failed", failed)
	// While ServiceTrade is away its turn is not used up.
	if (err == nil || errors.Is(err, servicetrade.ErrListMoving)) && p.Voids.due(ctx, p.Account, p.Log) {
		p.voids(ctx)
	}
	return ctx.Err()
}

// each hands the rows over, several at once, and returns how many could not be taken.
func (p *Poller) each(ctx context.Context, rows []servicetrade.InvoiceRow, take func(context.Context, servicetrade.InvoiceRow) error) int64 {
	var failed atomic.Int64
	g := errgroup.Group{}
	g.SetLimit(max(p.Parallel, 1))
	for _, row := range rows {
		g.Go(func() error {
			if err := take(ctx, row); err != nil && ctx.Err() == nil {
				failed.Add(1)
				p.Log.ErrorContext(ctx, "a listed invoice could not be taken; the next look tries again", "invoice", row.ID, "status", row.Status, "err", err)
			}
			return nil
		})
	}
	_ = g.Wait()
	return failed.Load()
}
