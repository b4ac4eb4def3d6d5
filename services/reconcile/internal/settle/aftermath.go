package settle

import (
	"context"
	"errors"
	"time"

	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/servicetrade"
)

// leaseTime is for how long one replica looks after what superseded sends of a
// connection left: two would both look for the comment, and both write it.
const leaseTime = 10 * time.Minute

// LookAfter is for a send that was closed as superseded while documents of the invoice
// stand in the books. As a rule the next send brings them up to date, and nothing has
// to be said. When the invoice leaves pending_accounting before that, nobody would
// learn of them: then they are told in a comment, once.
func (s *Settler) LookAfter(ctx context.Context, e record.Entry, now time.Time) error {
	if record.Finished(e.Record) || e.State() != record.Closed || now.Sub(e.At) < stuckAge || s.foreign(ctx, e) {
		return nil
	}
	mine, err := s.Gate.Store.Lease(ctx, "aftermath-"+s.Connection, s.Instance, leaseTime)
	if err != nil || !mine {
		return err
	}
	inv, err := s.ServiceTrade.Invoice(ctx, e.Key.InvoiceID)
	if err != nil && !servicetrade.IsNotFound(err) {
		return err
	}
	if inv.GetStatus() == servicetrade.StatusPendingAccounting && err == nil {
		return nil // The next send is about to open.
	}
	log := s.Log.With("invoice", e.Key.InvoiceID, "send", e.Record.GetSend())
	t := &turn{Settler: s, entry: e, fence: record.NewFence(claimTime), shown: inv.GetInvoiceNumber(), log: log}
	if err == nil {
		if err := t.commentWithdrawn(ctx, inv); err != nil {
			return err
		}
	}
	if err := t.askForVoid(ctx); err != nil {
		return err
	}
	next, changed := s.Gate.Store.Change(ctx, e, record.LookedAfter(err != nil))
	switch {
	case errors.Is(changed, record.ErrConflict):
		return nil // The next send is open.
	case changed != nil:
		return changed
	case err != nil:
		t.leftBehind(ctx, record.LeftBehind(next.Record))
		return nil
	}
	log.WarnContext(ctx, "the invoice left pending_accounting after it was changed; what is in the books was told", "status", inv.GetStatus())
	return nil
}
