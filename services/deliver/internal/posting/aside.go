package posting

import (
	"context"
	"time"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/telemetry"
)

// standAside leaves the invoice to the claim in force, which lasts so much longer. Its
// message comes back then: it is a process that died which does not answer for it. A
// long time is none to hold one of the connection's slots for: the claims of a process
// that died would stop all other invoices until they are over.
func (t *try) standAside(ctx context.Context, left time.Duration) error {
	if left < parkFrom {
		return bus.RetryAfter(left, errClaimed)
	}
	if err := t.wakeAt(ctx, time.Now().Add(left)); err != nil {
		return err
	}
	now, err := t.Gate.Store.Get(ctx, t.entry.Key)
	if err != nil {
		return err
	}
	w := now.Record.GetWaiting()
	switch {
	case now.Revision == t.entry.Revision:
		return nil
	case now.State() == record.Parked && w.GetUntil() != nil:
		// Whoever has the claim parked it meanwhile, and that message was replaced.
		return t.wakeAt(ctx, w.GetUntil().AsTime())
	default:
		return bus.RetryAfter(100*time.Millisecond, errClaimed)
	}
}

// wakeAt has the message come again at a time, and hold no slot until then.
func (t *try) wakeAt(ctx context.Context, at time.Time) error {
	if err := t.Gate.Bus.Schedule(ctx, t.m.Subject, at, t.ready); err != nil {
		return err
	}
	telemetry.Set(ctx, telemetry.Outcome("parked"))
	t.log.InfoContext(ctx, "another process has the claim: looked for again when that is over", "until", at, "owner", t.entry.Record.GetClaim().GetOwner())
	return nil
}
