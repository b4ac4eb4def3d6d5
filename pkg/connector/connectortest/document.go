package connectortest

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// addUp sets subtotal, tax, total and the source's total of a document to what its
// lines and taxes say.
func addUp(t *testing.T, d *tradepostv1.Document) {
	t.Helper()
	var sum decimal.Decimal
	for _, ln := range d.GetLines() {
		amount, err := decimal.NewFromString(ln.GetAmount())
		require.NoError(t, err)
		sum = sum.Add(amount)
	}
	d.Totals = &tradepostv1.Totals{Subtotal: sum.StringFixed(2)}
	for _, tax := range d.GetTaxes() {
		amount, err := decimal.NewFromString(tax.GetAmount())
		require.NoError(t, err)
		sum = sum.Add(amount)
		d.Totals.Tax = amount.StringFixed(2) // The kit's documents have one tax at the most.
	}
	d.Totals.Total, d.Source.Total = sum.StringFixed(2), sum.StringFixed(2)
	if d.GetKind() == tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO {
		d.Source.Total = sum.Neg().StringFixed(2)
	}
}

// setAmount makes a line cost that much, one piece of it.
func setAmount(ln *tradepostv1.Line, amount string) {
	ln.Amount, ln.Quantity, ln.UnitPrice = amount, "1", amount
}
