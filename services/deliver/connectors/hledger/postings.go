package hledger

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// line is one posting on its way into the file, or, without an account, a comment.
type line struct {
	account string
	amount  decimal.Decimal // with the sign of the journal: debit positive
	comment string
	path    string // where the account comes from, for faults
	// customer says that this is the customer's own account, which the file
	// declares itself unless declared is set.
	customer bool
	declared bool
}

func (p line) ownDeclaration() bool { return p.customer && !p.declared }

// ledgering collects the postings of one document and what is wrong with them.
type ledgering struct {
	l      *Ledger
	d      *tradepostv1.Document
	sign   decimal.Decimal // 1, or -1 for a credit memo
	lines  []line
	faults []*tradepostv1.Fault
}

// postings makes a balanced entry of d, the customer's account first: what the
// customer owes is debited, each line, discount and tax credited. A document
// that does not add up, or names what cannot be an account, is refused.
func (l *Ledger) postings(d *tradepostv1.Document) ([]line, []*tradepostv1.Fault) {
	w := &ledgering{l: l, d: d, sign: decimal.NewFromInt(1)}
	if d.GetKind() == tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO {
		w.sign = decimal.NewFromInt(-1)
	}
	w.customer()
	for i, ln := range d.GetLines() {
		w.line(i, ln)
	}
	w.discount()
	w.taxes()
	w.balance()
	return w.lines, w.faults
}

// amount reads a decimal string of the document; what cannot be read is a fault.
func (w *ledgering) amount(path, s string) decimal.Decimal {
	v, err := readDecimal(s)
	if err != nil {
		w.faults = append(w.faults, fault.New("line.amount_invalid", fault.Args{
			Path: path, Thing: thing(w.d), Params: map[string]string{"field": path, "value": s},
		}))
	}
	return v.Mul(w.sign)
}

// post adds a posting after it looked at the account's name.
func (w *ledgering) post(p line) {
	if err := accountProblem(p.account); err != nil {
		w.faults = append(w.faults, fault.New("account.not_in_books", fault.Args{
			Path: p.path, Thing: fmt.Sprintf("Account %q", p.account), VendorText: "the name " + err.Error(),
		}))
		return
	}
	w.lines = append(w.lines, p)
}

// customer debits what is owed; what is retained goes to an account of its own.
func (w *ledgering) customer() {
	d, cfg := w.d, w.l.cfg
	total := w.amount("totals.total", d.GetTotals().GetTotal())
	kept := w.amount("retainage.amount", d.GetRetainage().GetAmount())
	ref := d.GetCustomer().GetReference().GetValue()
	cust := tagText(ref)
	if cust == "" {
		cust = tagText(d.GetCustomer().GetName())
	}
	account, _ := w.l.customerAccount(d)
	w.post(line{
		account: account, amount: total.Sub(kept), comment: "cust:" + cust, path: "customer", customer: true,
		declared: !w.l.mayDeclare(d),
	})
	if !kept.IsZero() {
		w.post(line{
			account: orElse(d.GetRetainage().GetAccount(), cfg.Accounts.Retainage), amount: kept,
			comment: "cust:" + cust + ", retained:" + tagText(d.GetRetainage().GetPercent()), path: "retainage.account",
		})
	}
}

func (w *ledgering) line(i int, ln *tradepostv1.Line) {
	path := fmt.Sprintf("lines[%d]", i)
	amount := w.amount(path+".amount", ln.GetAmount())
	accounts := w.l.cfg.Accounts
	account := accounts.Revenue
	switch ln.GetKind() {
	case tradepostv1.LineKind_LINE_KIND_SUBTOTAL:
		w.lines = append(w.lines, line{comment: lineTags(i, ln)})
		return
	case tradepostv1.LineKind_LINE_KIND_TEXT:
		if amount.IsZero() {
			w.lines = append(w.lines, line{comment: lineTags(i, ln)})
			return
		}
	case tradepostv1.LineKind_LINE_KIND_DISCOUNT:
		account = accounts.Discount
	case tradepostv1.LineKind_LINE_KIND_RETAINAGE:
		account = accounts.Retainage
	case tradepostv1.LineKind_LINE_KIND_TAX:
		account = accounts.SalesTax
	}
	// In a plain-text ledger an item has no record of its own: one that is mapped
	// to a:b names the account.
	if item := ln.GetItem().GetReference().GetValue(); strings.Contains(item, ":") {
		account = item
	}
	w.post(line{
		account: orElse(ln.GetRevenueAccount(), account), amount: amount.Neg(),
		comment: lineTags(i, ln), path: path + ".revenueAccount",
	})
}

func (w *ledgering) discount() {
	amount := w.amount("totals.discount", w.d.GetTotals().GetDiscount())
	if amount.IsZero() {
		return
	}
	w.post(line{
		account: orElse(w.d.GetDiscount().GetAccount(), w.l.cfg.Accounts.Discount), amount: amount,
		comment: "discount:" + tagText(w.d.GetDiscount().GetPercent()), path: "discount.account",
	})
}

func (w *ledgering) taxes() {
	if len(w.d.GetTaxes()) == 0 {
		if tax := w.amount("totals.tax", w.d.GetTotals().GetTax()); !tax.IsZero() {
			w.post(line{account: w.l.cfg.Accounts.SalesTax, amount: tax.Neg(), comment: "tax:", path: "totals.tax"})
		}
		return
	}
	for i, tax := range w.d.GetTaxes() {
		path := fmt.Sprintf("taxes[%d]", i)
		w.post(line{
			account: w.taxAccount(tax), amount: w.amount(path+".amount", tax.GetAmount()).Neg(),
			comment: taxTags(tax), path: path + ".account",
		})
	}
}

// taxAccount is that of the tax code where the mapping gave the code the name of an
// account (a:b), as it may do with items.
func (w *ledgering) taxAccount(tax *tradepostv1.Tax) string {
	if code := tax.GetCode().GetValue(); strings.Contains(code, ":") {
		return code
	}
	return orElse(tax.GetAccount(), w.l.cfg.Accounts.SalesTax)
}

// balance posts the stated rounding where that, and nothing else, is missing.
func (w *ledgering) balance() {
	if len(w.faults) > 0 {
		return
	}
	var sum decimal.Decimal
	for _, p := range w.lines {
		sum = sum.Add(p.amount)
	}
	rounding := w.amount("totals.rounding", w.d.GetTotals().GetRounding())
	if !rounding.IsZero() && sum.Equal(rounding) {
		w.post(line{account: w.l.cfg.Accounts.Rounding, amount: rounding.Neg(), comment: "rounding:", path: "totals.rounding"})
		return
	}
	if !sum.IsZero() {
		total := w.amount("", w.d.GetTotals().GetTotal())
		w.faults = append(w.faults, fault.New("total.mismatch", fault.Args{
			Path: "totals.total", Thing: thing(w.d), Params: map[string]string{
				"difference":    sum.Mul(w.sign).String(),
				"invoice_total": w.d.GetTotals().GetTotal(),
				"lines_total":   total.Sub(sum).Mul(w.sign).String(),
			},
		}))
	}
}

// orElse is the account that a reference names; its value is the account's name.
func orElse(ref *tradepostv1.Reference, otherwise string) string {
	if v := ref.GetValue(); v != "" {
		return v
	}
	return otherwise
}
