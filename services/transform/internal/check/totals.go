// Package check tells what keeps a document from being posted: totals that do
// not agree, closed books, and what the target cannot hold.
package check

import (
	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/mapping"
	"github.com/tradepost/tradepost/pkg/money"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/transform/internal/normalise"
)

// Reckoning is how the numbers of an invoice agree, with ServiceTrade's signs.
type Reckoning struct {
	// Lines is the sum of the lines' amounts.
	Lines money.Amount
	// TaxableBase is the sum of the taxable lines' amounts.
	TaxableBase money.Amount
	// Tax is what is posted as sales tax; it is stated by ServiceTrade, or it is
	// ServiceTrade's rate on the taxable lines, and it always closes the gap
	// between lines and total exactly.
	Tax money.Amount
	// TaxFrom is the ServiceTrade field that Tax came from: tax or taxRate; "" without tax.
	TaxFrom string
	Total   money.Amount
}

// Totals compares the sum of the lines with ServiceTrade's total. A difference is
// sales tax only if the mapping posts sales tax and ServiceTrade itself states
// exactly that tax: a line that got lost must never pass as tax.
func Totals(inv *normalise.Invoice, m *mapping.Mapping, connection string, exponent int32) (Reckoning, []*tradepostv1.Fault) {
	r := Reckoning{Total: inv.Total.Value}
	for _, l := range inv.Lines {
		r.Lines = r.Lines.Add(l.Amount)
		if l.Taxable {
			r.TaxableBase = r.TaxableBase.Add(l.Amount)
		}
	}
	if !inv.LinesReadable || !inv.Total.OK || (inv.Tax.Given() && !inv.Tax.OK) {
		// What cannot be read is told already; a sum of the rest would mislead.
		return r, nil
	}
	t := totals{inv: inv, r: &r, exponent: exponent, connection: connection, rounding: m.Rounding}
	if m.Tax.Mode == mapping.TaxNone {
		return r, t.untaxed()
	}
	return r, t.asBilled()
}

type totals struct {
	inv        *normalise.Invoice
	r          *Reckoning
	exponent   int32
	connection string
	rounding   mapping.Rounding
}

func (t totals) difference() money.Amount { return t.r.Total.Sub(t.r.Lines) }

// stated is the sales tax that ServiceTrade shows, and the field that shows it.
func (t totals) stated() (money.Amount, string) {
	if t.inv.Tax.OK && !t.inv.Tax.Value.IsZero() {
		return t.inv.Tax.Value, "tax"
	}
	if !t.inv.Tax.Given() && t.inv.TaxRate.OK {
		return t.byRate(), "taxRate"
	}
	return money.Zero, ""
}

// byRate is ServiceTrade's rate on the taxable lines.
func (t totals) byRate() money.Amount {
	even := t.rounding.Mode == mapping.RoundHalfEven
	of := func(base money.Amount) money.Amount {
		return base.Mul(t.inv.TaxRate.Value).Mul(money.FromInt(1, 2)).Round(t.exponent, even)
	}
	if t.rounding.Tax == mapping.RoundDocument {
		return of(t.r.TaxableBase)
	}
	sum := money.Zero
	for _, l := range t.inv.Lines {
		if l.Taxable {
			sum = sum.Add(of(l.Amount))
		}
	}
	return sum
}

func (t totals) untaxed() []*tradepostv1.Fault {
	gap := t.difference()
	if gap.IsZero() {
		return nil
	}
	if tax, from := t.stated(); from != "" && tax.Equal(gap) {
		return one(fault.New("tax.not_mapped", fault.Args{Path: from, Params: map[string]string{
			"tax": t.text(tax), "connection": t.connection,
		}}))
	}
	return t.mismatch()
}

func (t totals) asBilled() []*tradepostv1.Fault {
	gap := t.difference()
	tax, from := t.stated()
	if from != "" && tax.Equal(gap) {
		t.r.Tax, t.r.TaxFrom = tax, from
		if tax.IsZero() {
			t.r.TaxFrom = ""
		}
		return nil
	}
	if from == "tax" {
		expected := t.r.Lines.Add(tax)
		return one(fault.New("tax.mismatch", fault.Args{Path: from, Params: map[string]string{
			"lines_total": t.text(t.r.Lines), "tax": t.text(tax), "expected": t.text(expected),
			"invoice_total": t.text(t.r.Total), "difference": t.text(t.r.Total.Sub(expected)),
		}}))
	}
	if gap.IsZero() {
		return nil
	}
	return t.mismatch()
}

func (t totals) mismatch() []*tradepostv1.Fault {
	return one(fault.New("total.mismatch", fault.Args{Path: "totalPrice", Params: map[string]string{
		"lines_total": t.text(t.r.Lines), "invoice_total": t.text(t.r.Total), "difference": t.text(t.difference()),
	}}))
}

func (t totals) text(a money.Amount) string { return a.Fixed(t.exponent) }

func one(f *tradepostv1.Fault) []*tradepostv1.Fault { return []*tradepostv1.Fault{f} }
