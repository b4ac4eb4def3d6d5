package record

import (
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// startVoid is ServiceTrade's status of an invoice that was voided.
const startVoid = "void"

// startPending is ServiceTrade's status of an invoice that a user sent.
const startPending = "pending_accounting"

// OfVoid tells whether the send was opened because the invoice was voided in
// ServiceTrade after it had been posted. Such a send takes documents back, or tells
// people to; it never posts the invoice, and never changes its status.
func OfVoid(r *tradepostv1.Record) bool { return r.GetStartStatus() == startVoid }

// VoidDue returns the connection in whose books documents stand that a voided invoice
// should not have; "" when there are none, when a send is open, and when this void was
// settled before. A user who sends the invoice again, and voids it again, makes it due
// again. Sends of a void that were left because the invoice was not void any more do not
// settle it.
func VoidDue(r *tradepostv1.Record) string {
	settled := OfVoid(r) && r.GetSettlement() == tradepostv1.Settlement_SETTLEMENT_VOIDED
	if r.GetState() != Closed || settled || r.GetUnresolved() != nil {
		return ""
	}
	return StandsIn(r)
}

// VoidFailed tells whether a void was settled without anything being done in the books
// that stands there still: an operator may have it tried again.
func VoidFailed(r *tradepostv1.Record) bool {
	return r.GetState() == Closed && OfVoid(r) && r.GetSettlement() == tradepostv1.Settlement_SETTLEMENT_VOIDED &&
		r.GetOutcome().GetKind() == tradepostv1.OutcomeKind_OUTCOME_KIND_REJECTED && StandsIn(r) != ""
}

// StandsIn is the connection of the last document that was posted and is not gone; ""
// where there is none.
func StandsIn(r *tradepostv1.Record) string {
	connection := ""
	for _, d := range r.GetDocuments() {
		if !d.GetGone() && !d.GetReversal() {
			connection = d.GetConnection()
		}
	}
	return connection
}

// Standing lists the documents that were posted to the books of the record's
// connection and are not gone, without those that take others back.
func Standing(r *tradepostv1.Record) []*tradepostv1.DocumentRef {
	var all []*tradepostv1.DocumentRef
	for _, d := range r.GetDocuments() {
		if d.GetConnection() == r.GetConnection() && !d.GetGone() && !d.GetReversal() {
			all = append(all, d)
		}
	}
	return all
}

// Stands tells whether ServiceTrade's status leaves the send as it was opened. A send
// of a user, or an operator's retry of one, may be pending again; a void may not.
func Stands(r *tradepostv1.Record, status string) bool {
	return status == r.GetStartStatus() || status == startPending && !OfVoid(r)
}

// Slot names a document's place in the record: of each at most one is live.
type Slot struct {
	Kind tradepostv1.DocumentKind
	// Reversal says that it takes another document of the invoice back.
	Reversal bool
}

// SlotOf is the place of a document.
func SlotOf(d *tradepostv1.DocumentRef) Slot { return Slot{d.GetKind(), d.GetReversal()} }

// In returns the live document in that place in the connection's accounting system, or
// nil; Live is that of a document that takes nothing back.
func (s Slot) In(r *tradepostv1.Record) *tradepostv1.DocumentRef {
	var last *tradepostv1.DocumentRef
	for _, d := range r.GetDocuments() {
		if d.GetConnection() == r.GetConnection() && SlotOf(d) == s && !d.GetGone() {
			last = d
		}
	}
	return last
}

// Generation returns the generation that the next document in that place gets: it
// counts the documents that are gone.
func (s Slot) Generation(r *tradepostv1.Record) int64 {
	var gone int64
	for _, d := range r.GetDocuments() {
		if d.GetConnection() == r.GetConnection() && SlotOf(d) == s && d.GetGone() {
			gone++
		}
	}
	return gone + 1
}
