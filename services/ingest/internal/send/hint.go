package send

import (
	"context"
	"time"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/servicetrade"
)

const (
	// echoTime is how long after a send was closed an event counts as the echo of
	// our own last writes, unless it says that something happened after them.
	echoTime = 15 * time.Second
	// clockSlack is by how much an event has to be later than the closing to be no
	// echo: it is told in whole seconds, by ServiceTrade's clock, the closing by that
	// of the NATS server. A Send pressed sooner waits for the next poll. While the
	// clocks are further apart, either each echo costs a read, or a Send pressed
	// within echoTime waits as well.
	clockSlack = 3 * time.Second
	// hintAge is the age at which a hint that cannot be carried out is given up. It
	// holds one of few places, and the polls find the invoice without it.
	hintAge = 10 * time.Minute
	// hintLocks is how many locks the invoices share.
	hintLocks = 64
)

// Hint looks at an invoice that a webhook named. ServiceTrade is asked only when a
// send could be opened: our own writes come back as events too, and must cost no
// call. A hint that is dropped loses nothing, since a poll shows the same invoice.
func (o *Opener) Hint(ctx context.Context, m bus.Message) error {
	p, err := bus.ParsePoll(m.Raw)
	if err != nil {
		return bus.Poison(bus.CodeSubject, err)
	}
	// A message that comes twice is looked at twice at once: the second look has to
	// see what the first one wrote.
	one := &o.hints[p.InvoiceID%hintLocks]
	one.Lock()
	defer one.Unlock()
	e, err := o.Store.Get(ctx, o.key(p.InvoiceID))
	switch {
	case err != nil:
	case e.State() == record.Opening && m.Delivered <= 1 && !o.left(e):
		// Nearly always it is being published this moment, by a poll that saw the same.
		err = bus.RetryAfter(publishing, errUnpublished)
	case e.State() == record.Opening:
		err = o.unpublished(ctx, e)
	default:
		if !worthReading(e, m.Published, bus.HintChanged(m)) {
			o.Log.DebugContext(ctx, "hint dropped: the send is under way, or was closed just now", "invoice", p.InvoiceID,
				"state", record.StateName(e.State()))
			return nil
		}
		// Whatever was mended at a customer or an item before Send was pressed was
		// mended before the event.
		o.Taker.Forget()
		err = o.open(ctx, e, opens{status: servicetrade.StatusPendingAccounting})
	}
	if err != nil && ctx.Err() == nil && o.Now().Sub(m.Published) > hintAge {
		o.Log.WarnContext(ctx, "a webhook's hint is given up; the next poll shows the invoice", "invoice", p.InvoiceID, "err", err)
		return nil
	}
	return err
}

// worthReading tells whether an event may be more than the echo of our own writes,
// all of which are done before the record is closed. It compares when that was with
// when the hint was stored, and with when ServiceTrade says that it happened.
func worthReading(e record.Entry, hinted, changed time.Time) bool {
	switch e.State() {
	case tradepostv1.RecordState_RECORD_STATE_UNSPECIFIED:
		return true
	case record.Closed:
		return hinted.Sub(e.At) >= echoTime || changed.Sub(e.At) >= clockSlack
	default:
		return false
	}
}
