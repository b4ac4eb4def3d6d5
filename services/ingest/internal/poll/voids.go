package poll

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/tradepost/tradepost/pkg/servicetrade"
)

const (
	// voidsFirst is when an account that was just taken up is first looked through for
	// voided invoices: what is pending comes first.
	voidsFirst = 20 * time.Minute
	// voidsAgain is when a replica asks next whether it is its turn.
	voidsAgain = 5 * time.Minute
	// voidsEvery is how often that is done, over all replicas.
	voidsEvery = time.Hour
	// VoidsLookBack is how far back a change of a void invoice is still looked at. It
	// bounds the list, and leaves alone what was voided, and seen to by hand, before
	// anybody asked for it.
	VoidsLookBack = 7 * 24 * time.Hour
)

// Voids says when an account is looked through for invoices that were voided. A
// webhook tells of most of them; this finds the others.
type Voids struct {
	now   func() time.Time
	lease func(ctx context.Context, name string, lasts time.Duration) (bool, error)

	mu   sync.Mutex
	next time.Time
}

// NewVoids makes it. lease is true for one caller of those that share the account, once
// in the time that it lasts.
func NewVoids(now func() time.Time, lease func(ctx context.Context, name string, lasts time.Duration) (bool, error)) *Voids {
	return &Voids{now: now, lease: lease, next: now().Add(voidsFirst)}
}

func (v *Voids) due(ctx context.Context, account string, log *slog.Logger) bool {
	if v == nil {
		return false
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	now := v.now()
	if now.Before(v.next) {
		return false
	}
	v.next = now.Add(voidsAgain) // Somebody else's turn may end without a look.
	mine, err := v.lease(ctx, "voids-"+account, voidsEvery)
	if err != nil && ctx.Err() == nil {
		log.WarnContext(ctx, "voided invoices are not looked for now", "err", err)
	}
	return mine && err == nil
}

// voids lists what was voided lately. An invoice that is not in the list proves
// nothing, and one that is in it is read again before anything is done.
func (p *Poller) voids(ctx context.Context) {
	rows, err := p.Lister.Invoices(ctx, servicetrade.InvoiceQuery{
		Status: []string{servicetrade.StatusVoid}, Type: servicetrade.TypeInvoice, UpdatedAfter: p.Voids.now().Add(-VoidsLookBack),
	})
	if err != nil {
		p.Log.WarnContext(ctx, "the list of voided invoices is not complete", "listed", len(rows), "err", err)
	}
	failed := p.each(ctx, rows, p.Opener.Voided)
	p.Log.DebugContext(ctx, "looked for voided invoices", "void", len(rows), "failed", failed)
}
