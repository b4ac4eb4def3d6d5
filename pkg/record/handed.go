package record

import (
	"fmt"

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
