package connectortest

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// addUp sets subtotal, total and the source's total of a document to what its
// lines say.
func addUp(t *testing.T, d *tradepostv1.Document) {
	t.Helper()
	var sum decimal.Decimal
	for _, ln := range d.GetLines() {
		amount, err := decimal.NewFromString(ln.GetAmount())
		require.NoError(t, err)
		sum = sum.Add(amount)
	}
	total := sum.StringFixed(2)
	d.Totals = &tradepostv1.Totals{Subtotal: total, Total: total}
	d.Source.Total = total
	if d.GetKind() == tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO {
		d.Source.Total = sum.Neg().StringFixed(2)
	}
}

// setAmount makes a line cost that much, one piece of it.
func setAmount(ln *tradepostv1.Line, amount string) {
	ln.Amount, ln.Quantity, ln.UnitPrice = amount, "1", amount
}
