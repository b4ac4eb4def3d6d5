package quickbooks

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/invoice"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// What takes a document back has a marker of its own: found by whoever looks after a
// crash, and apart from the document that it takes back.
func TestWhatTakesADocumentBackIsFoundAndNotMadeTwice(t *testing.T) {
	for _, kind := range []tradepostv1.DocumentKind{tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE, tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO} {
		t.Run(kind.String(), func(t *testing.T) {
			c := newCompany(t, nil)
			d := sample(1)
			d.Kind = kind
			posted := c.posted(c.connect(), d).Document
			back := invoice.Reverse(d, &tradepostv1.AppliesTo{Id: posted.ID, Number: posted.Number}, "2026-11-23")
			made := c.posted(c.connect(), back)
			taken := made.Document
			if taken.Kind == tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO {
				require.Len(t, made.Remarks, 1)
				require.Equal(t, "document.credit_not_applied", made.Remarks[0].GetCode())
				require.Contains(t, made.Remarks[0].GetFix(), "Apply the credit memo to invoice 1 in the books")
			} else {
				require.Empty(t, made.Remarks, "an invoice is no credit to apply")
			}
			require.Equal(t, invoice.OppositeOf(kind), taken.Kind)
			require.Contains(t, c.only(back.GetMarker())["PrivateNote"], "Takes back 1: voided in ServiceTrade.")
			for marker, want := range map[string]string{d.GetMarker(): posted.ID, back.GetMarker(): taken.ID} {
				for _, asked := range []tradepostv1.DocumentKind{kind, invoice.OppositeOf(kind)} {
					found, err := c.connect().Find(t.Context(), connector.Query{Kind: asked, Marker: marker})
					require.NoError(t, err)
					require.Len(t, found, 1, marker)
					require.Equal(t, want, found[0].ID, marker)
				}
			}
		})
	}
}
