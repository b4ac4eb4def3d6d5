package send

import (
	"context"
	"errors"
	"fmt"

	"github.com/tradepost/tradepost/pkg/canonical"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/telemetry"
)

// again publishes the message of an open send that made no progress. ServiceTrade
// is the durable source until a send is settled, so that even a lost stream heals.
// One whose invoice was moved by a user is published too: it posts nothing, but ends
// as withdrawn, and a document that was made before is told in a comment.
func (o *Opener) again(ctx context.Context, e record.Entry) (err error) {
	ctx, span := o.begin(ctx, "publish send again", e)
	defer func() { telemetry.End(span, err) }()
	inv, hash, err := o.read(ctx, e.Key.InvoiceID)
	if err != nil {
		return err
	}
	if inv == nil {
		return o.withdraw(ctx, e)
	}
	snap, err := o.Taker.Take(ctx, inv)
	if err != nil {
		return fmt.Errorf("read what belongs to invoice %d: %w", inv.GetId(), err)
	}
	if hash != e.Record.GetSnapshotHash() && (e.State() == record.Claimed || e.Record.GetUnresolved() != nil) {
		// An attempt was made with the older content. Its own message ends it, or
		// deliver does by itself when that is lost; then this send is open again.
		o.Log.WarnContext(ctx, "the invoice was changed while an attempt is unresolved", "invoice", inv.GetId())
		return nil
	}
	by := o.mendOf(ctx, e.Record, inv, hash)
	if !record.Stands(e.Record, inv.GetStatus()) {
		// Without a time the snapshot is never young enough to be believed: deliver
		// asks ServiceTrade before it posts anything.
		snap.TakenAt, by = nil, nil
	}
	next, err := o.Store.Change(ctx, e, record.Reopen(hash, canonical.HashVersion, inv.GetTotalPrice()))
	if errors.Is(err, record.ErrConflict) {
		return nil
	}
	if err != nil {
		return err
	}
	o.Log.WarnContext(ctx, "the send made no progress and is published again", "invoice", inv.GetId(),
		"send", next.Record.GetSend(), "state", record.StateName(e.State()))
	o.Metrics.republishes(next.Record.GetConnection())
	return o.publish(ctx, next, snap, by)
}
