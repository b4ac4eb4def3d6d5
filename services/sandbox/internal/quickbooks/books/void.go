package books

import (
	"encoding/json"

	"github.com/shopspring/decimal"
)

func jsonInt(n int) json.Number { return json.Number(itoa(n)) }

// Void voids an invoice: it stays with all amounts zero, and its private note
// begins with the word Voided (Intuit API reference, "Void an invoice"). A credit
// memo cannot be voided by the API, only deleted.
func (c *Company) Void(e Entity, body Object, o Options) (Object, *Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.journaled(e, body, o, Voided, func() (Object, *Fault) { return c.void(e, body) })
}

// void is Void with the lock held.
func (c *Company) void(e Entity, body Object) (Object, *Fault) {
	if e.Name == "CreditMemo" {
		return nil, unsupported("void of " + e.Name)
	}
	old, f := c.changeable(e, body)
	if f != nil {
		return nil, f
	}
	if e.Name == "Payment" {
		return c.voidPayment(old)
	}
	c.unlink(Text(old, "Id"))
	doc := clone(c.get(e.Name, Text(old, "Id")))
	doc["PrivateNote"] = voided(Text(old, "PrivateNote"))
	var lines []any
	for _, line := range list(old, "Line") {
		line = clone(line)
		if line["Amount"] != nil {
			line["Amount"] = jsonInt(0)
		}
		if detail, ok := line["SalesItemLineDetail"].(Object); ok {
			detail = clone(detail)
			detail["Qty"] = jsonInt(0)
			delete(detail, "UnitPrice")
			line["SalesItemLineDetail"] = detail
		}
		lines = append(lines, line)
	}
	doc["Line"], doc["TotalAmt"], doc["Balance"] = lines, jsonInt(0), jsonInt(0)
	doc["TxnTaxDetail"] = Object{"TotalTax": jsonInt(0)}
	return c.store(e, doc, doc), nil
}

func voided(note string) string {
	if note == "" {
		return "Voided"
	}
	return "Voided - " + note
}

// payment checks a payment and applies it to invoices (Intuit API reference,
// Payment). The lock is held.
func (c *Company) payment(doc, old Object) (Object, *Fault) {
	id := Ref(doc, "CustomerRef")
	customer := c.get("Customer", id)
	total, ok := number(doc, "TotalAmt")
	switch {
	case id == "":
		return nil, missing("CustomerRef")
	case customer == nil:
		return nil, badReference("Names", id)
	case !ok || total.IsNegative():
		return nil, missing("TotalAmt")
	}
	if f := checkDate(doc, "TxnDate"); f != nil {
		return nil, f
	}
	if Text(doc, "TxnDate") == "" {
		doc["TxnDate"] = c.today()
	}
	if f := c.closed(doc); f != nil {
		return nil, f
	}
	if old != nil {
		c.apply(old, false)
	}
	if f := c.applicable(doc, total); f != nil {
		if old != nil {
			c.apply(old, true)
		}
		return nil, f
	}
	if doc["Id"] == nil {
		doc["Id"] = c.nextID("Payment")
	}
	applied := c.apply(doc, true)
	doc["UnappliedAmt"] = amount(total.Sub(applied))
	doc["CustomerRef"] = reference(id, Text(customer, "DisplayName"))
	doc["CurrencyRef"] = reference("USD", "United States Dollar")
	return doc, nil
}

// applicable checks the links of a payment (Intuit error code list, 620).
func (c *Company) applicable(doc Object, total decimal.Decimal) *Fault {
	sum := decimal.Zero
	for _, line := range list(doc, "Line") {
		part, ok := number(line, "Amount")
		if !ok {
			return missing("Amount")
		}
		sum = sum.Add(part)
		for _, link := range list(line, "LinkedTxn") {
			invoice := c.get("Invoice", Text(link, "TxnId"))
			if Text(link, "TxnType") != "Invoice" || invoice == nil {
				return refuse("620", "Transaction can't be linked", "TxnId "+Text(link, "TxnId")+" cannot be linked")
			}
			if open, _ := number(invoice, "Balance"); part.GreaterThan(open) {
				return business("The amount applied is more than the open balance of the invoice")
			}
		}
	}
	if sum.GreaterThan(total) {
		return business("The amount of the payment must cover what is applied")
	}
	return nil
}

// apply takes what a payment pays off the balances of its invoices, or puts it
// back, and gives the sum.
func (c *Company) apply(payment Object, take bool) decimal.Decimal {
	sum := decimal.Zero
	for _, line := range list(payment, "Line") {
		part, _ := number(line, "Amount")
		for _, link := range list(line, "LinkedTxn") {
			invoice := c.get("Invoice", Text(link, "TxnId"))
			if invoice == nil {
				continue
			}
			sum = sum.Add(part)
			doc := clone(invoice)
			open, _ := number(doc, "Balance")
			if take {
				open = open.Sub(part)
			} else {
				open = open.Add(part)
			}
			doc["Balance"] = amount(open)
			doc["LinkedTxn"] = links(doc, Text(payment, "Id"), take)
			invoiceKind, _ := EntityNamed("Invoice")
			c.store(invoiceKind, doc, doc)
		}
	}
	return sum
}

// links shows the payments of an invoice (Intuit API reference, Invoice.LinkedTxn).
func links(invoice Object, payment string, add bool) []any {
	out := []any{}
	for _, link := range list(invoice, "LinkedTxn") {
		if Text(link, "TxnId") != payment {
			out = append(out, link)
		}
	}
	if add && payment != "" {
		out = append(out, Object{"TxnId": payment, "TxnType": "Payment"})
	}
	return out
}

func (c *Company) voidPayment(old Object) (Object, *Fault) {
	c.apply(old, false)
	doc := clone(old)
	doc["PrivateNote"], doc["TotalAmt"], doc["UnappliedAmt"], doc["Line"] = voided(Text(old, "PrivateNote")), jsonInt(0), jsonInt(0), []any{}
	payment, _ := EntityNamed("Payment")
	return c.store(payment, doc, old), nil
}

// unlink takes an invoice out of all payments, as QuickBooks does when it is
// voided.
func (c *Company) unlink(invoiceID string) {
	payment, _ := EntityNamed("Payment")
	for _, r := range c.tables["Payment"].all {
		old := r.latest().doc
		kept, freed := []any{}, decimal.Zero
		for _, line := range list(old, "Line") {
			if pays(line, invoiceID) {
				part, _ := number(line, "Amount")
				freed = freed.Add(part)
				continue
			}
			kept = append(kept, line)
		}
		if freed.IsZero() || r.latest().deleted {
			continue
		}
		doc := clone(old)
		unapplied, _ := number(old, "UnappliedAmt")
		doc["Line"], doc["UnappliedAmt"] = kept, amount(unapplied.Add(freed))
		c.store(payment, doc, old)
	}
}

func pays(line Object, invoiceID string) bool {
	for _, link := range list(line, "LinkedTxn") {
		if Text(link, "TxnId") == invoiceID {
			return true
		}
	}
	return false
}
