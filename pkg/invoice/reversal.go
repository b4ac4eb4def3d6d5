package invoice

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

const reversalMark = "-v"

// ReversalNumber stands behind the number of a document that takes another one back.
const ReversalNumber = "-V"

// ReversalMarker is the marker of the document that takes the one with this marker
// back. There is one for each marker, however often an invoice is voided.
func ReversalMarker(marker string) string { return marker + reversalMark }

// IsReversal tells whether the document of a marker takes another one back. An account
// or an id cannot make it so: behind the id stands nothing but what Marker and
// ReversalMarker write.
func IsReversal(marker string) bool { return strings.HasSuffix(marker, reversalMark) }

// Reverse makes the document that takes a posted one back, because its invoice was
// voided in ServiceTrade: a credit memo for an invoice, an invoice for a credit memo,
// with the same lines, accounts and amounts, since each kind is written with its own
// sign. posted is what was given to the accounting system, of its reference there. day
// (YYYY-MM-DD) is that of the reversal: the posted document's own day may be closed.
// Nothing is due and nothing is mailed.
func Reverse(posted *tradepostv1.Document, of *tradepostv1.AppliesTo, day string) *tradepostv1.Document {
	d := proto.CloneOf(posted)
	d.Kind = OppositeOf(posted.GetKind())
	d.Marker = ReversalMarker(posted.GetMarker())
	if d.Number != "" {
		d.Number += ReversalNumber
	}
	d.IssueDate, d.PostingDate, d.DueDate, d.Terms = day, "", "", nil
	d.EmailDelivery, d.Attachments = nil, nil
	d.AppliesTo = of
	d.PrivateNote = fmt.Sprintf("Takes back %s: voided in ServiceTrade.", of.GetNumber())
	if of.GetNumber() == "" {
		d.PrivateNote = fmt.Sprintf("Takes back %s: voided in ServiceTrade.", of.GetId())
	}
	return d
}

// OppositeOf is the kind that takes a document of a kind back.
func OppositeOf(k tradepostv1.DocumentKind) tradepostv1.DocumentKind {
	if k == tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO {
		return tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE
	}
	return tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO
}
