package model

import (
	"errors"
	"slices"

	"google.golang.org/protobuf/types/known/timestamppb"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/record"
)

// What an operator may say of a send that is handed over or held.
const (
	notMade      = "vouch"
	settleByHand = "settle by hand"
)

// handedBefore ends an attempt that found a file of the invoice: the record has to say
// that it is handed over.
func (t *try) handedBefore(id string) (ending, error) {
	if !t.claimed() {
		if err := t.renew(""); err != nil {
			return ending{}, err
		}
	}
	return ending{handed: id}, nil
}

// evidence is deliver's look at what became of a file. It makes nothing.
func (w *worker) evidence() {
	e, err := w.get()
	if err != nil || e.State() != record.Handed || e.Record.GetUnresolved() == nil || w.world.mutant == omitEvidence {
		return
	}
	w.pause("look what became of " + e.Record.GetHandedToken())
	if w.world.fate(10) == 9 {
		return
	}
	for _, d := range w.world.books.docs {
		if d.id == e.Record.GetHandedToken() {
			w.became(e, *d)
			return
		}
	}
}

func (w *worker) became(e record.Entry, d document) {
	u := e.Record.GetUnresolved()
	o := &tradepostv1.RecordedOutcome{Kind: outcomeRejected, Stage: record.StageDeliver}
	var kept []*tradepostv1.DocumentRef
	ref := refOf(d, u.GetGeneration(), e.Record.GetSend())
	ref.WrittenAt = timestamppb.Now() // evidence may be faster than what the books show
	switch {
	case d.refused:
		o.Hash = "refused by hand"
	case d.gone:
		o.Hash = "gone from the books"
	case d.hash != u.GetDocumentHash():
		o.Hash = "another version was handed over"
		if ref.Hash, ref.Version = "", ""; !d.waiting {
			kept = append(kept, ref)
		}
	case d.waiting:
		return
	default:
		o.Kind, o.Hash = outcomePosted, "posted"
		kept = append(kept, ref)
	}
	o.Hash += e.Record.GetSnapshotHash() + d.id
	if _, err := w.change(e, "conclude", record.Conclude("", o, kept...)); err == nil {
		w.publish(message{to: reconcile, send: e.Record.GetSend(), snapshot: e.Record.GetSnapshotHash(), outcome: o.GetHash()})
	}
}

// file is what people do with the oldest file that waits.
func (b *books) file(what string) {
	for _, d := range b.docs {
		if d.gone || !d.waiting {
			continue
		}
		d.waiting = false
		if what == "import" {
			b.all = append(b.all, d.hash)
		} else {
			d.gone, d.refused = true, true
		}
		return
	}
}

// vouch is an operator's word. He does not say that nothing was made while something is,
// or is about to be.
func (w *world) vouch(what string) {
	r := w.bucket.now.Record
	switch {
	case r.GetState() != record.Handed && r.GetState() != record.Held:
	case what == settleByHand:
		w.publish(message{to: deliver, follows: r.GetSend(), command: what})
	case w.books.live() == 0 && len(w.flight) == 0:
		w.publish(message{to: ingest, follows: r.GetSend(), command: what})
	}
}

// notMade starts a send over of which an operator says that nothing was made.
func (w *worker) notMade(e record.Entry) verdict {
	switch e.State() {
	case record.Opening:
		w.again(e)
		return done
	case record.Handed, record.Held:
	default:
		return done
	}
	if left := w.takeOverIn(e); left > 0 {
		return again(left)
	}
	next, err := w.change(e, "start over", record.NotMade())
	switch {
	case errors.Is(err, record.ErrConflict):
		return again(0)
	case errors.Is(err, record.ErrIllegal):
		return done
	case err != nil:
		return failed(err)
	}
	w.again(next)
	return done
}

// settleByHand believes an operator who names a document, if the books have it, and no other.
func (w *worker) settleByHand(m *message) verdict {
	e, err := w.get()
	if err != nil {
		return failed(err)
	}
	if e.Record.GetSend() != m.follows || !slices.Contains([]tradepostv1.RecordState{record.Held, record.Handed}, e.State()) {
		return done
	}
	if left := w.takeOverIn(e); e.Record.GetClaim() != nil && left > 0 {
		return again(left)
	}
	found, handed, ok := w.find()
	if !ok || handed != nil || len(found) != 1 || found[0].hash != e.Record.GetSnapshotHash() {
		return done // A dead letter tells the operator.
	}
	o := &tradepostv1.RecordedOutcome{Kind: outcomePosted, Hash: "by hand " + found[0].id, Stage: record.StageDeliver}
	ref := refOf(found[0], record.Generation(e.Record, invoiceKind), e.Record.GetSend())
	ref.Hash, ref.Version = "", ""
	_, err = w.change(e, "settle by hand", record.SettleByHand(o, ref))
	switch {
	case errors.Is(err, record.ErrConflict):
		return again(0)
	case errors.Is(err, record.ErrIllegal):
		return done
	case err != nil:
		return failed(err)
	}
	w.publish(message{to: reconcile, send: e.Record.GetSend(), snapshot: e.Record.GetSnapshotHash(), outcome: o.GetHash()})
	return done
}
