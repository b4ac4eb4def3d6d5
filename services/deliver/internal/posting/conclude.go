package posting

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/stage"
	"github.com/tradepost/tradepost/pkg/telemetry"
)

// finish turns the outcome of the attempt into the record, and tells the next stage.
func (t *try) finish(ctx context.Context, o *tradepostv1.Outcome) error {
	t.tellTrouble(ctx, o)
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
func (t *try) tellTrouble(ctx context.Context, o *tradepostv1.Outcome) {
	w := o.GetWait()
	if w == nil && o.GetUncertain() == nil && t.Pauses != nil {
		t.Pauses.Works(ctx)
	}
	switch {
	case t.Trouble == nil:
	case w == nil:
		t.Trouble(nil)
	case w.GetScope() == tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION:
		t.Trouble(fmt.Errorf("%s: %s", w.GetReason(), w.GetMessage()))
	}
}

// conclude writes the outcome into the record, and only then tells reconcile.
func (t *try) conclude(ctx context.Context, o *tradepostv1.Outcome) error {
	if r := o.GetRejected(); r != nil {
		r.Documents = standing(t.posted)
	}
	hash, err := stage.OutcomeHash(o)
	if err != nil {
		return err
	}
	have := stage.Recorded(record.StageDeliver, o, hash)
	if err := t.change(ctx, record.Conclude(t.owner, have, t.refs...)); err != nil {
		return err
	}
	telemetry.Set(ctx, telemetry.Outcome(stage.Word(have.GetKind(), "OUTCOME_KIND_")), telemetry.Faults(have.GetFaultCodes()))
	t.log.InfoContext(ctx, "concluded", "outcome", stage.Word(have.GetKind(), "OUTCOME_KIND_"), "documents", len(t.posted), "faults", have.GetFaultCodes())
	if o.GetPosted() != nil {
		t.tellCustomers(ctx)
	}
	return t.Gate.SendOutcome(ctx, t.m.Subject, t.ready.GetSend(), t.ready.GetSnapshotHash(), o, hash)
}

// standing are the documents that a rejection names, without what another attempt alone
// makes different: the books count each write, and the first one makes what the next one
// finds. The outcome's hash tells people's comments apart, and the same faults of the same
// documents are told once.
func standing(posted []*tradepostv1.PostedDocument) []*tradepostv1.PostedDocument {
	all := make([]*tradepostv1.PostedDocument, len(posted))
	for i, d := range posted {
		all[i] = proto.CloneOf(d)
		all[i].Version, all[i].Adopted = "", false
	}
	return all
}

// tellCustomers tells the customers of what is posted. A process that dies before
// that loses them: the next posting of the same customers tells them again.
func (t *try) tellCustomers(ctx context.Context) {
	if t.Customers == nil {
		return
	}
	for _, p := range t.customers {
		t.Customers(ctx, p)
	}
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
