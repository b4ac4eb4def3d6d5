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
	// our own last writes. A Send pressed within that time waits for the next poll.
	echoTime = 15 * time.Second
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
	if err == nil {
		if !worthReading(e, m.Published) {
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

// worthReading compares times of the server only: when the record was closed, and
// when the hint was stored.
func worthReading(e record.Entry, hinted time.Time) bool {
	switch e.State() {
	case tradepostv1.RecordState_RECORD_STATE_UNSPECIFIED:
		return true
	case record.Closed:
		return hinted.Sub(e.At) >= echoTime
	default:
		return false
	}
}
