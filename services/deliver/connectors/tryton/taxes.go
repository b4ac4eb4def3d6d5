package tryton

import (
	"cmp"
	"fmt"

	"github.com/shopspring/decimal"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// A tax that ServiceTrade charged is posted as it was charged, as a tax line that Tryton
// calls manual, under the tax of the books, so that Tryton's tax report has it. One that
// the accounting system is to compute is put to the lines instead, and what comes of it
// is compared to the cent before the invoice is posted.

// documentTaxes adds the taxes of the document.
func (w *builder) documentTaxes() {
	if len(w.d.GetTaxes()) == 0 {
		if tax := w.amount("totals.tax", w.d.GetTotals().GetTax()); !tax.IsZero() {
			w.manualTax("totals.tax", "Sales tax", nil, nil, w.sum, tax)
		}
		return
	}
	for i, t := range w.d.GetTaxes() {
		path := fmt.Sprintf("taxes[%d]", i)
		amount := w.amount(path+".amount", t.GetAmount())
		if t.GetSource() == tradepostv1.TaxSource_TAX_SOURCE_ACCOUNTING_SYSTEM {
			w.computed, w.tax = true, w.tax.Add(amount)
			continue
		}
		base := w.sum
		if t.GetTaxableBase() != "" {
			base = w.amount(path+".taxable_base", t.GetTaxableBase())
		}
		w.manualTax(path, joined(" ", oneLine(t.GetName()), oneLine(t.GetAuthority())), t.GetCode(), t.GetAccount(), base, amount)
	}
}

// manualTax adds a tax line with that amount.
func (w *builder) manualTax(path, text string, code, account *tradepostv1.Reference, base, amount decimal.Decimal) {
	values := object{
		"manual": true, "description": cmp.Or(text, "Sales tax"),
		"base": decimalValue(base.Mul(w.sign)), "amount": decimalValue(amount.Mul(w.sign)),
	}
	own, found := w.taxOf(path, code)
	if found {
		values["tax"] = own.ID
	}
	values["account"] = own.accountFor(w.sign)
	if account.GetValue() != "" || !found {
		values["account"] = w.account(path+".account", account, "sales_tax", w.b.cfg.Accounts.SalesTax)
	}
	w.taxes, w.tax = append(w.taxes, values), w.tax.Add(amount)
}

// accountFor is the account that a tax is owed from.
func (n named) accountFor(sign decimal.Decimal) int64 {
	if sign.IsNegative() {
		return n.CreditNote
	}
	return n.Invoice
}

// taxOf is the tax of a code; false where there is no code.
func (w *builder) taxOf(path string, code *tradepostv1.Reference) (named, bool) {
	if code.GetValue() == "" || w.err != nil {
		return named{}, false
	}
	r, count, err := w.b.lookup(w.ctx, taxes, code)
	if w.err = err; err == nil && count != 1 {
		w.fault("tax.not_in_books", path+".code", "Sales tax "+code.GetValue(), map[string]string{"value": code.GetValue()}, several(count, "taxes"))
	}
	return r, true
}

// lineTax has Tryton compute the tax of a taxable line, where it is to.
func (w *builder) lineTax(path string, ln *tradepostv1.Line, values object) {
	if !ln.GetTaxable() || !w.computesTax() {
		return
	}
	code := ln.GetTaxCode()
	if code.GetValue() == "" && w.b.cfg.Tax != "" {
		code = &tradepostv1.Reference{By: tradepostv1.ReferenceBy_REFERENCE_BY_NAME, Value: w.b.cfg.Tax}
	}
	if code.GetValue() == "" {
		w.badSetting("tax", "the mapping has Tryton compute sales tax, and neither it nor this setting names one")
		return
	}
	if r, _ := w.taxOf(path, code); r.ID != 0 {
		values["taxes"] = list{list{"add", list{r.ID}}}
	}
}

func (w *builder) computesTax() bool {
	for _, t := range w.d.GetTaxes() {
		if t.GetSource() == tradepostv1.TaxSource_TAX_SOURCE_ACCOUNTING_SYSTEM {
			return true
		}
	}
	return false
}
