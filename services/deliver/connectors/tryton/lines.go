package tryton

import (
	"fmt"

	"github.com/shopspring/decimal"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

const (
	// priceDigits is how many decimals Tryton keeps of a unit price, unless its
	// configuration says otherwise (product.price_decimal).
	priceDigits = 4
	// plainDigits is how many it keeps of a quantity without a unit.
	plainDigits = 2
)

// line adds one line of the document.
func (w *builder) line(i int, ln *tradepostv1.Line) {
	path := fmt.Sprintf("lines[%d]", i)
	amount := w.amount(path+".amount", ln.GetAmount())
	text := paragraph(ln.GetDescription())
	switch {
	case ln.GetKind() == tradepostv1.LineKind_LINE_KIND_SUBTOTAL:
		w.lines = append(w.lines, object{"type": "subtotal", "description": text})
		return
	case ln.GetKind() == tradepostv1.LineKind_LINE_KIND_TEXT && amount.IsZero():
		w.lines = append(w.lines, object{"type": "comment", "description": text})
		return
	case ln.GetKind() == tradepostv1.LineKind_LINE_KIND_TAX:
		w.manualTax(path, oneLine(ln.GetDescription()), ln.GetTaxCode(), ln.GetRevenueAccount(), decimal.Zero, amount)
		return
	}
	product, has := w.product(path, ln.GetItem())
	values := object{
		"type": "line", "account": w.lineAccount(path, ln, product),
		"note": joined("\n", labelled("Class", ln.GetClass().GetValue()), labelled("Department", ln.GetDepartment().GetValue()),
			labelled("Cost code", joined(" ", ln.GetCostCode(), ln.GetPhase(), ln.GetCostType())), labelled("Job", ln.GetJob().GetValue())),
	}
	digits := int32(plainDigits)
	if has {
		values["product"], values["unit"] = product.ID, product.Unit
		digits = product.UnitInfo.Digits
	}
	quantity, price, kept := w.split(path, ln, amount, digits)
	if !kept && ln.GetQuantity() != "" && ln.GetUnitPrice() != "" {
		text += fmt.Sprintf(" (%s @ %s)", joined(" ", ln.GetQuantity(), ln.GetUnitOfMeasure()), ln.GetUnitPrice())
	}
	values["description"] = text
	values["quantity"], values["unit_price"] = quantity.Mul(w.sign).InexactFloat64(), decimalValue(price)
	w.lineTax(path, ln, values)
	w.lines = append(w.lines, values)
	w.sum = w.sum.Add(amount)
}

// split is a quantity and a price whose product Tryton rounds to the amount: those of
// the line where they do, else one piece of it. The amount is never computed anew.
func (w *builder) split(path string, ln *tradepostv1.Line, amount decimal.Decimal, digits int32) (quantity, price decimal.Decimal, kept bool) {
	quantity, price = w.amount(path+".quantity", ln.GetQuantity()), w.amount(path+".unit_price", ln.GetUnitPrice())
	fits := ln.GetQuantity() != "" && ln.GetUnitPrice() != "" &&
		quantity.Equal(quantity.Round(digits)) && price.Equal(price.Round(priceDigits)) &&
		quantity.Mul(price).RoundBank(2).Equal(amount)
	if fits {
		return quantity, price, true
	}
	if amount.IsNegative() {
		return decimal.NewFromInt(-1), amount.Neg(), false
	}
	return decimal.NewFromInt(1), amount, false
}

// product is the product of an item; false where the line has none.
func (w *builder) product(path string, item *tradepostv1.Item) (named, bool) {
	ref := item.GetReference()
	if ref.GetValue() == "" || w.err != nil {
		return named{}, false
	}
	r, count, err := w.b.lookup(w.ctx, products, ref)
	if w.err = err; err != nil {
		return named{}, false
	}
	if count != 1 {
		w.fault("item.not_in_books", path+".item", "Item "+ref.GetValue(), map[string]string{"value": ref.GetValue()}, several(count, "products"))
	}
	return r, count == 1
}

// several says that a name is ambiguous.
func several(count int, of string) string {
	if count < 2 {
		return ""
	}
	return "there are several " + of + " of that name"
}

// lineAccount is what the mapping names, else what the product's category has, else
// that of the settings or of Tryton's configuration.
func (w *builder) lineAccount(path string, ln *tradepostv1.Line, product named) int64 {
	setting, value := "revenue", w.b.cfg.Accounts.Revenue
	switch ln.GetKind() {
	case tradepostv1.LineKind_LINE_KIND_DISCOUNT:
		if w.b.cfg.Accounts.Discount != "" {
			setting, value = "discount", w.b.cfg.Accounts.Discount
		}
	case tradepostv1.LineKind_LINE_KIND_RETAINAGE:
		setting, value = "retainage", w.b.cfg.Accounts.Retainage
	default:
		if ln.GetRevenueAccount().GetValue() == "" && product.Category.Revenue != 0 {
			return product.Category.Revenue
		}
	}
	return w.account(path+".revenue_account", ln.GetRevenueAccount(), setting, value)
}

// account is the account that a reference names, else that of the setting, else the one
// of Tryton's configuration.
func (w *builder) account(path string, ref *tradepostv1.Reference, setting, value string) int64 {
	if w.err != nil {
		return 0
	}
	if ref.GetValue() != "" {
		r, count, err := w.b.lookup(w.ctx, accounts, ref)
		if w.err = err; err == nil && (count != 1 || bool(r.Closed)) {
			w.noAccount(path, ref.GetValue(), several(count, "accounts"))
		}
		return r.ID
	}
	if value != "" {
		r, found, err := w.b.codeOrName(w.ctx, accounts, value)
		if w.err = err; err == nil && !found {
			w.noAccount(path, value, "it is named by the setting accounts."+setting)
		}
		return r.ID
	}
	id, err := w.b.ownDefault(w.ctx, setting)
	if w.err = err; err == nil && id == 0 {
		w.fault("account.not_mapped", path, "Account for "+setting, map[string]string{"connection": w.b.connection, "setting": setting}, "")
	}
	return id
}

func (w *builder) noAccount(path, value, vendor string) {
	w.fault("account.not_in_books", path, "Account "+value, nil, vendor)
}

// extra adds a line that the document has beside its lines.
func (w *builder) extra(path, text string, ref *tradepostv1.Reference, setting, value string, amount decimal.Decimal) {
	one := decimal.NewFromInt(1)
	if amount.IsNegative() {
		one = one.Neg()
	}
	w.lines = append(w.lines, object{
		"type": "line", "description": text, "account": w.account(path, ref, setting, value),
		"quantity": one.Mul(w.sign).InexactFloat64(), "unit_price": decimalValue(amount.Abs()),
	})
	w.sum = w.sum.Add(amount)
}

func (w *builder) discount() {
	amount := w.amount("totals.discount", w.d.GetTotals().GetDiscount())
	if amount.IsZero() {
		return
	}
	setting, value := "revenue", w.b.cfg.Accounts.Revenue
	if w.b.cfg.Accounts.Discount != "" {
		setting, value = "discount", w.b.cfg.Accounts.Discount
	}
	text := "Discount"
	if percent := w.d.GetDiscount().GetPercent(); percent != "" {
		text += " " + percent + " %"
	}
	w.extra("discount.account", text, w.d.GetDiscount().GetAccount(), setting, value, amount.Neg())
}

func (w *builder) rounding() {
	amount := w.amount("totals.rounding", w.d.GetTotals().GetRounding())
	if !amount.IsZero() {
		w.extra("totals.rounding", "Rounding", nil, "rounding", w.b.cfg.Accounts.Rounding, amount)
	}
}
