package send

import (
	"context"
	"errors"
	"fmt"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/servicetrade"
	"github.com/tradepost/tradepost/pkg/stage"
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
		return o.refresh(ctx, m.Subject.InvoiceID)
	case *tradepostv1.InvoiceCommand_SettleByHand:
		return nil // Deliver's, who can ask the accounting system.
	case *tradepostv1.InvoiceCommand_NotMade:
		return o.notMade(ctx, m, c, log)
	case *tradepostv1.InvoiceCommand_Retry:
	default:
		return bus.Poison(bus.CodeInvalid, fmt.Errorf("a command of the kind %T is not known to this version", c.GetCommand()))
	}
	e, err := o.Store.Get(ctx, o.key(m.Subject.InvoiceID))
	if err != nil {
		return err
	}
	no := &refusal{}
	if !o.begun(e, c.GetFollowsSend()) {
		if why := unfollowed(e, m.Subject, c); why != "" {
			no.because(notTheLast, "%s", why)
			o.tell(ctx, m, c, e, no)
			return nil
		}
	}
	log.InfoContext(ctx, "retry", "state", record.StateName(e.State()), "reason", c.GetReason())
	return o.retryFor(ctx, m, c, e, no)
}

// refresh looks at one invoice.
func (o *Opener) refresh(ctx context.Context, id int64) error {
	o.Taker.Forget()
	e, err := o.Store.Get(ctx, o.key(id))
	if err == nil && e.State() == record.Opening {
		return o.unpublished(ctx, e)
	}
	return o.look(ctx, id, 0)
}

// retryFor carries a retry out, and tells when nothing came of it.
func (o *Opener) retryFor(ctx context.Context, m bus.Message, c *tradepostv1.InvoiceCommand, e record.Entry, no *refusal) error {
	var by *mend
	if !o.begun(e, c.GetFollowsSend()) {
		var err error
		if by, err = o.replayed(ctx, m.Subject, c); err != nil {
			return err
		}
	}
	if err := o.retry(ctx, e, by, no); err != nil {
		return err
	}
	o.tell(ctx, m, c, e, no)
	return nil
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

func (o *Opener) retry(ctx context.Context, e record.Entry, by *mend, no *refusal) error {
	o.Taker.Forget()
	if len(record.Elsewhere(e.Record)) > 0 {
		o.Desk.waiting.leave(e.Key.InvoiceID) // Told again: somebody asks.
		no.because(inOtherBooks, "the invoice has a document in the books of connection %s, and stays held until that is deleted or void there, or the filters name that connection",
			record.Elsewhere(e.Record)[0].GetConnection())
		if err := o.elsewhere(ctx, e, 0); !errors.Is(err, record.ErrConflict) {
			return err
		}
		return bus.RetryAfter(0, record.ErrConflict)
	}
	if why := o.Desk.closed(e.Record.GetConnection()); why != "" && e.State() != record.Closed {
		no.because(noConnection, "%s", why)
		return nil
	}
	switch other := postedElsewhere(e.Record, e.Record.GetConnection()); {
	case e.State() == record.Held && other != "" && !record.OfVoid(e.Record):
		no.because(inOtherBooks, "the invoice has a document in the books of connection %s, and would be in two sets of books", other)
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
		if err := o.open(ctx, e, opens{status: servicetrade.StatusFailed, by: by, no: no}); err != nil {
			return err
		}
		// A user may have pressed Send meanwhile.
		return o.look(ctx, e.Key.InvoiceID, 0)
	case record.VoidFailed(e.Record):
		return o.open(ctx, e, opens{status: servicetrade.StatusVoid, again: true, no: no})
	}
	how := "is " + record.StateName(e.State())
	if e.State() == record.Closed {
		how = "ended " + stage.Word(e.Record.GetSettlement(), "SETTLEMENT_")
	}
	no.because(nothingToBeDone, "send %d %s: there is nothing to try again", e.Record.GetSend(), how)
	return nil
}
