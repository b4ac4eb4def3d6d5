package posting

import (
	"context"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/record"
)

// retire looks after documents of a kind that this send does not have any more:
// an invoice whose total became negative is a credit memo now. Both together would
// be wrong, so the one that is still there has to be taken out by a bookkeeper
// first. So has what took a document back while the invoice was void.
func (t *try) retire(ctx context.Context) (*tradepostv1.Outcome, error) {
	for _, d := range t.entry.Record.GetDocuments() {
		if d.GetGone() || d.GetConnection() != t.Connection || !t.retires(d) {
			continue
		}
		found, outcome, err := t.find(t.told(ctx, nil), t.retiredAs(d))
		if outcome != nil || err != nil {
			return outcome, err
		}
		if len(found) > 0 {
			return rejected(t.stillCounts(d, found[0])), nil
		}
		if outcome := t.absent(ctx, d); outcome != nil {
			return outcome, nil
		}
		if err := t.change(ctx, record.Note(t.owner, gone(d))); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// retires tells whether a document may not stand beside those of this send.
func (t *try) retires(d *tradepostv1.DocumentRef) bool {
	return d.GetReversal() || !t.hasKind(d.GetKind())
}

// retiredAs asks for such a document.
func (t *try) retiredAs(d *tradepostv1.DocumentRef) connector.Query {
	q := connector.Query{Kind: d.GetKind(), Marker: t.papers[0].doc.GetMarker(), ID: d.GetId(), Number: d.GetNumber()}
	if d.GetReversal() {
		q.Marker = d.GetMarker()
	}
	return q
}

// stillCounts is the fault of such a document that stands in the books.
func (t *try) stillCounts(d *tradepostv1.DocumentRef, f connector.Found) *tradepostv1.Fault {
	if d.GetReversal() {
		return faultOf("document.reversed", t.papers[0], f, map[string]string{"kind": strings.ToLower(kindName(d.GetKind()))})
	}
	return faultOf("document.kind_changed", t.papers[0], f, map[string]string{
		"was": kindName(d.GetKind()), "now": kindName(t.papers[0].doc.GetKind()),
	})
}

func (t *try) hasKind(k tradepostv1.DocumentKind) bool {
	for _, one := range t.papers {
		if one.doc.GetKind() == k {
			return true
		}
	}
	return false
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
