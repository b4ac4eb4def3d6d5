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
)

// ErrNotLooked means that the connector could not look now; it is to be asked again.
var ErrNotLooked = errors.New("the connector could not tell what became")

// Confirm looks for what became of a document that was handed over. It makes
// nothing: the send ends by evidence (the connector says so, or Find shows the
// document), or goes on waiting. Two replicas may look at once; the first to write wins.
// An error says that it is worth looking again soon: the connector could not look, or what
// it knows could not be written down.
func (p *Poster) Confirm(ctx context.Context, e record.Entry) error {
	u := e.Record.GetUnresolved()
	if e.State() != record.Handed || u == nil || p.foreign(ctx, e) {
		return nil
	}
	t, err := p.handedTry(ctx, e)
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, t.callTime())
	defer cancel()
	answer, err := t.evidence(limited, u)
	if err != nil {
		return err
	}
	outcome, over, err := t.judged(u, answer)
	if err != nil || !over {
		return err
	}
	t.log.InfoContext(ctx, "what was handed over came to an end", "token", e.Record.GetHandedToken(), "answer", fmt.Sprintf("%T", answer))
	if err := t.confirmed(ctx, outcome); err != nil {
		if _, waits := bus.RetryDelay(err); waits {
			return nil // Another replica was faster.
		}
		return err
	}
	return nil
}

// judged is verified, or voided, for the answer of a hand-over; over is false while it
// has not come to an end.
func (t *try) judged(u *tradepostv1.Unresolved, a connector.Answer) (outcome *tradepostv1.Outcome, over bool, err error) {
	switch a.(type) {
	case connector.Posted, connector.Rejected:
	default:
		return nil, false, nil
	}
	if !u.GetVoids() {
		outcome, err = t.verified(t.paperOf(u), a)
		return outcome, true, err
	}
	ref := t.attempted(u)
	if ref == nil {
		return t.tookBack(), true, nil // It was gone before.
	}
	outcome = t.voided(ref, a)
	return outcome, outcome.GetUncertain() == nil, nil
}

// handedTry is an attempt that only looks. The message of the send is read again, since
// the record does not hold the document; where that is gone, what the record knows serves.
func (p *Poster) handedTry(ctx context.Context, e record.Entry) (*try, error) {
	u := e.Record.GetUnresolved()
	m := bus.Message{
		Subject: bus.Subject{Stage: bus.StageReady, Connection: p.Connection, InvoiceID: e.Key.InvoiceID},
		Stream:  u.GetStream(), Sequence: u.GetSequence(), Delivered: 1,
	}
	ready, err := p.Stored.Ready(ctx, u.GetStream(), u.GetSequence())
	if err != nil || ready.GetSend() != e.Record.GetSend() {
		p.Log.WarnContext(ctx, "the message of a document that was handed over cannot be read any more", "connection", p.Connection, "invoice", e.Key.InvoiceID, "err", err)
		ready = &tradepostv1.InvoiceReady{
			Send: e.Record.GetSend(), SnapshotHash: e.Record.GetSnapshotHash(), HashVersion: e.Record.GetHashVersion(),
		}
	}
	return p.newTry(m, e, ready)
}

// evidence asks the connector, or looks.
func (t *try) evidence(ctx context.Context, u *tradepostv1.Unresolved) (connector.Answer, error) {
	q := connector.Query{Kind: u.GetKind(), Marker: u.GetMarker(), ID: u.GetUpdatesId(), Number: t.paperOf(u).doc.GetNumber()}
	if t.Confirmer != nil {
		a := t.Confirmer.Confirm(t.told(ctx, nil), connector.HandedOver{
			Token: t.entry.Record.GetHandedToken(), Query: q, DocumentHash: u.GetDocumentHash(),
		})
		if w, waits := a.(connector.Wait); waits {
			return nil, fmt.Errorf("%w of %s: %s: %s", ErrNotLooked, t.entry.Record.GetHandedToken(), w.Reason, w.Message)
		}
		return a, nil
	}
	found, outcome, err := t.find(t.told(ctx, nil), q)
	switch {
	case err != nil:
		return nil, err
	case outcome != nil:
		return nil, errors.New("the accounting system could not be asked: " + outcome.GetWait().GetMessage())
	}
	if !u.GetVoids() {
		found = ofKind(u.GetKind(), found)
	}
	switch {
	case u.GetVoids() && !counts(u, found):
		if outcome := t.sameBooks(ctx, true); outcome != nil {
			return nil, errors.New("it cannot be told whether a document is void: " + outcome.GetWait().GetMessage())
		}
		return connector.Posted{Document: connector.Found{ID: u.GetUpdatesId(), Void: true}}, nil
	case u.GetVoids() || len(found) == 0 || t.untouched(u, found[0]):
		return connector.Handed{}, nil
	case len(found) > 1:
		return connector.Rejected{Faults: []*tradepostv1.Fault{faultOf("document.more_than_one", t.paperOf(u), found[0], map[string]string{
			"count": fmt.Sprint(len(found)), "numbers": names(found),
		})}}, nil
	}
	return connector.Posted{Document: found[0]}, nil
}

// paperOf is the document that was handed over.
func (t *try) paperOf(u *tradepostv1.Unresolved) paper {
	for _, one := range t.papers {
		if one.slot == slotOfAttempt(u) && one.hash == u.GetDocumentHash() {
			return one
		}
	}
	return paper{hash: u.GetDocumentHash(), slot: slotOfAttempt(u), doc: &tradepostv1.Document{
		Kind: u.GetKind(), Marker: u.GetMarker(), Totals: &tradepostv1.Totals{Total: u.GetTotal()},
	}}
}

// confirmed writes down how a hand-over ended. Where the send has another document to
// post, it is open again and its message is published once more: it finds what exists.
func (t *try) confirmed(ctx context.Context, outcome *tradepostv1.Outcome) error {
	if outcome == nil && t.moreToPost() {
		again := time.Now().UTC().Format(time.RFC3339Nano)
		if err := t.change(ctx, record.Confirm(t.refs[0])); err != nil {
			return err
		}
		return t.Gate.Bus.Send(ctx, t.m.Subject, fmt.Sprintf("confirmed/%s/%d/%s", t.entry.Key, t.ready.GetSend(), again), t.ready)
	}
	if outcome == nil {
		t.posted = append(t.postedBefore(), t.posted...)
		outcome = t.allPosted()
	}
	return t.conclude(ctx, outcome)
}

// moreToPost tells whether the send has a document that does not exist yet, or that is
// to be made void yet.
func (t *try) moreToPost() bool {
	for _, of := range t.ready.GetVoiding().GetDocuments() {
		if !named(t.entry.Record, of).GetGone() && of.GetId() != t.entry.Record.GetUnresolved().GetUpdatesId() {
			return true
		}
	}
	for _, one := range t.papers {
		live := one.slot.In(t.entry.Record)
		handed := one.slot == slotOfAttempt(t.entry.Record.GetUnresolved())
		if !handed && (live == nil || live.GetSend() != t.ready.GetSend()) {
			return true
		}
	}
	return false
}

// postedBefore lists the send's other documents, which exist already.
func (t *try) postedBefore() []*tradepostv1.PostedDocument {
	var all []*tradepostv1.PostedDocument
	for _, d := range t.entry.Record.GetDocuments() {
		if d.GetVoidedBy() == t.ready.GetSend() && d.GetConnection() == t.Connection {
			all = append(all, voidedDocument(d, false))
		}
		if d.GetSend() == t.ready.GetSend() && d.GetConnection() == t.Connection && !d.GetGone() && record.SlotOf(d) != slotOfAttempt(t.entry.Record.GetUnresolved()) {
			all = append(all, &tradepostv1.PostedDocument{Kind: d.GetKind(), Id: d.GetId(), Number: d.GetNumber(), Version: d.GetVersion(), Total: d.GetTotal()})
		}
	}
	return all
}
