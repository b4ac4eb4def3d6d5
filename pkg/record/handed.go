package record

import (
	"fmt"
	"strings"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Handed over, a document is not made again by anybody: its send ends by evidence
// (Conclude, or Confirm where more documents are to come) or by an operator (NotMade).

// Confirm notes the document that a hand-over became, for a send that has more to
// post: it is open again, and whoever publishes its message lets it go on.
func Confirm(d *tradepostv1.DocumentRef) Transition {
	return func(r *tradepostv1.Record) (*tradepostv1.Record, error) {
		if err := from("confirm", r, Handed); err != nil {
			return nil, err
		}
		r.Documents = withDocument(r.GetDocuments(), d)
		r.State, r.HandedToken, r.Unresolved, r.Waiting = Opened, "", nil, nil
		return r, nil
	}
}

// NotMade starts a send over of which an operator vouches that what was handed over,
// or tried in doubt, never became a document and never will. The caller has made sure
// that no claim is in force (Store.TakeOverIn).
func NotMade() Transition {
	return func(r *tradepostv1.Record) (*tradepostv1.Record, error) {
		if err := from("start over", r, Handed, Held); err != nil {
			return nil, err
		}
		if s := r.GetHeldFrom(); r.GetState() == Held && (s == Outcome || s == Settling) {
			return nil, fmt.Errorf("%w: start over what has its outcome already", ErrIllegal)
		}
		r.State, r.HandedToken, r.Unresolved, r.Claim, r.Waiting = Opening, "", nil, nil, nil
		r.HeldFrom, r.HeldReason, r.Attempts = 0, "", 0
		return r, nil
	}
}

// HeldElsewhere begins the reason of a send that is held because the invoice has a
// document in the books of another connection, whose id follows.
const HeldElsewhere = "posted before by connection "

// Elsewhere lists the documents that keep a send from being posted: those in the
// books of other connections. Only a send that is held for that has any.
func Elsewhere(r *tradepostv1.Record) []*tradepostv1.DocumentRef {
	if r.GetState() != Held || !strings.HasPrefix(r.GetHeldReason(), HeldElsewhere) {
		return nil
	}
	var all []*tradepostv1.DocumentRef
	for _, d := range r.GetDocuments() {
		if d.GetConnection() != r.GetConnection() && !d.GetGone() {
			all = append(all, d)
		}
	}
	return all
}

// GoneElsewhere notes that a document is gone from the books of another connection.
// When it was the last, the send goes on.
func GoneElsewhere(d *tradepostv1.DocumentRef) Transition {
	return func(r *tradepostv1.Record) (*tradepostv1.Record, error) {
		if len(Elsewhere(r)) == 0 {
			return nil, fmt.Errorf("%w: note what is gone elsewhere of a send that is not held for it", ErrIllegal)
		}
		for _, have := range Elsewhere(r) {
			if have.GetConnection() == d.GetConnection() && have.GetKind() == d.GetKind() && have.GetId() == d.GetId() {
				have.Gone = true
			}
		}
		if len(Elsewhere(r)) > 0 {
			return r, nil
		}
		return Unhold()(r)
	}
}
