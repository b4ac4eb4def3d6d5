// Package invoice has what several stages need to know about a document: its
// marker, its hash, and the invariants that keep its numbers honest.
package invoice

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/tradepost/tradepost/pkg/canonical"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Marker is what finds a document again in the accounting system, whatever else
// is lost: st-<account>-<invoiceId>. split says that the invoice became two
// documents; the credit memo of the two has "-c" behind it. The document that takes a
// posted one back has another "-v" behind that one's marker (see Reverse).
func Marker(account string, invoiceID int64, kind tradepostv1.DocumentKind, split bool) string {
	m := fmt.Sprintf("st-%s-%d", account, invoiceID)
	if split && kind == tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO {
		return m + "-c"
	}
	return m
}

// Belong refuses documents that are not those of one send of the invoice: one with the
// invoice's own marker, or an invoice with that and a credit memo with the other. Two of
// one kind have one place in the record and one marker, so that the second would replace
// the first.
func Belong(account string, invoiceID int64, docs []*tradepostv1.Document) error {
	kinds := map[tradepostv1.DocumentKind]bool{}
	for _, d := range docs {
		if kinds[d.GetKind()] {
			return fmt.Errorf("there are two documents of one kind; of several one has to be an invoice and one a credit memo")
		}
		kinds[d.GetKind()] = true
		if want := Marker(account, invoiceID, d.GetKind(), len(docs) > 1); d.GetMarker() != want {
			return fmt.Errorf("a document has the marker %q, and should have %q", d.GetMarker(), want)
		}
	}
	return nil
}

// Markers are all that documents of an invoice may have: its own, that of the credit
// memo of a split, and those of what takes either back.
func Markers(account string, invoiceID int64) []string {
	own := Marker(account, invoiceID, tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE, false)
	half := Marker(account, invoiceID, tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO, true)
	return []string{own, half, ReversalMarker(own), ReversalMarker(half)}
}

// HashOf is the document hash (SHA-256, hex, of version canonical.HashVersion):
// it tells whether two documents say the same. The mapping hash is left out,
// since a row that was added for another customer changes no document of this one.
func HashOf(doc *tradepostv1.Document) (string, error) {
	if doc.GetMappingHash() != "" {
		doc = proto.CloneOf(doc)
		doc.MappingHash = ""
	}
	hash, err := canonical.Message(doc)
	if err != nil {
		return "", fmt.Errorf("hash document %s: %w", doc.GetMarker(), err)
	}
	return hash, nil
}
