package posting

import (
	"context"
	"fmt"
	"strings"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/invoice"
	"github.com/tradepost/tradepost/pkg/record"
)

func slotOf(d *tradepostv1.Document) record.Slot {
	return record.Slot{Kind: d.GetKind(), Reversal: invoice.IsReversal(d.GetMarker())}
}

func slotOfAttempt(u *tradepostv1.Unresolved) record.Slot {
	return record.Slot{Kind: u.GetKind(), Reversal: u.GetReversal()}
}

// takesBack refuses a document of a void that takes back anything but a document of the
// record, whole: a message mended by hand may change texts, never what it is about.
func (p *Poster) takesBack(m bus.Message, r *tradepostv1.Record, d *tradepostv1.Document) error {
	own := invoice.Marker(p.Account, m.Subject.InvoiceID, tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE, false)
	whole, part := invoice.ReversalMarker(own), invoice.ReversalMarker(own+"-c")
	if d.GetMarker() != whole && d.GetMarker() != part {
		return fmt.Errorf("the document has the marker %q, and the void of %s wants %q", d.GetMarker(), m.Subject, whole)
	}
	ref := original(r, d)
	switch {
	case ref == nil:
		return fmt.Errorf("the record knows no document %q that %q could take back", d.GetAppliesTo().GetId(), d.GetMarker())
	case d.GetKind() != invoice.OppositeOf(ref.GetKind()):
		return fmt.Errorf("%s %q cannot be taken back by another one", strings.ToLower(kindName(ref.GetKind())), ref.GetId())
	case !sameAmount(d.GetTotals().GetTotal(), ref.GetTotal()):
		return fmt.Errorf("the document is of %s, and what it takes back of %s", d.GetTotals().GetTotal(), ref.GetTotal())
	}
	return nil
}

// original is the posted document that d takes back, gone or not; nil when the record
// has none like that.
func original(r *tradepostv1.Record, d *tradepostv1.Document) *tradepostv1.DocumentRef {
	return named(r, d.GetAppliesTo())
}

// stillThere looks for the documents that a void takes back, before anything is made:
// one that a bookkeeper deleted or voided needs nothing, and one whose total he changed
// is his to take back. It leaves the papers whose documents stand; without any, there is
// nothing to do, and the outcome says so.
func (t *try) stillThere(ctx context.Context) (*tradepostv1.Outcome, error) {
	t.keepVoided()
	var left []paper
	for _, one := range t.papers {
		ref := original(t.entry.Record, one.doc)
		if ref.GetGone() {
			continue
		}
		f, outcome, err := t.stands(ctx, ref)
		if outcome != nil || err != nil {
			return outcome, err
		}
		if f != nil {
			left = append(left, one)
		}
	}
	if t.papers = left; len(left) == 0 {
		return t.tookBack(), nil
	}
	return nil, nil
}

// takenBackBefore keeps what an earlier void made, with the same total but of its own
// day: it takes the document back as well as another one would. Nobody updates it.
func (t *try) takenBackBefore(one paper, live *tradepostv1.DocumentRef, f connector.Found) bool {
	if live.GetSend() == t.ready.GetSend() || !takesBackAlready(one, live, f) {
		return false
	}
	t.keep(one, f, true)
	last := t.refs[len(t.refs)-1]
	last.Hash, last.HashVersion, last.Stream, last.Sequence = live.GetHash(), live.GetHashVersion(), live.GetStream(), live.GetSequence()
	return true
}

// takesBackAlready tells whether what was found is what the record knows to take the
// document back, with the same total.
func takesBackAlready(one paper, live *tradepostv1.DocumentRef, f connector.Found) bool {
	return one.slot.Reversal && live.GetId() == f.ID && sameAmount(f.Total, one.doc.GetTotals().GetTotal())
}
