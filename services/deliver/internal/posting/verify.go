package posting

import (
	"slices"

	"github.com/shopspring/decimal"
	"google.golang.org/protobuf/types/known/timestamppb"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/canonical"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/services/deliver/internal/externalid"
)

// The faults of what was made, and is not what it should be.
const (
	totalDiffers  = "document.total_differs"
	numberDiffers = "document.number_differs"
)

// verified checks an answer before it is believed: a posted document has the
// number and the total that it was meant to have, or the send has failed and the
// document is kept, so that the next send mends it.
func (t *try) verified(one paper, a connector.Answer) (*tradepostv1.Outcome, error) {
	if r, is := a.(connector.Rejected); is && r.Document != nil {
		t.keep(one, *r.Document, false)
		if !r.Written && r.Document.DocumentHash != one.hash {
			t.disown(one)
		}
		a = connector.Rejected{Document: r.Document, Faults: inOurWords(one, *r.Document, r.Faults)}
	}
	p, ok := a.(connector.Posted)
	if !ok {
		return outcomeOf(a), nil
	}
	if p.Document.Void {
		// It counts nothing, so that nobody is told that it is there.
		return rejected(faultOf("document.void", one, p.Document, nil)), nil
	}
	t.remarks = append(t.remarks, p.Remarks...)
	t.numbered = t.numbered || p.NumberAssigned
	t.keep(one, p.Document, p.Adopted)
	t.customers = append(t.customers, externalid.Posted{
		Subject: t.m.Subject, Send: t.ready.GetSend(), SnapshotHash: t.ready.GetSnapshotHash(),
		Document: one.doc, Customers: p.Customers,
	})
	if !sameAmount(p.Document.Total, one.doc.GetTotals().GetTotal()) {
		return rejected(faultOf(totalDiffers, one, p.Document, nil)), nil
	}
	if want := one.doc.GetNumber(); want != "" && !p.NumberAssigned && p.Document.Number != want {
		return rejected(faultOf(numberDiffers, one, p.Document, nil)), nil
	}
	return nil, nil
}

// inOurWords tells of another total as deliver does when it finds the document later: a
// connector has words of its own, and the same thing is told once.
func inOurWords(one paper, f connector.Found, faults []*tradepostv1.Fault) []*tradepostv1.Fault {
	all := slices.Clone(faults)
	for i, told := range all {
		if told.GetCode() == totalDiffers {
			all[i] = faultOf(totalDiffers, one, f, nil)
		}
	}
	return all
}

// keep notes a document that exists.
func (t *try) keep(one paper, f connector.Found, adopted bool) {
	t.tells(one, f, adopted)
	// A number that nobody asked for was chosen by the accounting system, also when
	// the answer that said so was lost.
	t.numbered = t.numbered || (one.doc.GetNumber() == "" && f.Number != "")
	ref := &tradepostv1.DocumentRef{
		Kind: one.doc.GetKind(), Connection: t.Connection, Id: f.ID, Number: f.Number,
		Version: f.Version, Hash: one.hash, HashVersion: canonical.HashVersion,
		Generation: one.slot.Generation(t.entry.Record),
		Total:      f.Total, Send: t.ready.GetSend(), SnapshotHash: t.madeOf(), PostedOn: countsOn(one.doc),
		Reversal: one.slot.Reversal, Marker: one.doc.GetMarker(), Stream: t.m.Stream, Sequence: t.m.Sequence,
	}
	if adopted {
		live := one.slot.In(t.entry.Record)
		if ref.WrittenAt = live.GetWrittenAt(); live.GetStream() != "" && live.GetHash() == one.hash {
			// This message may have another document, that means the same (linked).
			ref.Stream, ref.Sequence = live.GetStream(), live.GetSequence()
		}
	} else {
		ref.WrittenAt = timestamppb.Now()
	}
	t.refs = append(t.refs, ref)
}

// disown takes back what was kept of a document that this send did not write. What the
// record knew before stays as it is: a version and a total that we never wrote are not ours,
// and a void must not take them back. Of one that the record does not know the id is kept,
// by which the next send finds it whatever became of its marker, and our own total: no
// update changes it, and a void leaves it to the bookkeeper where its total is another.
func (t *try) disown(one paper) {
	last := len(t.refs) - 1
	if one.slot.In(t.entry.Record) != nil {
		t.refs = t.refs[:last]
		return
	}
	ref := t.refs[last]
	ref.Hash, ref.HashVersion, ref.Version, ref.SnapshotHash = "", 0, "", ""
	ref.Stream, ref.Sequence, ref.PostedOn = "", 0, ""
	ref.Total = one.doc.GetTotals().GetTotal()
}

// tells names a document that exists in the outcome.
func (t *try) tells(one paper, f connector.Found, adopted bool) {
	t.posted = append(t.posted, &tradepostv1.PostedDocument{
		Kind: one.doc.GetKind(), Id: f.ID, Number: f.Number, Version: f.Version,
		Total: f.Total, Adopted: adopted, Url: f.URL,
	})
}

// adopt notes a document that is as it should be already, or stays as it is. The record
// goes on knowing what was written, and where that stands. What somebody else wrote last
// stays known as that, so that no later send overwrites it: its texts, which are not
// compared, may hold what a bookkeeper added.
func (t *try) adopt(d decision, f connector.Found, live *tradepostv1.DocumentRef) {
	t.keep(d.one, f, true)
	if d.remark != nil {
		t.remarks = append(t.remarks, d.remark)
	}
	if live == nil {
		return // Without a record of it there is nothing that tells whose it is.
	}
	ref := t.refs[len(t.refs)-1]
	if !d.ours || d.asItIs {
		ref.Hash, ref.HashVersion, ref.Version, ref.SnapshotHash = live.GetHash(), live.GetHashVersion(), live.GetVersion(), live.GetSnapshotHash()
		ref.PostedOn = live.GetPostedOn()
		if sameAmount(live.GetTotal(), ref.GetTotal()) {
			// Else what stands there is what this message has: somebody gave it that total.
			ref.Stream, ref.Sequence = live.GetStream(), live.GetSequence()
		}
		return
	}
	if live.GetHash() == ref.GetHash() && live.GetStream() != "" {
		ref.Stream, ref.Sequence = live.GetStream(), live.GetSequence()
	}
}

func sameAmount(a, b string) bool {
	x, err1 := decimal.NewFromString(a)
	y, err2 := decimal.NewFromString(b)
	return err1 == nil && err2 == nil && x.Equal(y)
}
