package record

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Withdraw ends a send of which nothing is under way, since ServiceTrade does not have
// the invoice any more: no message of it can be made again. What is in doubt is looked
// for first. One that is held for a document in other books ends too, as that document
// is all there is.
func Withdraw(o *tradepostv1.RecordedOutcome) Transition {
	return func(r *tradepostv1.Record) (*tradepostv1.Record, error) {
		if err := from("withdraw", r, Opening, Opened, Parked, Held); err != nil {
			return nil, err
		}
		if r.GetUnresolved() != nil || r.GetClaim() != nil {
			return nil, fmt.Errorf("%w: withdraw while an attempt is under way or unresolved", ErrIllegal)
		}
		if r.GetState() == Held && (len(Elsewhere(r)) == 0 || r.GetHeldFrom() != Opening && r.GetHeldFrom() != Opened) {
			return nil, fmt.Errorf("%w: withdraw what is held for an operator", ErrIllegal)
		}
		r.State, r.Outcome, r.Waiting, r.Attempts = Outcome, proto.CloneOf(o), nil, 0
		r.HeldFrom, r.HeldReason = 0, ""
		return r, nil
	}
}

// CloseGone is Close, as withdrawn, for an invoice that ServiceTrade does not have any
// more.
func CloseGone(owner string, now time.Time) Transition {
	return func(r *tradepostv1.Record) (*tradepostv1.Record, error) {
		r, err := Close(owner, tradepostv1.Settlement_SETTLEMENT_WITHDRAWN, now)(r)
		if err != nil {
			return nil, err
		}
		if r.GetOutcome() == nil {
			r.Outcome = &tradepostv1.RecordedOutcome{}
		}
		r.Outcome.InvoiceGone = true
		return r, nil
	}
}

// LeftBehind lists the documents that count in the books although ServiceTrade does not
// have their invoice any more, whatever the connection; nil for every other record. What
// was taken back, and what took it back, count nothing together.
func LeftBehind(r *tradepostv1.Record) []*tradepostv1.DocumentRef {
	if r.GetState() != Closed || !r.GetOutcome().GetInvoiceGone() {
		return nil
	}
	return stillThere(r)
}

// stillThere lists the documents of a record that are not gone from the books, without the
// pairs of which one takes the other back.
func stillThere(r *tradepostv1.Record) []*tradepostv1.DocumentRef {
	var all []*tradepostv1.DocumentRef
	for _, d := range r.GetDocuments() {
		if !d.GetGone() && !slices.ContainsFunc(r.GetDocuments(), func(o *tradepostv1.DocumentRef) bool { return pair(d, o) }) {
			all = append(all, d)
		}
	}
	return all
}

// pair tells whether one of two documents takes the other back: it is of the other kind,
// in the same books, over the same total, and was posted no earlier.
func pair(a, b *tradepostv1.DocumentRef) bool {
	if b.GetReversal() {
		a, b = b, a
	}
	return a.GetReversal() && !b.GetReversal() && !a.GetGone() && !b.GetGone() && a.GetKind() != b.GetKind() &&
		a.GetConnection() == b.GetConnection() && a.GetTotal() == b.GetTotal() && a.GetSend() >= b.GetSend()
}
