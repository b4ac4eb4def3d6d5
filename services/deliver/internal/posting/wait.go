package posting

import (
	"context"
	"errors"
	"fmt"
	"time"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/telemetry"
)

const (
	// haltSpread is within which time the messages of a paused connection come back
	// once it goes on.
	haltSpread = 2 * time.Second
	// mostLate is how much later than the accounting system asked for a send is tried.
	mostLate = 30 * time.Second
)

// Pauses stops the connection as a whole and lets it go on; see package pause.
type Pauses interface {
	// Stop pauses the connection, until a time or, where that is zero, for as long as
	// a probe finds that it cannot post.
	Stop(ctx context.Context, reason string, until time.Time) error
	// Works tells that an attempt came through.
	Works(ctx context.Context)
	// InForce tells whether the connection is paused, whoever did it.
	InForce() bool
}

// wait gives the claim back. A short wait holds the connection's slot; a long one
// is parked as a scheduled message, so that others go on; trouble of the connection
// as a whole pauses it.
func (t *try) wait(ctx context.Context, w *tradepostv1.Wait) error {
	if err := t.noteKept(ctx); err != nil {
		return err
	}
	now := time.Now()
	d := t.pace(w, now)
	waits := record.Waits{Scope: w.GetScope(), Until: now.Add(d), Reason: w.GetReason(), Since: now}
	cause := fmt.Errorf("has to wait (%s): %s", w.GetReason(), w.GetMessage())
	// Where nobody could look, what an earlier attempt may have left stays in doubt.
	give := record.Release
	if t.doubtful {
		give = record.Doubt
	}
	if w.GetScope() == tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION && t.Pauses != nil {
		if err := t.change(ctx, give(t.owner, waits)); err != nil {
			return err
		}
		return t.halt(ctx, w, waits, cause)
	}
	if d >= parkFrom {
		if !t.doubtful {
			give = record.Park
		}
		return t.park(ctx, waits, give)
	}
	if err := t.change(ctx, give(t.owner, waits)); err != nil {
		return err
	}
	return bus.RetryAfter(d, cause)
}

// pace is how long to wait: never shorter than the accounting system asked for, and
// otherwise longer the longer the send has waited already.
func (t *try) pace(w *tradepostv1.Wait, now time.Time) time.Duration {
	if w.GetUntil() == nil {
		return record.Pace(record.Waited(t.entry.Record, now))
	}
	d := max(w.GetUntil().AsTime().Sub(now), time.Second)
	return record.Jitter(d, min(d/10, mostLate))
}

// halt pauses the connection. Its messages then wait on the server and come back by
// themselves when the pause ends, which may be sooner than anybody thinks now.
func (t *try) halt(ctx context.Context, w *tradepostv1.Wait, waits record.Waits, cause error) error {
	if w.GetReason() == connector.ReasonKeyMissing {
		// Only this replica cannot: it is leaving the connection, and another one takes the message.
		return bus.RetryAfter(record.Jitter(0, haltSpread), cause)
	}
	until := time.Time{}
	if w.GetUntil() != nil {
		until = waits.Until
	}
	if err := t.Pauses.Stop(ctx, w.GetReason(), until); err != nil {
		t.log.WarnContext(ctx, "the connection could not be paused; its invoices wait one by one", "err", err)
		return bus.RetryAfter(time.Until(waits.Until), cause)
	}
	return bus.RetryAfter(record.Jitter(0, haltSpread), cause)
}

// park schedules the message before the record says so: should the process die
// between the two, the message still comes.
func (t *try) park(ctx context.Context, w record.Waits, give func(string, record.Waits) record.Transition) error {
	if err := t.Gate.Bus.Schedule(ctx, t.m.Subject, w.Until, t.ready); err != nil {
		return err
	}
	telemetry.Set(ctx, telemetry.Outcome("parked"))
	t.log.InfoContext(ctx, "parked", "until", w.Until, "reason", w.Reason)
	return t.change(ctx, give(t.owner, w))
}

// doubt leaves the attempt unresolved: somebody looks once the call's time is over, as
// what was sent may be worked on that long, and the settling time after that.
func (t *try) doubt(ctx context.Context, u *tradepostv1.Uncertain) error {
	if err := t.noteKept(ctx); err != nil {
		return err
	}
	now := time.Now()
	settling := t.callTime() + t.Connector.Describe().SettlingTime
	d := max(settling, record.Pace(record.Waited(t.entry.Record, now)))
	waits := record.Waits{Scope: tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, Until: now.Add(d), Reason: u.GetReason(), Since: now}
	if d >= parkFrom {
		return t.park(ctx, waits, func(owner string, w record.Waits) record.Transition { return record.DoubtCall(owner, settling, w) })
	}
	if err := t.change(ctx, record.DoubtCall(t.owner, settling, waits)); err != nil {
		return err
	}
	return bus.RetryAfter(d, fmt.Errorf("uncertain (%s): %s", u.GetReason(), u.GetMessage()))
}

// errBlind means that the accounting system cannot tell whether a document exists.
var errBlind = errors.New("the accounting system cannot tell whether the document of an earlier attempt exists")

// blind tells whether a find's answer says that looking never helps.
func blind(o *tradepostv1.Outcome) bool {
	return o.GetUncertain().GetReason() == connector.ReasonCannotFind
}
