// Package check tells what keeps a document from being posted: totals that do
// not agree, closed books, and what the target cannot hold.
package check

import (
	"slices"

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
	// Tax is what is posted as sales tax. ServiceTrade states it, or its rate, and it
	// always closes the gap between lines and total exactly. Where there is a rate, it
	// is that rate on the taxable lines.
	Tax money.Amount
	// TaxFrom is the ServiceTrade field that Tax came from: tax or taxRate; "" without tax.
	TaxFrom string
	Total   money.Amount

	// rate is ServiceTrade's, in percent, if rated; way is how Tax was rounded from it.
	rate  money.Amount
	rated bool
	way   way
	// tolerance is what the mapping lets Tax differ from the rate by; off is by how much
	// it does.
	tolerance, off money.Amount
}

// Off is by how much the tax differs from its rate on the taxable lines, rounded in the
// way that comes nearest; zero where it does not, or has no rate.
func (r Reckoning) Off() money.Amount { return r.off }

// Totals compares the sum of the lines with ServiceTrade's total. A difference is
// sales tax only if the mapping posts sales tax, ServiceTrade itself states exactly
// that tax, and it is ServiceTrade's rate on the taxable lines, as far as there is a
// rate: a line that got lost must never pass as tax.
func Totals(inv *normalise.Invoice, m *mapping.Mapping, connection string, exponent int32) (Reckoning, []*tradepostv1.Fault) {
	r := Reckoning{Total: inv.Total.Value, rate: inv.TaxRate.Value, rated: inv.TaxRate.OK, way: wayOf(m.Rounding)}
	r.tolerance = money.FromInt(m.Tax.Tolerance, exponent)
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
	t := totals{inv: inv, r: &r, exponent: exponent, connection: connection}
	if m.Tax.Mode == mapping.TaxNone {
		return r, t.untaxed()
	}
	return r, t.taxed()
}

type totals struct {
	inv        *normalise.Invoice
	r          *Reckoning
	exponent   int32
	connection string
}

func (t totals) difference() money.Amount { return t.r.Total.Sub(t.r.Lines) }

// stated is the sales tax that ServiceTrade shows, and the field that shows it.
func (t totals) stated() (money.Amount, string) {
	if t.inv.Tax.OK && !t.inv.Tax.Value.IsZero() {
		return t.inv.Tax.Value, "tax"
	}
	if !t.inv.Tax.Given() && t.r.rated {
		if tax := t.r.way.tax(t.r.rate, t.inv.Lines, t.exponent); !tax.IsZero() {
			return tax, "taxRate"
		}
	}
	return money.Zero, ""
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

func (t totals) taxed() []*tradepostv1.Fault {
	gap := t.difference()
	tax, from := t.stated()
	switch {
	case from != "" && tax.Equal(gap):
		t.r.Tax, t.r.TaxFrom = tax, from
		return t.proven()
	case from == "tax":
	case gap.IsZero():
		return nil // A rate, and no tax charged: ServiceTrade's total says so.
	case from == "":
		return t.mismatch()
	}
	expected := t.r.Lines.Add(tax)
	return one(fault.New("tax.mismatch", fault.Args{Path: from, Params: map[string]string{
		"lines_total": t.text(t.r.Lines), "tax": t.text(tax), "expected": t.text(expected),
		"invoice_total": t.text(t.r.Total), "difference": t.text(t.r.Total.Sub(expected)),
	}}))
}

// proven holds a tax that ServiceTrade states against its rate on the taxable lines.
// ServiceTrade may round in another way than the mapping, so that any way will do. Where
// several authorities tax an invoice it shows the sum of their rates and of their taxes,
// each rounded by itself: the mapping says how much that may come to.
// Without a rate there is nothing to hold it against but that something is taxable.
func (t totals) proven() []*tradepostv1.Fault {
	if t.r.TaxFrom == "taxRate" {
		return nil
	}
	if !slices.ContainsFunc(t.inv.Lines, func(l normalise.Line) bool { return l.Taxable }) {
		return one(fault.New("tax.nothing_taxable", fault.Args{Path: "tax", Params: map[string]string{"tax": t.text(t.r.Tax)}}))
	}
	if t.inv.TaxRate.Given() && !t.r.rated {
		return one(fault.New("tax.rate_invalid", fault.Args{Path: "taxRate", Params: map[string]string{"value": t.inv.TaxRate.Text}}))
	}
	if !t.r.rated {
		return nil
	}
	return t.byRate()
}

func (t totals) byRate() []*tradepostv1.Fault {
	expected := t.r.way.tax(t.r.rate, t.inv.Lines, t.exponent)
	nearest, off := t.r.way, t.r.Tax.Sub(expected)
	for _, w := range waysFrom(t.r.way) {
		if o := t.r.Tax.Sub(w.tax(t.r.rate, t.inv.Lines, t.exponent)); o.Abs().Cmp(off.Abs()) < 0 {
			nearest, off = w, o
		}
	}
	if off.Abs().Cmp(t.r.tolerance) <= 0 {
		t.r.way, t.r.off = nearest, off
		return nil
	}
	return one(fault.New("tax.rate_mismatch", fault.Args{Path: "tax", Params: map[string]string{
		"tax": t.text(t.r.Tax), "rate": t.r.rate.String(), "base": t.text(t.r.TaxableBase),
		"expected": t.text(expected), "difference": t.text(t.r.Tax.Sub(expected)),
	}}))
}

func (t totals) mismatch() []*tradepostv1.Fault {
	return one(fault.New("total.mismatch", fault.Args{Path: "totalPrice", Params: map[string]string{
		"lines_total": t.text(t.r.Lines), "invoice_total": t.text(t.r.Total), "difference": t.text(t.difference()),
	}}))
}

func (t totals) text(a money.Amount) string { return a.Fixed(t.exponent) }

func one(f *tradepostv1.Fault) []*tradepostv1.Fault { return []*tradepostv1.Fault{f} }
