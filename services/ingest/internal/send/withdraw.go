package send

import (
	"context"
	"errors"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/stage"
	"github.com/tradepost/tradepost/pkg/telemetry"
)

// withdraw ends a send whose invoice ServiceTrade does not have any more: there is
// nothing to make its message of, and it would be asked for again for ever. An attempt
// that is under way or in doubt ends first, by its own message or by deliver's sweep.
// Reconcile's sweep closes it, after it asked ServiceTrade itself.
func (o *Opener) withdraw(ctx context.Context, e record.Entry) error {
	outcome := &tradepostv1.Outcome{Result: &tradepostv1.Outcome_Withdrawn{Withdrawn: &tradepostv1.Withdrawn{Status: "deleted"}}}
	hash, err := stage.OutcomeHash(outcome)
	if err != nil {
		return err
	}
	log := o.Log.With("invoice", e.Key.InvoiceID, "send", e.Record.GetSend(), "connection", e.Record.GetConnection())
	_, err = o.Store.Change(ctx, e, record.Withdraw(stage.Recorded(record.StageIngest, outcome, hash)))
	switch {
	case errors.Is(err, record.ErrConflict):
		return nil // Somebody is at it.
	case errors.Is(err, record.ErrIllegal):
		log.WarnContext(ctx, "the invoice is gone from ServiceTrade; its send ends once it is known what an attempt left in the books", "state", record.StateName(e.State()))
		return nil
	case err != nil:
		return err
	}
	telemetry.Set(ctx, telemetry.Outcome("withdrawn"))
	o.Desk.waiting.leave(e.Key.InvoiceID)
	log.WarnContext(ctx, "the send is withdrawn: its invoice is gone from ServiceTrade", "state", record.StateName(e.State()), "documents", len(e.Record.GetDocuments()))
	return nil
}
