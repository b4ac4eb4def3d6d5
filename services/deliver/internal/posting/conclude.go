package posting

import (
	"context"
	"fmt"
	"time"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/canonical"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/stage"
	"github.com/tradepost/tradepost/pkg/telemetry"
)

// finish turns the outcome of the attempt into the record, and tells the next stage.
func (t *try) finish(ctx context.Context, o *tradepostv1.Outcome) error {
	t.tellTrouble(o)
	switch r := o.GetResult().(type) {
	case *tradepostv1.Outcome_Wait:
		return t.wait(ctx, r.Wait)
	case *tradepostv1.Outcome_Handed:
		if err := t.noteKept(ctx); err != nil {
			return err
		}
		return t.change(ctx, record.Hand(t.owner, r.Handed.GetToken()))
	case *tradepostv1.Outcome_Uncertain:
		return t.doubt(ctx, r.Uncertain)
	default:
		return t.conclude(ctx, o)
	}
}

// tellTrouble tells whether the connection as a whole can post.
func (t *try) tellTrouble(o *tradepostv1.Outcome) {
	if t.Trouble == nil {
		return
	}
	w := o.GetWait()
	switch {
	case w == nil:
		t.Trouble(nil)
	case w.GetScope() == tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION:
		t.Trouble(fmt.Errorf("%s: %s", w.GetReason(), w.GetMessage()))
	}
}

// conclude writes the outcome into the record, and only then tells reconcile.
func (t *try) conclude(ctx context.Context, o *tradepostv1.Outcome) error {
	if r := o.GetRejected(); r != nil {
		r.Documents = t.posted
	}
	hash, err := canonical.Message(o)
	if err != nil {
		return err
	}
	have := stage.Recorded(record.StageDeliver, o, hash)
	if err := t.change(ctx, record.Conclude(t.owner, have, t.refs...)); err != nil {
		return err
	}
	telemetry.Set(ctx, telemetry.Outcome(stage.Word(have.GetKind(), "OUTCOME_KIND_")), telemetry.Faults(have.GetFaultCodes()))
	t.log.InfoContext(ctx, "concluded", "outcome", stage.Word(have.GetKind(), "OUTCOME_KIND_"), "documents", len(t.posted), "faults", have.GetFaultCodes())
	return t.Gate.SendOutcome(ctx, t.m.Subject, t.ready.GetSend(), t.ready.GetSnapshotHash(), o, hash)
}

// answerAgain serves a message whose send has its outcome already: the stored
// result is told again, and nobody is called. A rejection's texts live in its
// message only; where that was lost before it was published, the accounting
// system is asked once more.
func (t *try) answerAgain(ctx context.Context) error {
	have := t.entry.Record.GetOutcome()
	if have.GetKind() == tradepostv1.OutcomeKind_OUTCOME_KIND_REJECTED && have.GetStage() != record.StageDeliver {
		return nil // Transform's own redelivery tells it.
	}
	if have.GetKind() != tradepostv1.OutcomeKind_OUTCOME_KIND_REJECTED {
		return t.Gate.SendOutcome(ctx, t.m.Subject, t.ready.GetSend(), t.ready.GetSnapshotHash(), fromRecord(have), have.GetHash())
	}
	there, err := t.Stored.OutcomePublished(ctx, t.m.Subject.To(bus.StageOutcome), t.ready.GetSend(), have.GetHash())
	if err != nil || there {
		return err
	}
	return t.claimAndPost(ctx, record.Reclaim)
}

// wait gives the claim back. A short wait holds the connection's slot; a long one
// is parked as a scheduled message, so that others go on.
func (t *try) wait(ctx context.Context, w *tradepostv1.Wait) error {
	if err := t.noteKept(ctx); err != nil {
		return err
	}
	d := bus.Backoff(t.m.Delivered)
	if until := w.GetUntil(); until != nil {
		d = max(time.Until(until.AsTime()), time.Second)
	}
	waits := record.Waits{Scope: w.GetScope(), Until: time.Now().Add(d), Reason: w.GetReason()}
	// Where nobody could look, what an earlier attempt may have left stays in doubt.
	give := record.Release
	if t.doubtful {
		give = record.Doubt
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
	return bus.RetryAfter(d, fmt.Errorf("has to wait (%s): %s", w.GetReason(), w.GetMessage()))
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
	settling := t.callTime() + t.Connector.Describe().SettlingTime
	d := max(settling, bus.Backoff(t.m.Delivered))
	waits := record.Waits{Scope: tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, Until: time.Now().Add(d), Reason: u.GetReason()}
	if err := t.change(ctx, record.DoubtCall(t.owner, settling, waits)); err != nil {
		return err
	}
	return bus.RetryAfter(d, fmt.Errorf("uncertain (%s): %s", u.GetReason(), u.GetMessage()))
}

// noteKept writes down the documents that exist already when the attempt ends
// before all do (a split into invoice and credit memo).
func (t *try) noteKept(ctx context.Context) error {
	for _, ref := range t.refs {
		if err := t.change(ctx, record.Note(t.owner, ref)); err != nil {
			return err
		}
	}
	return nil
}
