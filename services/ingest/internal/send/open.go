package send

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/canonical"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/servicetrade"
	"github.com/tradepost/tradepost/pkg/telemetry"
)

// opens says what a send is opened for.
type opens struct {
	// status is what ServiceTrade has to show: pending_accounting, failed for an
	// operator's retry, or void.
	status string
	// listed is the time of the invoice's last change that a list showed; 0 without
	// a list.
	listed int64
	// by is what an operator mended, for a retry; nil posts what ServiceTrade shows.
	by *mend
	// again says that an operator wants a void tried again that was settled without
	// anything being done in the books.
	again bool
}

func (w opens) retry() bool { return w.status == servicetrade.StatusFailed }

// open opens the next send, if the invoice still has the wanted status and one
// enabled connection takes it.
func (o *Opener) open(ctx context.Context, e record.Entry, want opens) (err error) {
	ctx, span := o.begin(ctx, "open send", e)
	defer func() { telemetry.End(span, err) }()
	inv, hash, err := o.read(ctx, e.Key.InvoiceID)
	if err != nil || inv == nil {
		return err
	}
	want = want.seen(inv, e)
	if !o.openable(ctx, e, inv, hash, want) {
		return nil
	}
	if err := o.fits(want.by, inv, hash); err != nil {
		return err
	}
	if e.Record.GetSettlement() == tradepostv1.Settlement_SETTLEMENT_FAILED {
		// What was wrong may just have been mended at the customer or the item.
		o.Taker.Forget()
	}
	snap, err := o.Taker.Take(ctx, inv)
	if err != nil {
		return fmt.Errorf("read what belongs to invoice %d: %w", inv.GetId(), err)
	}
	chosen, err := o.choose(ctx, inv, snap, e, want)
	if err != nil || chosen == "" {
		return err
	}
	if err := want.by.goesTo(chosen); err != nil {
		return err
	}
	step := record.OpenSend(record.Opens{
		Key: e.Key, Connection: chosen, SnapshotHash: hash, HashVersion: canonical.HashVersion,
		StartStatus: want.status, Total: inv.GetTotalPrice(), Retry: want.retry() || want.again, Now: o.Now(),
		Mended: want.by.from(),
	})
	if other := postedElsewhere(e.Record, chosen); other != "" && want.status != servicetrade.StatusVoid {
		step = heldAtOnce(step, record.HeldElsewhere+other)
	}
	next, err := o.Store.Change(ctx, e, step)
	if errors.Is(err, record.ErrConflict) {
		return nil // Another replica opened it.
	}
	if err != nil {
		return err
	}
	if next.State() == record.Held {
		o.holds(ctx, next, cmp.Or(want.listed, inv.GetUpdated()), inv.GetUpdated(), "")
		return nil
	}
	o.Metrics.opens(chosen, want.status)
	return o.publish(ctx, next, snap, want.by)
}

// openable tells whether the invoice, as it is now, is one to open a send for.
func (o *Opener) openable(ctx context.Context, e record.Entry, inv *tradepostv1.ServiceTradeInvoice, hash string, want opens) bool {
	if inv.GetStatus() != want.status {
		return false
	}
	if t := inv.GetType(); t != "" && !strings.EqualFold(t, servicetrade.TypeInvoice) {
		return false // A vendor's bill: the polls leave it out, but a webhook names it.
	}
	if want.status == servicetrade.StatusVoid && !want.voidable(e) {
		return false
	}
	if want.retry() && hash != e.Record.GetSnapshotHash() {
		o.Log.InfoContext(ctx, "no retry: the invoice was changed since it failed; it has to be sent again in ServiceTrade", "invoice", inv.GetId())
		return false
	}
	return true
}

// choose returns the connection that the send is opened on; "" when the invoice waits.
func (o *Opener) choose(ctx context.Context, inv *tradepostv1.ServiceTradeInvoice, snap *tradepostv1.Snapshot, e record.Entry, want opens) (string, error) {
	if want.status == servicetrade.StatusVoid {
		return o.voidedOn(ctx, e), nil
	}
	chosen, why, err := o.takerOf(ctx, inv, snap)
	if err != nil {
		return "", err
	}
	if why != "" {
		o.wait(ctx, inv, want, why)
		return "", nil
	}
	o.Desk.waiting.leave(inv.GetId())
	telemetry.Set(ctx, telemetry.Connection(chosen))
	return chosen, nil
}

// takerOf returns the connection that takes the invoice at present, or why none does.
func (o *Opener) takerOf(ctx context.Context, inv *tradepostv1.ServiceTradeInvoice, snap *tradepostv1.Snapshot) (chosen, why string, err error) {
	if snap.GetOversize() != nil && o.Desk.filters() {
		// The snapshot has lost what filters go by.
		if snap, err = o.Taker.Place(ctx, inv); err != nil {
			return "", "", err
		}
	}
	chosen, why = o.Desk.choose(snap)
	return chosen, why, nil
}

// wait leaves the invoice as it is. One that failed before is in no list of pending
// ones: its retry is over.
func (o *Opener) wait(ctx context.Context, inv *tradepostv1.ServiceTradeInvoice, want opens, why string) {
	if want.retry() {
		o.Log.WarnContext(ctx, "no retry: no connection can take the send", "invoice", inv.GetId(), "reason", why)
		return
	}
	listed := want.listed
	if listed == 0 {
		listed = inv.GetUpdated()
	}
	o.Desk.waiting.enter(ctx, inv.GetId(), listed, inv.GetUpdated(), why)
}

// postedElsewhere names another connection that holds a live document of the
// invoice: posting it on this one too would put it into two sets of books.
func postedElsewhere(r *tradepostv1.Record, connection string) string {
	for _, d := range r.GetDocuments() {
		if d.GetConnection() != connection && !d.GetGone() {
			return d.GetConnection()
		}
	}
	return ""
}

func heldAtOnce(step record.Transition, reason string) record.Transition {
	return func(r *tradepostv1.Record) (*tradepostv1.Record, error) {
		r, err := step(r)
		if err != nil {
			return nil, err
		}
		return record.Hold(reason)(r)
	}
}
