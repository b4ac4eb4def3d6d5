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
