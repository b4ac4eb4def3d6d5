package send

import (
	"context"
	"errors"
	"log/slog"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/record"
)

var errInForce = errors.New("a worker may still be calling the accounting system for this invoice")

// notMade starts a send over of which an operator vouches that nothing was made and
// nothing will be. Deliver looks into the books all the same before it makes anything.
func (o *Opener) notMade(ctx context.Context, m bus.Message, c *tradepostv1.InvoiceCommand, log *slog.Logger) error {
	e, err := o.Store.Get(ctx, o.key(m.Subject.InvoiceID))
	if err != nil {
		return err
	}
	no := &refusal{}
	defer func() { o.tell(ctx, m, c, e, no) }()
	if why := unfollowed(e, m.Subject, c); why != "" {
		no.because(notTheLast, "%s", why)
		return nil
	}
	switch e.State() {
	case record.Opening:
		return o.again(ctx, e) // This very command could not publish the message.
	case record.Handed, record.Held:
		if other := postedElsewhere(e.Record, e.Record.GetConnection()); other != "" {
			no.because(inOtherBooks, "the invoice has a document in the books of connection %s, and would be in two sets of books", other)
			return nil
		}
	default:
		no.because(nothingToBeDone, "send %d is %s: nothing was handed over or held", e.Record.GetSend(), record.StateName(e.State()))
		return nil
	}
	left, err := o.Store.TakeOverIn(ctx, e)
	if err != nil {
		return err
	}
	if left > 0 {
		return bus.RetryAfter(left, errInForce)
	}
	next, err := o.Store.Change(ctx, e, record.NotMade())
	switch {
	case errors.Is(err, record.ErrConflict):
		return bus.RetryAfter(0, err)
	case errors.Is(err, record.ErrIllegal):
		no.because(nothingToBeDone, "send %d has its outcome", e.Record.GetSend())
		return nil
	case err != nil:
		return err
	}
	log.WarnContext(ctx, "the send starts over: an operator says that nothing was made", "token", e.Record.GetHandedToken(), "was", record.StateName(e.State()), "reason", c.GetReason())
	return o.again(ctx, next)
}
