package posting

import (
	"context"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/record"
)

// retire looks after documents that this send does not have any more: an invoice whose
// total became negative is a credit memo now, and one that was split may be one document
// again. Together with those of the send they would be wrong, so that a bookkeeper takes
// them out of the books first; he hears of all of them at once. So does what took a
// document back while the invoice was void.
func (t *try) retire(ctx context.Context) (*tradepostv1.Outcome, error) {
	var faults []*tradepostv1.Fault
	for _, d := range t.entry.Record.GetDocuments() {
		if !t.retires(d) {
			continue
		}
		found, outcome, err := t.leftOver(ctx, d)
		if outcome != nil || err != nil {
			return outcome, err
		}
		if len(found) > 0 {
			faults = append(faults, t.stillCounts(d, found[0]))
			continue
		}
		if outcome := t.absent(ctx, d); outcome != nil {
			return outcome, nil
		}
		if err := t.change(ctx, record.Note(t.owner, gone(d))); err != nil {
			return nil, err
		}
	}
	if len(faults) > 0 {
		return rejected(faults...), nil
	}
	return nil, nil
}

// retires tells whether a document of the record may not stand beside those of this
// send. A document keeps its marker for life: where the send has the same kind under
// another one (a split that is none any more), that is another document.
func (t *try) retires(d *tradepostv1.DocumentRef) bool {
	if d.GetGone() || d.GetConnection() != t.Connection {
		return false
	}
	markers := t.markers(d)
	return !slices.ContainsFunc(t.papers, func(one paper) bool {
		return one.slot == record.SlotOf(d) && slices.Contains(markers, one.doc.GetMarker())
	})
}

// leftOver finds what stands in the books of a document that retires.
func (t *try) leftOver(ctx context.Context, d *tradepostv1.DocumentRef) ([]connector.Found, *tradepostv1.Outcome, error) {
	for _, q := range t.leftQueries(d) {
		found, outcome, err := t.find(t.told(ctx, nil), q)
		if outcome != nil || err != nil {
			return nil, outcome, err
		}
		if found = t.left(q, found); len(found) > 0 {
			return found, nil, nil
		}
	}
	return nil, nil, nil
}

// leftQueries ask for a document of the record, under each marker that it may have.
func (t *try) leftQueries(d *tradepostv1.DocumentRef) []connector.Query {
	var all []connector.Query
	for _, marker := range t.markers(d) {
		all = append(all, connector.Query{Kind: d.GetKind(), Marker: marker, ID: d.GetId(), Number: d.GetNumber()})
	}
	return all
}

// left leaves out what the search told besides: documents of other kinds have the same
// marker as one that this send makes, and are looked at in their place.
func (t *try) left(q connector.Query, found []connector.Found) []connector.Found {
	if !t.makes(q.Marker) {
		return found
	}
	return ofKind(q.Kind, found)
}

// makes tells whether the send has a document with that marker.
func (t *try) makes(marker string) bool {
	return slices.ContainsFunc(t.papers, func(one paper) bool { return one.doc.GetMarker() == marker })
}

// ofKind leaves out the documents that are certainly of another kind. What the books show
// no kind of may be of any.
func ofKind(k tradepostv1.DocumentKind, found []connector.Found) []connector.Found {
	return slices.DeleteFunc(slices.Clone(found), func(f connector.Found) bool {
		return f.Kind != tradepostv1.DocumentKind_DOCUMENT_KIND_UNSPECIFIED && f.Kind != k
	})
}

// stillCounts is the fault of such a document that stands in the books.
func (t *try) stillCounts(d *tradepostv1.DocumentRef, f connector.Found) *tradepostv1.Fault {
	it := paper{doc: &tradepostv1.Document{Kind: d.GetKind(), Totals: t.papers[0].doc.GetTotals()}}
	params := map[string]string{"was": kindName(d.GetKind())}
	if d.GetReversal() {
		return faultOf("document.reversed", t.papers[0], f, map[string]string{"kind": strings.ToLower(kindName(d.GetKind()))})
	}
	for _, one := range t.papers {
		if one.doc.GetKind() != d.GetKind() && slices.Contains(t.markers(d), one.doc.GetMarker()) {
			params["now"] = strings.ToLower(kindName(one.doc.GetKind()))
			return faultOf("document.kind_changed", it, f, params)
		}
	}
	return faultOf("document.split_changed", it, f, params)
}

// absent returns nil when it may be believed that a document is gone which was not
// found: the books are those that it was written to, and would show it by now.
func (t *try) absent(ctx context.Context, d *tradepostv1.DocumentRef) *tradepostv1.Outcome {
	if outcome := t.sameBooks(ctx, true); outcome != nil {
		return outcome
	}
	return t.mayBeHidden(d)
}

// mayBeHidden makes the send wait when a document that we wrote is not found, as
// long as the accounting system may not show it yet.
func (t *try) mayBeHidden(d *tradepostv1.DocumentRef) *tradepostv1.Outcome {
	if d.GetWrittenAt() == nil {
		return nil
	}
	shown := d.GetWrittenAt().AsTime().Add(t.Connector.Describe().SettlingTime)
	if settling := t.Connector.Describe().SettlingTime; settling > 0 {
		shown = shown.Add(record.Margin)
	}
	if left := time.Until(shown); left > 0 {
		return waitUntil(shown, "settling", "the accounting system may not show the document yet")
	}
	return nil
}

func gone(d *tradepostv1.DocumentRef) *tradepostv1.DocumentRef {
	d = proto.Clone(d).(*tradepostv1.DocumentRef)
	d.Gone = true
	return d
}
