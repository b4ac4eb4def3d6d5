package mapit

import (
	"github.com/tradepost/tradepost/pkg/money"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/transform/internal/check"
	"github.com/tradepost/tradepost/services/transform/internal/explain"
)

// fixed writes an amount with the document's sign.
func (w *Writer) fixed(a money.Amount) string {
	if w.turned() {
		a = a.Neg()
	}
	return a.Fixed(w.Exponent)
}

func (w *Writer) totals(sums check.Reckoning) {
	t := &tradepostv1.Totals{
		Subtotal: w.set("totals.subtotal", w.fixed(sums.Lines), explain.Source{Field: "lines[].amount", Rule: "sum of the lines"}),
	}
	if sums.TaxFrom != "" {
		t.Tax = w.set("totals.tax", w.fixed(sums.Tax), explain.Source{Field: "taxes[].amount", Rule: "sum of the taxes"})
	}
	total := explain.Copied("totalPrice", sums.Total.Fixed(w.Exponent))
	switch {
	case w.Split:
		total = explain.Source{Field: "items", Rule: "subtotal + tax of this part"}
	case w.turned():
		total.Rule = explain.RuleTurned
	}
	t.Total = w.set("totals.total", w.fixed(sums.Total), total)
	w.doc.Totals = t
}
