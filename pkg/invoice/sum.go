package invoice

import (
	"fmt"

	"github.com/shopspring/decimal"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Sum is what the documents of one invoice add up to, with the sign that the invoice
// has in ServiceTrade: a credit memo counts against.
func Sum(docs []*tradepostv1.Document) (decimal.Decimal, error) {
	sum := decimal.Zero
	for _, d := range docs {
		amount, err := decimal.NewFromString(d.GetTotals().GetTotal())
		if err != nil {
			return decimal.Zero, fmt.Errorf("the document's total %q: %w", d.GetTotals().GetTotal(), err)
		}
		if d.GetKind() == tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO {
			amount = amount.Neg()
		}
		sum = sum.Add(amount)
	}
	return sum, nil
}
