package record

import (
	"fmt"
	"strings"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

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

// GoTo gives a send that is held for a document in other books to another connection,
// since that is the one to which the invoice belongs now. The send goes on when it is
// the one that has the document, and else stays held. Nothing was tried over the
// connection that had it, or the caller could not tell what becomes of that.
func GoTo(connection string) Transition {
	return func(r *tradepostv1.Record) (*tradepostv1.Record, error) {
		if len(Elsewhere(r)) == 0 {
			return nil, fmt.Errorf("%w: change the connection of a send that is not held for a document elsewhere", ErrIllegal)
		}
		if r.GetUnresolved() != nil || r.GetClaim() != nil || r.GetHeldFrom() != Opening && r.GetHeldFrom() != Opened {
			return nil, fmt.Errorf("%w: change the connection of a send that was tried", ErrIllegal)
		}
		r.Connection = connection
		if left := Elsewhere(r); len(left) > 0 {
			r.HeldReason = HeldElsewhere + left[0].GetConnection()
			return r, nil
		}
		return Unhold()(r)
	}
}
