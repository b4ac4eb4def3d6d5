package record

import (
	"fmt"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// SettleByHand ends a send that waits for a person, with a document that an operator
// named and that was found in the accounting system. The caller has made sure that no
// claim is in force (Store.TakeOverIn). What an earlier attempt may have left counts as
// resolved: the document that was found is the only one there.
func SettleByHand(o *tradepostv1.RecordedOutcome, d *tradepostv1.DocumentRef) Transition {
	return func(r *tradepostv1.Record) (*tradepostv1.Record, error) {
		if err := from("settle by hand", r, Held, Handed); err != nil {
			return nil, err
		}
		if s := r.GetHeldFrom(); r.GetState() == Held && (s == Outcome || s == Settling) {
			return nil, fmt.Errorf("%w: settle by hand what has its outcome already", ErrIllegal)
		}
		r.Documents = withDocument(r.GetDocuments(), d)
		r.State, r.Outcome = Outcome, o
		r.Claim, r.Unresolved, r.HandedToken, r.Attempts, r.Waiting = nil, nil, "", 0, nil
		r.HeldFrom, r.HeldReason = 0, ""
		return r, nil
	}
}
