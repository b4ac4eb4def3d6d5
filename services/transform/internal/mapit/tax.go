package mapit

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/mapping"
	"github.com/tradepost/tradepost/pkg/money"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/transform/internal/check"
	"github.com/tradepost/tradepost/services/transform/internal/explain"
	"github.com/tradepost/tradepost/services/transform/internal/normalise"
)

// taxPart is the sales tax of the lines that have one tax code.
type taxPart struct {
	code   mapping.Answer
	lines  []normalise.Line
	base   money.Amount
	amount money.Amount
}

// tax writes the sales tax that ServiceTrade billed, one for each tax code.
func (w *Writer) tax(inv *normalise.Invoice, res Resolved, sums check.Reckoning) {
	if sums.TaxFrom == "" {
		return
	}
	parts, shared := res.taxParts(inv, sums, w.Exponent)
	if !shared {
		// TaxShares refuses such an invoice; were it to come here, the sum is still right.
		parts = []taxPart{{base: sums.TaxableBase, amount: sums.Tax}}
	}
	for _, p := range parts {
		w.doc.Taxes = append(w.doc.Taxes, w.taxOf(inv, p, len(w.doc.Taxes), sums))
	}
}

// TaxShares refuses an invoice whose tax cannot be told apart for its tax codes.
func (r Resolver) TaxShares(inv *normalise.Invoice, res Resolved, sums check.Reckoning, exponent int32) []*tradepostv1.Fault {
	if sums.TaxFrom == "" {
		return nil
	}
	parts, shared := res.taxParts(inv, sums, exponent)
	if shared {
		return nil
	}
	codes := make([]string, len(parts))
	for i, p := range parts {
		codes[i] = orNone(p.code.Reference.GetValue())
	}
	return []*tradepostv1.Fault{fault.New("tax.share_unknown", fault.Args{Path: "tax", Params: map[string]string{
		"tax": sums.Tax.Fixed(exponent), "codes": strings.Join(codes, ", "), "connection": r.Connection,
	}})}
}

// taxParts divides the tax over the codes by their taxable lines, so that the parts
// add up to it. It returns false where nobody can say what each code's share is.
func (r Resolved) taxParts(inv *normalise.Invoice, sums check.Reckoning, exponent int32) ([]taxPart, bool) {
	parts := r.taxBases(inv)
	if len(parts) <= 1 {
		whole := taxPart{base: sums.TaxableBase, amount: sums.Tax}
		if len(parts) == 1 {
			whole.code = parts[0].code
		}
		return []taxPart{whole}, true
	}
	groups := make([][]normalise.Line, len(parts))
	for i, p := range parts {
		groups[i] = p.lines
	}
	shares, shared := sums.Shares(groups, exponent)
	for i := range shares {
		parts[i].amount = shares[i]
	}
	return parts, shared
}

// taxBases sums the taxable lines of each code, in the order of the lines.
func (r Resolved) taxBases(inv *normalise.Invoice) []taxPart {
	var parts []taxPart
	for i, l := range inv.Lines {
		if !l.Taxable {
			continue
		}
		code := r.Lines[i].TaxCode
		at := 0
		for at < len(parts) && !proto.Equal(parts[at].code.Reference, code.Reference) {
			at++
		}
		if at == len(parts) {
			parts = append(parts, taxPart{code: code})
		}
		parts[at].lines = append(parts[at].lines, l)
		parts[at].base = parts[at].base.Add(l.Amount)
	}
	return parts
}

func (w *Writer) taxOf(inv *normalise.Invoice, p taxPart, i int, sums check.Reckoning) *tradepostv1.Tax {
	field := fmt.Sprintf("taxes[%d].", i)
	tax := &tradepostv1.Tax{
		Name:        w.set(field+"name", "Sales tax", explain.Source{Rule: explain.RuleFixed}),
		Authority:   w.log.Text(field+"authority", inv.TaxGroup, "taxGroup"),
		TaxableBase: w.set(field+"taxable_base", w.fixed(p.base), explain.Source{Field: "items[].taxable", Rule: "sum of the taxable lines"}),
		Amount:      w.set(field+"amount", w.fixed(p.amount), billed(inv, p, sums)),
		Source:      tradepostv1.TaxSource_TAX_SOURCE_AS_BILLED,
	}
	if w.Mapping.Tax.Mode == mapping.TaxFlag {
		tax.Source = tradepostv1.TaxSource_TAX_SOURCE_ACCOUNTING_SYSTEM
	}
	w.set(field+"source", tax.Source.String(), explain.Source{Rule: "tax.mode"})
	if inv.TaxRate.OK {
		tax.RatePercent = w.set(field+"rate_percent", inv.TaxRate.Value.String(), explain.Copied("taxRate", inv.TaxRate.Text))
	}
	if a, ok := w.Mapping.SalesTaxAccount(); ok {
		tax.Account = w.log.Answer(field+"account", a, "")
	}
	tax.Code = w.answer(field+"code", p.code)
	return tax
}

func billed(inv *normalise.Invoice, p taxPart, sums check.Reckoning) explain.Source {
	s := explain.Copied("tax", inv.Tax.Text)
	if sums.TaxFrom == "taxRate" {
		s = explain.Source{Field: "taxRate", Value: inv.TaxRate.Text, Rule: "rate x taxable lines, equal to total - lines"}
	}
	if off := sums.Off(); !off.IsZero() {
		s.Rule += fmt.Sprintf(", %s from its rate, within tax.tolerance", off)
	}
	if !p.amount.Equal(sums.Tax) {
		s.Rule += ", this code's share"
	}
	return s
}
