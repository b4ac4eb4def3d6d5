package send

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/servicetrade"
)

// elsewhere looks at a send that is held since the invoice has a document in the books
// of another connection, and chooses again: the filters, or what they go by, may have
// given the invoice back to that one. Then the send goes on there. listed is the time
// of the invoice's last change that a list showed, 0 without a list.
func (o *Opener) elsewhere(ctx context.Context, e record.Entry, listed int64) error {
	inv, _, err := o.read(ctx, e.Key.InvoiceID)
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
	chosen, why, err := o.takerOf(ctx, inv, snap)
	if err != nil {
		return err
	}
	if has := o.keeper(inv, e); has != "" {
		chosen, why = has, ""
	}
	if chosen != "" && chosen != e.Record.GetConnection() {
		next, err := o.Store.Change(ctx, e, record.GoTo(chosen))
		switch {
		case errors.Is(err, record.ErrIllegal):
			o.Log.WarnContext(ctx, "the held send stays with its connection, since something was tried", "invoice", inv.GetId(), "err", err)
		case err != nil:
			return err
		default:
			e = next
		}
	}
	if e.State() == record.Opening {
		o.Desk.waiting.leave(inv.GetId())
		o.Log.InfoContext(ctx, "the held send goes on with the connection that has the invoice's document", "invoice", inv.GetId(), "connection", chosen)
		return o.again(ctx, e)
	}
	o.holds(ctx, e, cmp.Or(listed, inv.GetUpdated()), inv.GetUpdated(), why)
	return nil
}

// sweepElsewhere is elsewhere for a sweep, which comes by often: it looks as rarely as
// for any other invoice that waits. Those that were tried again after they failed are
// in no list of pending ones.
func (o *Opener) sweepElsewhere(ctx context.Context, e record.Entry) error {
	if o.Desk.waiting.stillWaits(servicetrade.InvoiceRow{ID: e.Key.InvoiceID}) {
		return nil
	}
	return o.lookElsewhere(ctx, e, 0)
}

// lookElsewhere is elsewhere where nobody asked for it: when somebody else decided
// meanwhile, the next look sees what became of it.
func (o *Opener) lookElsewhere(ctx context.Context, e record.Entry, listed int64) error {
	if err := o.elsewhere(ctx, e, listed); !errors.Is(err, record.ErrConflict) {
		return err
	}
	return nil
}

// holds tells of a send that is held for a document elsewhere, once, and remembers it.
// why is why the filters name no connection that could take the invoice; or "".
func (o *Opener) holds(ctx context.Context, e record.Entry, listed, read int64, why string) {
	o.Desk.waiting.hold(ctx, e.Key.InvoiceID, listed, read, o.Desk.heldFor(e, why))
}

// heldFor says, for people, why a send is held, and what they can do.
func (d *Desk) heldFor(e record.Entry, why string) string {
	has, belongs := record.Elsewhere(e.Record)[0].GetConnection(), e.Record.GetConnection()
	text := fmt.Sprintf("posted before by connection %s%s, and belongs to connection %s%s now: "+
		"delete the document in the books of %s or make it void there, or give the invoice back to %s (its office, type or tags, or a filter); it goes on by itself then",
		has, d.unless(has), belongs, d.unless(belongs), has, has)
	if why != "" {
		text += "; at present " + why
	}
	return text
}

// unless says what keeps a connection from working; "" where nothing does.
func (d *Desk) unless(id string) string {
	at := slices.IndexFunc(d.connections, named(id))
	switch {
	case at < 0:
		return " (not in the configuration)"
	case !d.connections[at].Enabled:
		return " (disabled)"
	default:
		return ""
	}
}
