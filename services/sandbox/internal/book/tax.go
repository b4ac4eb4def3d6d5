package book

import "github.com/shopspring/decimal"

// tax adds sales tax to every third invoice of a book that shows tax: rate of
// the location's tax group on the taxable lines, rounded once.
func (m *maker) tax(inv *Invoice, at Location, i int, expected *Expectation) {
	if !m.opt.TaxShown || i%3 != 0 {
		return
	}
	var taxable []Line
	for _, line := range inv.Lines {
		if line.Taxable {
			taxable = append(taxable, line)
		}
	}
	rate := NewAmount("6")
	for _, p := range places {
		if p.taxGroup == at.TaxGroup {
			rate = NewAmount(p.rate)
		}
	}
	amount := Amount{Sum(taxable).Mul(rate.Decimal).Div(decimal.NewFromInt(100)).Round(2)}
	if amount.IsZero() {
		return
	}
	inv.Tax = &Tax{Subtotal: inv.Total, Tax: amount, Rate: rate, Group: at.TaxGroup}
	inv.Total = Amount{inv.Total.Add(amount.Decimal)}
	expected.Taxed = true
}

// TaxGroup is a tax group of the account's locations. Rate is in percent: 7.25.
type TaxGroup struct{ Code, Rate string }

// TaxGroups lists the tax groups that locations have.
func TaxGroups() []TaxGroup {
	out := make([]TaxGroup, len(places))
	for i, p := range places {
		out[i] = TaxGroup{p.taxGroup, p.rate}
	}
	return out
}
