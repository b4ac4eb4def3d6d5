package mapit

import (
	"google.golang.org/protobuf/proto"

	"github.com/tradepost/tradepost/pkg/mapping"
	"github.com/tradepost/tradepost/pkg/money"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/transform/internal/check"
	"github.com/tradepost/tradepost/services/transform/internal/explain"
	"github.com/tradepost/tradepost/services/transform/internal/normalise"
)

// fixed writes an amount with the document's sign.
func (w *Writer) fixed(a money.Amount) string {
	if w.turned() {
		a = a.Neg()
	}
	return a.Fixed(w.Exponent)
}

// tax writes the sales tax as ServiceTrade billed it.
func (w *Writer) tax(inv *normalise.Invoice, res Resolved, sums check.Reckoning) {
	if sums.TaxFrom == "" {
		return
	}
	billed := explain.Copied("tax", inv.Tax.Text)
	if sums.TaxFrom == "taxRate" {
		billed = explain.Source{Field: "taxRate", Value: inv.TaxRate.Text, Rule: "rate x taxable lines, equal to total - lines"}
	}
	tax := &tradepostv1.Tax{
		Name:        w.set("taxes[0].name", "Sales tax", explain.Source{Rule: explain.RuleFixed}),
		Authority:   w.log.Text("taxes[0].authority", inv.TaxGroup, "taxGroup"),
		TaxableBase: w.set("taxes[0].taxable_base", w.fixed(sums.TaxableBase), explain.Source{Field: "items[].taxable", Rule: "sum of the taxable lines"}),
		Amount:      w.set("taxes[0].amount", w.fixed(sums.Tax), billed),
		Source:      tradepostv1.TaxSource_TAX_SOURCE_AS_BILLED,
	}
	w.set("taxes[0].source", tax.Source.String(), explain.Source{Rule: "tax.mode"})
	if inv.TaxRate.OK {
		tax.RatePercent = w.set("taxes[0].rate_percent", inv.TaxRate.Value.String(), explain.Copied("taxRate", inv.TaxRate.Text))
	}
	if a, ok := w.Mapping.SalesTaxAccount(); ok {
		tax.Account = w.log.Answer("taxes[0].account", a, "")
	}
	tax.Code = w.answer("taxes[0].code", res.taxCode())
	w.doc.Taxes = []*tradepostv1.Tax{tax}
}

// taxCode is the code of all taxable lines, where they have the same one.
func (r Resolved) taxCode() mapping.Answer {
	var code mapping.Answer
	for _, l := range r.Lines {
		switch {
		case !l.Facts.Taxable || l.TaxCode.Reference == nil:
		case code.Reference == nil:
			code = l.TaxCode
		case !proto.Equal(code.Reference, l.TaxCode.Reference):
			return mapping.Answer{}
		}
	}
	return code
}

func (w *Writer) totals(sums check.Reckoning) {
	t := &tradepostv1.Totals{
		Subtotal: w.set("totals.subtotal", w.fixed(sums.Lines), explain.Source{Field: "lines[].amount", Rule: "sum of the lines"}),
	}
	if sums.TaxFrom != "" {
		t.Tax = w.set("totals.tax", w.fixed(sums.Tax), explain.Source{Field: "taxes[].amount", Rule: "sum of the taxes"})
	}
	total := explain.Copied("totalPrice", sums.Total.Fixed(w.Exponent))
	if w.turned() {
		total.Rule = explain.RuleTurned
	}
	t.Total = w.set("totals.total", w.fixed(sums.Total), total)
	w.doc.Totals = t
}
