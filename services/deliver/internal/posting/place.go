package posting

import (
	"context"
	"fmt"
	"strconv"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/canonical"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/services/deliver/internal/attempts"
)

// place makes one document exist: find it, and adopt, update or create it. It
// returns nil when the document exists as it should.
func (t *try) place(ctx context.Context, one paper) (*tradepostv1.Outcome, error) {
	ctx = t.told(ctx, one.explanation)
	live := one.slot.In(t.entry.Record)
	found, outcome, err := t.findOrHanded(ctx, connector.Query{
		Kind: one.doc.GetKind(), Marker: one.doc.GetMarker(), ID: live.GetId(), Number: one.doc.GetNumber(),
	})
	if outcome.GetHanded() != nil && !t.claimedFor(one) {
		// What is handed over is this document: the record has to say so.
		_, cancel, err := t.renew(ctx, t.intends(one, ""))
		if err != nil {
			return nil, err
		}
		cancel()
	}
	if outcome != nil || err != nil {
		return outcome, err
	}
	switch len(found) {
	case 0:
		if outcome, err := t.rest(ctx, t.besideMade(one)); outcome != nil || err != nil {
			return outcome, err
		}
		return t.create(ctx, one, live)
	case 1:
		return t.compare(ctx, one, live, found[0])
	default:
		return rejected(faultOf("document.more_than_one", one, found[0], map[string]string{
			"count": strconv.Itoa(len(found)), "numbers": names(found),
		})), nil
	}
}

// find asks the accounting system. A document that was handed over, and is not known to
// be there, makes whoever asks wait.
func (t *try) find(ctx context.Context, q connector.Query) ([]connector.Found, *tradepostv1.Outcome, error) {
	found, outcome, err := t.findOrHanded(ctx, q)
	if h := outcome.GetHanded(); h != nil {
		return nil, waitFor(reasonHanded, fmt.Sprintf("document %s was handed over: %s", h.GetToken(), h.GetMessage())), err
	}
	return found, outcome, err
}

// reasonHanded is the reason of a wait for the end of a hand-over.
const reasonHanded = "handed_over"

// findOrHanded asks the accounting system for a document that this attempt is about, and
// tells besides that it was handed over. Documents that count nothing (void) are not there.
func (t *try) findOrHanded(ctx context.Context, q connector.Query) ([]connector.Found, *tradepostv1.Outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, t.callTime())
	defer cancel()
	all, err := t.Connector.Find(ctx, q)
	if err != nil {
		t.checked.Store(0) // What answers next may be other books.
	}
	if a, ok := connector.AnswerOf(err); ok {
		return nil, outcomeOf(a), nil
	}
	if err != nil {
		return nil, waitFor(connector.ReasonUnreachable, err.Error()), nil
	}
	live := make([]connector.Found, 0, len(all))
	for _, f := range all {
		if !f.Void {
			live = append(live, f)
		}
	}
	return live, nil, nil
}

// compare does what decide says of a document that exists already.
func (t *try) compare(ctx context.Context, one paper, live *tradepostv1.DocumentRef, f connector.Found) (*tradepostv1.Outcome, error) {
	if t.takenBackBefore(one, live, f) {
		return nil, nil
	}
	d := t.decide(one, live, f)
	switch d.step {
	case StepAdopt:
		if outcome, err := t.rest(ctx, t.besideAdopted(one, live)); outcome != nil || err != nil {
			return outcome, err
		}
		t.adopt(d, f, live)
		return nil, nil
	case StepNone:
		if c := d.fault.GetCode(); c == totalDiffers || c == numberDiffers {
			t.tells(d.one, f, true) // As when it was made.
		}
		return rejected(d.fault), nil
	}
	if outcome, err := t.wanted(ctx, 0); outcome != nil || err != nil {
		return outcome, err
	}
	ctx, cancel, err := t.renew(ctx, t.intends(d.one, f.ID))
	if err != nil {
		return nil, err
	}
	defer cancel()
	ctx = t.told(connector.WithFence(ctx, t.checkFence), d.one.explanation)
	return t.verified(d.one, t.Connector.(connector.Updater).Update(ctx, t.posting(d.one), f))
}

// madeOf is the snapshot that the send's documents are made of; "" when an operator
// mended them.
func (t *try) madeOf() string {
	r := t.entry.Record
	if r.GetMended() != nil && r.GetMended().GetSend() == r.GetSend() {
		return ""
	}
	return t.ready.GetSnapshotHash()
}

// create makes the document. Where the record knows one that is gone, that is
// noted first: the new one belongs to the next generation.
func (t *try) create(ctx context.Context, one paper, live *tradepostv1.DocumentRef) (*tradepostv1.Outcome, error) {
	if outcome := t.sameBooks(ctx, false); outcome != nil {
		return outcome, nil
	}
	if outcome, err := t.siblings(ctx, one); outcome != nil || err != nil {
		return outcome, err
	}
	if live != nil {
		if outcome := t.absent(ctx, live); outcome != nil {
			return outcome, nil
		}
		if err := t.change(ctx, record.Note(t.owner, gone(live))); err != nil {
			return nil, err
		}
		if fault := t.goneFromClosed(one, live); fault != nil {
			return rejected(fault), nil
		}
	}
	if live != nil || t.fence.Left() < t.callTime() || !t.claimedFor(one) {
		renewed, cancel, err := t.renew(ctx, t.intends(one, ""))
		if err != nil {
			return nil, err
		}
		defer cancel()
		ctx = t.told(connector.WithFence(renewed, t.checkFence), one.explanation)
	}
	return t.verified(one, t.Connector.Create(ctx, t.posting(one)))
}

// told gives the calls what they belong to, for the attempts that are published.
func (t *try) told(ctx context.Context, why []*tradepostv1.Explanation) context.Context {
	return attempts.With(ctx, attempts.Info{
		InvoiceID: t.m.Subject.InvoiceID, Send: t.ready.GetSend(), SnapshotHash: t.ready.GetSnapshotHash(),
		Attempt: t.entry.Record.GetAttempts(), Explanation: why,
	})
}

// claimedFor tells whether the record's unresolved attempt is this paper's.
func (t *try) claimedFor(one paper) bool {
	u := t.entry.Record.GetUnresolved()
	return slotOfAttempt(u) == one.slot && u.GetDocumentHash() == one.hash && u.GetUpdatesId() == ""
}

// posting is the document with its idempotency key: the same for every attempt
// to make this content in this generation.
func (t *try) posting(one paper) connector.Posting {
	generation := one.slot.Generation(t.entry.Record)
	key, _ := canonical.Value(map[string]string{
		"marker": one.doc.GetMarker(), "generation": strconv.FormatInt(generation, 10), "document": one.hash,
	})
	return connector.Posting{Document: one.doc, DocumentHash: one.hash, Generation: generation, Key: key[:40]}
}
