package posting

import (
	"context"
	"slices"
	"strconv"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/invoice"
	"github.com/tradepost/tradepost/pkg/record"
)

// stands looks for a document that a void is about, as it was posted. nil is one that is
// not in the books any more, deleted or void, which the record says from then on. One
// whose total is another, or that is there twice, is left to the bookkeeper.
func (t *try) stands(ctx context.Context, ref *tradepostv1.DocumentRef) (*connector.Found, *tradepostv1.Outcome, error) {
	found, outcome, err := t.findPosted(ctx, ref)
	if outcome != nil || err != nil {
		return nil, outcome, err
	}
	if len(found) == 0 {
		if outcome := t.absent(ctx, ref); outcome != nil {
			return nil, outcome, nil
		}
		return nil, nil, t.change(ctx, record.Note(t.owner, gone(ref)))
	}
	if len(found) > 1 {
		return nil, rejected(faultOf("document.more_than_one", paperFor(ref), found[0], map[string]string{
			"count": strconv.Itoa(len(found)), "numbers": names(found),
		})), nil
	}
	was, is := signed(ref.GetKind(), ref.GetTotal()), signed(found[0].Kind, found[0].Total)
	if !sameAmount(was, is) {
		return nil, rejected(faultOf("document.changed_before_void", paperFor(ref), found[0], map[string]string{
			"posted_total": was, "books_total": is,
		})), nil
	}
	return &found[0], nil, nil
}

// findPosted finds a document of the record, by its id and its marker.
func (t *try) findPosted(ctx context.Context, ref *tradepostv1.DocumentRef) ([]connector.Found, *tradepostv1.Outcome, error) {
	markers := t.markers(ref)
	for _, marker := range markers {
		found, outcome, err := t.find(t.told(ctx, nil), connector.Query{Kind: ref.GetKind(), Marker: marker, ID: ref.GetId(), Number: ref.GetNumber()})
		if outcome != nil || err != nil {
			return nil, outcome, err
		}
		if len(markers) > 1 {
			// The other document of a split may have the marker that is tried.
			found = slices.DeleteFunc(found, func(f connector.Found) bool { return f.Kind != ref.GetKind() })
		}
		if len(found) > 0 {
			return found, nil, nil
		}
	}
	return nil, nil, nil
}

// markers are those that a document of the record may have. Records of before the marker
// was kept, and documents that a person named, leave open whether a credit memo is the
// second document of a split.
func (t *try) markers(ref *tradepostv1.DocumentRef) []string {
	id := t.m.Subject.InvoiceID
	switch {
	case ref.GetMarker() != "":
		return []string{ref.GetMarker()}
	case ref.GetKind() == tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO:
		return []string{invoice.Marker(t.Account, id, ref.GetKind(), false), invoice.Marker(t.Account, id, ref.GetKind(), true)}
	default:
		return []string{invoice.Marker(t.Account, id, ref.GetKind(), false)}
	}
}
