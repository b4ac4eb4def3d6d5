package tryton

import (
	"context"
	"encoding/json"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/canonical"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/deliver/connectors/tryton/trytontest"
)

// testSettling is shorter than a server on another machine needs.
const testSettling = 2 * time.Second

// books makes a connector to a database at an address.
func books(t testing.TB, url, database string, change ...func(*Config)) *Books {
	t.Helper()
	cfg := Config{
		URL: url, Database: database, User: trytontest.User, Password: connection.NewSecret(trytontest.Password),
		Accounts: Accounts{SalesTax: "Main Tax"}, Settling: testSettling,
	}
	for _, c := range change {
		c(&cfg)
	}
	b, err := New(cfg, connector.Settings{Connection: "acme-books"})
	require.NoError(t, err)
	t.Cleanup(func() { _ = b.Close() })
	return b
}

// sample is an invoice of one line that the company accepts.
func sample(id int64) *tradepostv1.Document {
	return &tradepostv1.Document{
		Kind:   tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE,
		Marker: "st-kit-" + strconv.FormatInt(id, 10),
		Source: &tradepostv1.Source{Account: "kit", InvoiceId: id, InvoiceNumber: strconv.FormatInt(1000+id, 10), Total: "275.00"},
		Number: strconv.FormatInt(1000+id, 10), IssueDate: "2026-11-22", DueDate: "2026-12-22", Currency: "USD",
		Customer: &tradepostv1.Customer{
			CompanyId: 7, Name: "ACME Tower LLC",
			Reference: &tradepostv1.Reference{By: tradepostv1.ReferenceBy_REFERENCE_BY_CODE, Value: "C100"},
		},
		Job:      &tradepostv1.Job{JobId: 9, Number: "1042", Name: "Quarterly maintenance"},
		PoNumber: "PO 77",
		Lines: []*tradepostv1.Line{{
			Key: "1", Kind: tradepostv1.LineKind_LINE_KIND_ITEM, Description: "Labor", Quantity: "2.5", UnitPrice: "110", Amount: "275.00",
		}},
		Totals: &tradepostv1.Totals{Subtotal: "275.00", Total: "275.00"},
	}
}

func postingOf(t testing.TB, d *tradepostv1.Document) connector.Posting {
	t.Helper()
	hash, err := canonical.Message(d)
	require.NoError(t, err)
	return connector.Posting{Document: d, DocumentHash: hash, Generation: 1, Key: hash[:50]}
}

func mustPost(t testing.TB, b *Books, d *tradepostv1.Document) connector.Posted {
	t.Helper()
	answer := b.Create(context.Background(), postingOf(t, d))
	posted, ok := answer.(connector.Posted)
	require.True(t, ok, "%#v", answer)
	return posted
}

// inTryton is what Tryton itself holds of the invoices of a marker, drafts too.
type inTryton struct {
	ID         int64
	Number     string
	State      string
	Total      trytontest.Decimal `json:"total_amount"`
	TaxAmount  trytontest.Decimal `json:"tax_amount"`
	Accounting json.RawMessage    `json:"accounting_date"`
	Move       int64
	Terms      int64 `json:"payment_term"`
	Lines      []struct {
		ID          int64
		Description string
		Note        string
		Amount      trytontest.Decimal
		Quantity    float64
		UnitPrice   trytontest.Decimal `json:"unit_price"`
		Account     int64
		Product     int64
	} `json:"lines."`
}

func keptBy(db *trytontest.Database, marker string) []inTryton {
	var all []inTryton
	db.Search(&all, "account.invoice", []any{[]any{"reference", "=", marker}},
		"number", "state", "total_amount", "tax_amount", "accounting_date", "move", "payment_term",
		"lines.description", "lines.note", "lines.amount", "lines.quantity", "lines.unit_price", "lines.account", "lines.product")
	return all
}

// posted counts what counts.
func posted(db *trytontest.Database, marker string) int {
	n := 0
	for _, k := range keptBy(db, marker) {
		if k.State == "posted" || k.State == "paid" {
			n++
		}
	}
	return n
}
