package send

import (
	"context"
	"errors"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/servicetrade"
)

// Sweep is Heal for a round over all records of a connection, which an error ends.
// Trouble of one invoice alone is told and is no error: the round would end there
// every time, and what comes behind would never be healed.
func (o *Opener) Sweep(ctx context.Context, e record.Entry) error {
	err := o.Heal(ctx, e)
	if servicetrade.IsOfOneRecord(err) || errors.Is(err, record.ErrIllegal) || errors.Is(err, bus.ErrTooLarge) {
		o.Log.WarnContext(ctx, "a send without progress could not be published again", "invoice", e.Key.InvoiceID,
			"send", e.Record.GetSend(), "state", record.StateName(e.State()), "err", err)
		return nil
	}
	return err
}
