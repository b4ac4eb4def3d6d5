package send

import (
	"context"
	"errors"
	"fmt"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/servicetrade"
)

// Command carries out an operator's retry or refresh of one invoice. A command
// that follows another send than the latest changes nothing.
func (o *Opener) Command(ctx context.Context, m bus.Message) error {
	c := &tradepostv1.InvoiceCommand{}
	if err := bus.Decode(m, c); err != nil {
		return err
	}
	log := o.Log.With("invoice", m.Subject.InvoiceID, "follows_send", c.GetFollowsSend(), "by", c.GetBy())
	switch c.GetCommand().(type) {
	case *tradepostv1.InvoiceCommand_Refresh:
		o.Taker.Forget()
		return o.look(ctx, m.Subject.InvoiceID, 0)
	case *tradepostv1.InvoiceCommand_SettleByHand:
		return nil // Deliver's, who can ask the accounting system.
	case *tradepostv1.InvoiceCommand_NotMade:
		return o.notMade(ctx, m, c, log)
	case *tradepostv1.InvoiceCommand_Retry:
	default:
		return bus.Poison("command.not_supported", fmt.Errorf("a command of the kind %T cannot be carried out yet", c.GetCommand()))
	}
	e, err := o.Store.Get(ctx, o.key(m.Subject.InvoiceID))
	if err != nil {
		return err
	}
	if o.begun(e, c.GetFollowsSend()) {
		return o.retry(ctx, e, nil)
	}
	if why := unfollowed(e, m.Subject, c); why != "" {
		log.WarnContext(ctx, "retry ignored", "why", why, "send", e.Record.GetSend(), "connection", e.Record.GetConnection())
		return nil
	}
	log.InfoContext(ctx, "retry", "state", record.StateName(e.State()), "reason", c.GetReason())
	by, err := o.replayed(ctx, m.Subject, c)
	if err != nil {
		return err
	}
	return o.retry(ctx, e, by)
}

// unfollowed tells why a command does not follow the latest send; "" when it does. A
// send that is held for a document in other books may be asked for over either
// connection.
func unfollowed(e record.Entry, s bus.Subject, c *tradepostv1.InvoiceCommand) string {
	switch {
	case e.Record == nil:
		return "the invoice was never sent, or its record is gone"
	case e.Record.GetSend() != c.GetFollowsSend():
		return "another send was opened since"
	case e.Record.GetConnection() == s.Connection:
		return ""
	}
	for _, d := range record.Elsewhere(e.Record) {
		if d.GetConnection() == s.Connection {
			return ""
		}
	}
	return "the send is another connection's; ask for it over that one"
}

// begun tells whether this very command opened the next send and could not
// publish its message.
func (o *Opener) begun(e record.Entry, follows int64) bool {
	again := e.Record.GetStartStatus() == servicetrade.StatusFailed || record.OfVoid(e.Record)
	return e.State() == record.Opening && e.Record.GetSend() == follows+1 && again
}

func (o *Opener) retry(ctx context.Context, e record.Entry, by *mend) error {
	o.Taker.Forget()
	if len(record.Elsewhere(e.Record)) > 0 {
		o.Desk.waiting.leave(e.Key.InvoiceID) // Told again: somebody asks.
		if err := o.elsewhere(ctx, e, 0); !errors.Is(err, record.ErrConflict) {
			return err
		}
		return bus.RetryAfter(0, record.ErrConflict)
	}
	if why := o.Desk.closed(e.Record.GetConnection()); why != "" && e.State() != record.Closed {
		o.Log.WarnContext(ctx, "no retry: no connection can take the send", "invoice", e.Key.InvoiceID, "reason", why)
		return nil
	}
	switch other := postedElsewhere(e.Record, e.Record.GetConnection()); {
	case e.State() == record.Held && other != "" && !record.OfVoid(e.Record):
		o.Log.WarnContext(ctx, "no retry: the invoice has a document of another connection, and would be in two sets of books",
			"invoice", e.Key.InvoiceID, "connection", other)
		return nil
	case e.State() == record.Held:
		next, err := o.Store.Change(ctx, e, record.Unhold())
		if errors.Is(err, record.ErrConflict) {
			return bus.RetryAfter(0, err)
		}
		if err != nil || next.State() == record.Outcome {
			return err
		}
		return o.again(ctx, next)
	case e.State() == record.Opening, e.State() == record.Opened, e.State() == record.Claimed, e.State() == record.Parked:
		return o.again(ctx, e)
	case e.State() == record.Closed && e.Record.GetSettlement() == tradepostv1.Settlement_SETTLEMENT_FAILED:
		if err := o.open(ctx, e, opens{status: servicetrade.StatusFailed, by: by}); err != nil {
			return err
		}
		// A user may have pressed Send meanwhile.
		return o.look(ctx, e.Key.InvoiceID, 0)
	case record.VoidFailed(e.Record):
		return o.open(ctx, e, opens{status: servicetrade.StatusVoid, again: true})
	}
	return nil
}
