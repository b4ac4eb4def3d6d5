package quickbooksonline

import (
	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// The two tax codes that a line can have in a company of the United States.
const (
	taxable    = "TAX"
	notTaxable = "NON"
)

// tax writes the sales tax. In the United States it is one code and one amount for the
// whole document; the amount that was billed overrides what QuickBooks would compute,
// where the company allows it. Whether it did is seen in the total of the answer.
func (w *draft) tax() {
	w.lineCodes()
	if len(w.d.GetTaxes()) == 0 {
		return
	}
	if !w.prefs.salesTax && !amountIsZero(w.d.GetTotals().GetTax()) {
		w.hasFeature(false, "sales tax")
		return
	}
	detail := &taxDetail{CodeRef: w.taxCode()}
	if !w.computed() {
		billed := number(w.d.GetTotals().GetTax())
		detail.TotalTax = &billed
	}
	if !w.prefs.us {
		w.paper.GlobalTax = "TaxExcluded"
		detail.CodeRef = nil
	}
	if detail.CodeRef != nil || detail.TotalTax != nil {
		w.paper.Tax = detail
	}
}

// computed tells whether QuickBooks is to compute the tax.
func (w *draft) computed() bool {
	for _, t := range w.d.GetTaxes() {
		if t.GetSource() != tradepostv1.TaxSource_TAX_SOURCE_ACCOUNTING_SYSTEM {
			return false
		}
	}
	return true
}

// taxCode is the one code of the document. Two are not possible in the United States.
func (w *draft) taxCode() *ref {
	var one *tradepostv1.Reference
	for _, t := range w.d.GetTaxes() {
		code := t.GetCode()
		if code == nil || isLineCode(code) {
			continue
		}
		if one != nil && one.GetValue() != code.GetValue() && w.prefs.us {
			w.fail(fault.New("tax.several_codes", fault.Args{Params: map[string]string{
				"first": one.GetValue(), "second": code.GetValue(), "system": title,
			}}))
			return nil
		}
		one = code
	}
	return w.optional(taxRecords, "tax.not_in_books", "Sales tax", one)
}

// isLineCode: TAX and NON say only whether a line is taxed.
func isLineCode(r *tradepostv1.Reference) bool {
	return r.GetValue() == taxable || r.GetValue() == notTaxable
}

// lineCodes refuses codes of lines that the books do not have.
func (w *draft) lineCodes() {
	if w.prefs.us {
		return
	}
	for _, l := range w.d.GetLines() {
		w.optional(taxRecords, "tax.not_in_books", "Sales tax", l.GetTaxCode())
	}
}

// lineTax is the tax code of a line. Where no tax was billed no line is taxed, or
// automated sales tax would add one.
func (w *draft) lineTax(l *tradepostv1.Line) *ref {
	switch {
	case !w.prefs.us && l.GetTaxCode() != nil:
		if found, ok := w.q.lookUp(taxRecords, l.GetTaxCode()); ok {
			return &ref{Value: found.id}
		}
		return nil
	case !w.prefs.us, !w.prefs.salesTax:
		return nil
	case len(w.d.GetTaxes()) == 0, !l.GetTaxable(), l.GetTaxCode().GetValue() == notTaxable:
		return &ref{Value: notTaxable}
	default:
		return &ref{Value: taxable}
	}
}
