package books

import (
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// sums are the amounts of a sale without its tax.
type sums struct{ items, taxable, discount decimal.Decimal }

func sumLines(doc Object) sums {
	var s sums
	for _, line := range list(doc, "Line") {
		total, _ := number(line, "Amount")
		switch Text(line, "DetailType") {
		case "SalesItemLineDetail":
			detail, _ := line["SalesItemLineDetail"].(Object)
			if Ref(detail, "ItemRef") == "" {
				continue
			}
			s.items = s.items.Add(total)
			if Ref(detail, "TaxCodeRef") == "TAX" {
				s.taxable = s.taxable.Add(total)
			}
		case "DiscountLineDetail":
			detail, _ := line["DiscountLineDetail"].(Object)
			if percent, ok := number(detail, "DiscountPercent"); ok && Flag(detail, "PercentBased") {
				total = round2(s.items.Mul(percent).Shift(-2))
				line["Amount"] = amount(total)
			}
			s.discount = s.discount.Add(total)
		}
	}
	return s
}

// saleTotals computes the tax and the total. What a body says of TotalAmt does
// not count (Finance.xsd, TotalAmt).
func (c *Company) saleTotals(e Entity, doc, old Object, _ Options) *Fault {
	s := sumLines(doc)
	tax, f := c.tax(doc, s)
	if f != nil {
		return f
	}
	total := s.items.Sub(s.discount).Add(tax)
	if total.IsNegative() {
		return business("Transaction amount must be 0 or greater. Supplied value:" + total.String())
	}
	doc["Line"] = withSubtotal(doc["Line"].([]any), s.items)
	paid := decimal.Zero
	if before, ok := number(old, "TotalAmt"); ok {
		open, _ := number(old, openProperty(e))
		paid = before.Sub(open)
	}
	doc["TotalAmt"] = amount(total)
	open := total.Sub(paid)
	doc["Balance"] = amount(open)
	if doc["LinkedTxn"] == nil {
		doc["LinkedTxn"] = []any{}
	}
	for name, standard := range map[string]any{"ApplyTaxAfterDiscount": false, "PrintStatus": "NotSet", "Deposit": jsonInt(0)} {
		if doc[name] == nil {
			doc[name] = standard
		}
	}
	if e.Name == "CreditMemo" {
		doc["RemainingCredit"] = amount(open)
	}
	return nil
}

// withSubtotal puts the subtotal line where QuickBooks shows it: behind what is
// sold, before the discount (Intuit API reference, Invoice, "Send an invoice").
func withSubtotal(lines []any, sum decimal.Decimal) []any {
	at := slices.IndexFunc(lines, func(l any) bool { return Text(l.(Object), "DetailType") == "DiscountLineDetail" })
	if at < 0 {
		at = len(lines)
	}
	return slices.Insert(lines, at, any(Object{"DetailType": "SubTotalLineDetail", "Amount": amount(sum), "SubTotalLineDetail": Object{}}))
}

// openProperty names what of a sale is not settled yet.
func openProperty(e Entity) string {
	if e.Name == "CreditMemo" {
		return "RemainingCredit"
	}
	return "Balance"
}

// tax works the sales tax out: by the tax code of the transaction where a user
// keeps the rates, by address where sales tax is automated (Intuit
// documentation, "Manage sales tax for US locales"; developer blog of
// 2017-12-11, "Using QuickBooks Online API for automated sales tax").
func (c *Company) tax(doc Object, s sums) (decimal.Decimal, *Fault) {
	asked, _ := doc["TxnTaxDetail"].(Object)
	wanted, explicit := number(asked, "TotalTax")
	delete(doc, "TxnTaxDetail")
	if c.settings.SalesTax == TaxOff { // what was sent is ignored and not stored (Intuit API reference, TxnTaxDetail)
		return decimal.Zero, nil
	}
	code, f := c.taxCode(doc, asked)
	if f != nil || code == nil {
		if explicit && f == nil && s.taxable.IsPositive() && c.keepsTax(asked) {
			doc["TxnTaxDetail"] = Object{"TotalTax": amount(wanted)}
			return wanted, nil
		}
		if f == nil {
			doc["TxnTaxDetail"] = Object{"TotalTax": amount(decimal.Zero)}
		}
		return decimal.Zero, f
	}
	base := s.taxable
	if Flag(doc, "ApplyTaxAfterDiscount") && s.items.IsPositive() {
		base = s.taxable.Sub(s.discount.Mul(s.taxable).DivRound(s.items, 7))
	}
	lines, total := c.taxLines(code, base)
	if explicit && c.keepsTax(asked) && s.taxable.IsPositive() {
		total, lines = wanted, prorate(lines, wanted, total)
	}
	doc["TxnTaxDetail"] = Object{"TxnTaxCodeRef": reference(Text(code, "Id"), ""), "TotalTax": amount(total), "TaxLine": lines}
	return total, nil
}

// keepsTax tells whether a total tax that was sent is kept (Finance.xsd,
// UseAutomatedSalesTax and AllowPartnerTaxOverride).
func (c *Company) keepsTax(asked Object) bool {
	return c.settings.SalesTax == TaxManual || c.settings.TaxOverride && !Flag(asked, "UseAutomatedSalesTax")
}

// taxCode finds the code of the transaction; nil when there is none.
func (c *Company) taxCode(doc, asked Object) (Object, *Fault) {
	id := Ref(asked, "TxnTaxCodeRef")
	if id != "" {
		code := c.get("TaxCode", id)
		switch {
		case code == nil:
			return nil, refuse("6160", "Invalid tax code", "Invalid TaxCode : TxnTaxCodeRef element id "+id+" not found").on("TxnTaxCodeRef")
		case !Flag(code, "Active"):
			return nil, inactive()
		}
		if c.settings.SalesTax == TaxManual {
			return code, nil
		}
	}
	customer := c.get("Customer", Ref(doc, "CustomerRef"))
	switch {
	case customer["Taxable"] != nil && !Flag(customer, "Taxable"):
		return nil, nil
	case c.settings.SalesTax == TaxAutomated: // whatever code was sent
		return c.taxByAddress(doc), nil
	case Flag(customer, "Taxable"):
		return c.get("TaxCode", Ref(customer, "DefaultTaxCodeRef")), nil
	}
	return nil, nil
}

// taxByAddress finds the code of the place to which is shipped, or of the
// company's own (Intuit documentation, "Manage sales tax for US locales",
// automated sales tax). The codes of places are named STATE-CITY.
func (c *Company) taxByAddress(doc Object) Object {
	address, _ := doc["ShipAddr"].(Object)
	if known := c.places[Text(doc, "Id")]; known != nil && Text(address, "CountrySubDivisionCode") == "" {
		address = known
	}
	state, city := Text(address, "CountrySubDivisionCode"), Text(address, "City")
	if state == "" {
		state = c.settings.State
	}
	var found Object
	for _, r := range c.tables["TaxCode"].all {
		code := r.latest().doc
		name := Text(code, "Name")
		if strings.EqualFold(name, state+"-"+city) {
			return code
		}
		if found == nil && strings.HasPrefix(name, state+"-") {
			found = code
		}
	}
	return found
}

func (c *Company) taxLines(code Object, base decimal.Decimal) (lines []any, total decimal.Decimal) {
	rates, _ := code["SalesTaxRateList"].(Object)
	for _, detail := range list(rates, "TaxRateDetail") {
		id := Ref(detail, "TaxRateRef")
		percent, _ := number(c.get("TaxRate", id), "RateValue")
		tax := round2(base.Mul(percent).Shift(-2))
		total = total.Add(tax)
		lines = append(lines, Object{
			"Amount": amount(tax), "DetailType": "TaxLineDetail", "TaxLineDetail": Object{
				"TaxRateRef": reference(id, ""), "PercentBased": true, "TaxPercent": amount(percent), "NetAmountTaxable": amount(round2(base)),
			},
		})
	}
	return lines, total
}

// prorate spreads a total tax over the rates as the developer blog says: in
// their proportion, the last one takes the rest.
func prorate(lines []any, wanted, total decimal.Decimal) []any {
	rest := wanted
	for i, l := range lines {
		line := l.(Object)
		share := rest
		if part, _ := number(line, "Amount"); i < len(lines)-1 && !total.IsZero() {
			share = round2(wanted.Mul(part).DivRound(total, 7))
		}
		rest = rest.Sub(share)
		line["Amount"] = amount(share)
	}
	return lines
}
