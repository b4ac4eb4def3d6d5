package model

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/record"
)

const invoiceKind = tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE

func version(d document) string { return fmt.Sprint(d.version) }

func refOf(d document, generation, send int64) *tradepostv1.DocumentRef {
	return &tradepostv1.DocumentRef{
		Kind: invoiceKind, Connection: "acme-books", Id: d.id, Version: version(d), Hash: d.hash, HashVersion: 1,
		Generation: generation, Send: send,
	}
}

var posted = ending{kind: outcomePosted, hash: "posted"}

// place makes the document exist: find, then adopt, update or create.
func (t *try) place() (ending, error) {
	live := record.Live(t.e.Record, invoiceKind)
	var found []document
	if t.world.mutant != omitFind {
		var handed *document
		var ok bool
		found, handed, ok = t.find()
		switch {
		case !ok:
			return ending{wait: time.Second}, nil
		case handed != nil:
			return t.handedBefore(handed.id)
		}
	}
	switch len(found) {
	case 0:
		return t.make(live)
	case 1:
		return t.compare(live, found[0])
	default:
		return t.refused("more than one"), nil
	}
}

func (t *try) refused(why string) ending {
	return ending{kind: outcomeRejected, hash: fmt.Sprintf("%s %s %d", why, t.m.snapshot, t.world.mapping)}
}

func (t *try) keep(d document, adopted bool) {
	ref := refOf(d, record.Generation(t.e.Record, invoiceKind), t.m.send)
	ref.WrittenAt = timestamppb.Now()
	if adopted {
		ref.WrittenAt = record.Live(t.e.Record, invoiceKind).GetWrittenAt()
	}
	t.kept = append(t.kept, ref)
}

func (t *try) compare(live *tradepostv1.DocumentRef, f document) (ending, error) {
	if f.hash == t.m.snapshot && !f.touched {
		t.keep(f, true)
		return posted, nil
	}
	if live.GetHash() == "" || live.GetId() != f.id || live.GetVersion() != version(f) {
		return t.refused("different"), nil
	}
	if t.world.books.filed {
		return t.refused("posted for good"), nil // nobody changes what was imported
	}
	if end, over := t.wanted(0); over {
		return end, nil
	}
	if err := t.renew(f.id); err != nil {
		return ending{}, err
	}
	after, changed, answered := t.update(f, t.m.snapshot)
	switch {
	case !answered:
		return ending{uncertain: true}, nil
	case !changed:
		return ending{wait: time.Second}, nil
	}
	t.keep(after, false)
	return posted, nil
}

// make creates the document; one that the record knows and that is gone is noted first.
func (t *try) make(live *tradepostv1.DocumentRef) (ending, error) {
	if live != nil {
		shown := live.GetWrittenAt().AsTime().Add(settlingTime + record.Margin)
		if live.GetWrittenAt() != nil && time.Now().Before(shown) && t.world.mutant != omitSettlingTime {
			return ending{wait: time.Until(shown)}, nil
		}
		gone := proto.CloneOf(live)
		gone.Gone = true
		if err := t.move("note as gone", record.Note(t.owner, gone)); err != nil {
			return ending{}, err
		}
	}
	if live != nil || t.fence.Left() < callTime || !t.claimed() {
		if err := t.renew(""); err != nil {
			return ending{}, err
		}
	}
	switch t.world.fate(10) {
	case 6:
		return t.refused("refused"), nil
	case 7:
		return ending{wait: 5 * time.Second}, nil
	case 8, 9:
		return ending{wait: 10 * time.Minute}, nil
	}
	made, written, answered := t.create(t.m.snapshot, record.Generation(t.e.Record, invoiceKind))
	switch {
	case !answered:
		return ending{uncertain: true}, nil
	case !written:
		return ending{wait: time.Second}, nil
	case made.waiting && t.world.mutant != believeHanded:
		return ending{handed: made.id}, nil
	}
	t.keep(made, false)
	return posted, nil
}

// claimed tells whether the record's attempt is that to make this content.
func (t *try) claimed() bool {
	u := t.e.Record.GetUnresolved()
	return u != nil && u.GetDocumentHash() == t.m.snapshot && u.GetUpdatesId() == ""
}

func (t *try) renew(updates string) error {
	fence := record.NewFence(claimTime)
	if err := t.move("renew", record.Renew(t.claiming(), t.intends(updates))); err != nil {
		return err
	}
	t.fence = fence
	return nil
}

// finish turns the end of the attempt into the record, and tells the next stage.
func (t *try) finish(end ending) verdict {
	waits := record.Waits{Until: time.Now().Add(end.wait), Reason: "model"}
	switch {
	case end.uncertain:
		if err := t.move("doubt", t.doubt(waits)); err != nil {
			return failed(err)
		}
		return again(settlingTime)
	case end.wait > 0:
		return t.wait(end, waits)
	case end.handed != "":
		return failed(t.move("hand", record.Hand(t.owner, end.handed)))
	}
	o := &tradepostv1.RecordedOutcome{Kind: end.kind, Hash: end.hash + t.m.snapshot, Stage: record.StageDeliver}
	if err := t.move("conclude", record.Conclude(t.owner, o, t.kept...)); err != nil {
		return failed(err)
	}
	t.publish(message{to: reconcile, send: t.m.send, snapshot: t.m.snapshot, outcome: o.GetHash()})
	return done
}

func (t *try) wait(end ending, waits record.Waits) verdict {
	give := record.Release
	if t.doubtful {
		give = record.Doubt
	}
	if end.wait < parkFrom {
		if err := t.move("give back", give(t.owner, waits)); err != nil {
			return failed(err)
		}
		return again(end.wait)
	}
	if !t.doubtful {
		give = record.Park
	}
	later := *t.m
	later.from = waits.Until
	t.publish(later)
	if err := t.move("park", give(t.owner, waits)); err != nil {
		return failed(err)
	}
	return done
}

// doubt ends a claim after a call whose end nobody knows.
func (t *try) doubt(w record.Waits) record.Transition {
	switch t.world.mutant {
	case forgetDoubt:
		return record.Release(t.owner, w)
	case earlyLook:
		return record.Doubt(t.owner, w)
	}
	return record.DoubtCall(t.owner, callTime+settlingTime, w)
}
