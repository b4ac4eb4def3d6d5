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
	if fault := notAsPosted(ref, found); fault != nil {
		return nil, rejected(fault), nil
	}
	return &found[0], nil, nil
}

// notAsPosted is why what was found of a posted document is left to the bookkeeper when
// its invoice is void; nil when it is as it was posted.
func notAsPosted(ref *tradepostv1.DocumentRef, found []connector.Found) *tradepostv1.Fault {
	if len(found) > 1 {
		return faultOf("document.more_than_one", paperFor(ref), found[0], map[string]string{
			"count": strconv.Itoa(len(found)), "numbers": names(found),
		})
	}
	was, is := alike(signed(ref.GetKind(), ref.GetTotal()), signed(found[0].Kind, found[0].Total))
	if !sameAmount(was, is) {
		return faultOf("document.changed_before_void", paperFor(ref), found[0], map[string]string{"posted_total": was, "books_total": is})
	}
	return nil
}

// findPosted finds a document of the record, by its id and its marker.
func (t *try) findPosted(ctx context.Context, ref *tradepostv1.DocumentRef) ([]connector.Found, *tradepostv1.Outcome, error) {
	queries := t.leftQueries(ref)
	for _, q := range queries {
		found, outcome, err := t.find(t.told(ctx, nil), q)
		if outcome != nil || err != nil {
			return nil, outcome, err
		}
		if found = ofThePosted(ref, found, len(queries)); len(found) > 0 {
			return found, nil, nil
		}
	}
	return nil, nil, nil
}

// ofThePosted leaves out what cannot be the posted document: where its marker is not known,
// the other document of a split may have the one that was tried.
func ofThePosted(ref *tradepostv1.DocumentRef, found []connector.Found, markers int) []connector.Found {
	if markers < 2 {
		return found
	}
	return slices.DeleteFunc(found, func(f connector.Found) bool { return f.Kind != ref.GetKind() })
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
