package books

import (
	"strings"
	"time"
	"unicode/utf8"
)

// Options are what a request says besides its body.
type Options struct {
	// AllowDuplicates is include=allowduplicatedocnum.
	AllowDuplicates bool
	// Void is include=void, which voids a payment.
	Void bool
	// RequestID and Arrived are for the journal; empty where a user does it by hand.
	RequestID string
	Arrived   time.Time
}

// Write creates or updates an object: without an Id it is a create, with one an
// update, in full or sparse (Intuit documentation, API reference, "Create" and
// "Full update" and "Sparse update" of each entity).
func (c *Company) Write(e Entity, body Object, o Options) (Object, *Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	what := Created
	if Text(body, "Id") != "" {
		what = Updated
	}
	return c.journaled(e, body, o, what, func() (Object, *Fault) { return c.write(e, body, o) })
}

// write is Write with the lock held.
func (c *Company) write(e Entity, body Object, o Options) (Object, *Fault) {
	if f := c.open(); f != nil {
		return nil, f
	}
	if f := known(e, body); f != nil {
		return nil, f
	}
	old, f := c.target(e, body)
	if f != nil {
		return nil, f
	}
	doc := merge(e, old, body)
	switch e.Name {
	case "Invoice", "CreditMemo":
		doc, f = c.sale(e, doc, old, o)
	case "Customer", "Vendor", "Employee":
		doc, f = c.person(e, doc, old)
	case "Item":
		doc, f = c.item(doc, old)
	case "Payment":
		doc, f = c.payment(doc, old)
	default:
		return nil, unsupported("create or update of " + e.Name)
	}
	if f != nil {
		return nil, f
	}
	return c.store(e, doc, old), nil
}

// store gives a new object its id and a changed one its next SyncToken.
func (c *Company) store(e Entity, doc, old Object) Object {
	if old == nil {
		if doc["Id"] == nil {
			doc["Id"] = c.nextID(e.Name)
		}
		doc["SyncToken"] = "0"
	} else {
		doc["Id"], doc["SyncToken"] = old["Id"], nextToken(Text(old, "SyncToken"))
	}
	doc["domain"], doc["sparse"] = "QBO", false
	return c.put(e.Name, doc, false)
}

// open refuses all writes while the company as a whole cannot be written to
// (Intuit error code list, 150 and 6190).
func (c *Company) open() *Fault {
	switch {
	case c.settings.Maintenance:
		return refuse("150", "Company under maintenance", "The company is being upgraded. Please try again later.")
	case c.settings.Ended:
		return refuse("6190", "Invalid Company Status",
			"Subscription period has ended or canceled or there was a billing problem : You can't add data to QuickBooks Online Plus because your trial or subscription period ended")
	}
	return nil
}

// known refuses properties that the entity does not have (Intuit error code
// list, 2010).
func known(e Entity, body Object) *Fault {
	for name := range body {
		if !e.has(name) {
			return unknownProperty(name)
		}
	}
	return shapes(body)
}

// target finds what an update is about and checks its SyncToken (Intuit
// documentation, "Basic ID and field definitions", SyncToken). A create has no
// Id, and gives nil.
func (c *Company) target(e Entity, body Object) (Object, *Fault) {
	id := Text(body, "Id")
	if id == "" {
		return nil, nil
	}
	old := c.get(e.Name, id)
	token := Text(body, "SyncToken")
	switch {
	case old == nil:
		return nil, gone()
	case token == "":
		return nil, missing("SyncToken")
	case token != Text(old, "SyncToken"):
		return nil, stale()
	}
	return old, nil
}

// readOnly are set by QuickBooks; what a body says of them does not count.
var readOnly = []string{
	"Id", "SyncToken", "MetaData", "domain", "sparse", "TotalAmt", "Balance", "BalanceWithJobs", "HomeTotalAmt", "HomeBalance", "RemainingCredit",
	"UnappliedAmt", "LinkedTxn", "InvoiceLink", "FullyQualifiedName", "Level",
}

// merge applies a body: sparse keeps what it does not name, a full update
// clears it. null clears too.
func merge(e Entity, old, body Object) Object {
	doc := Object{}
	if old != nil && Flag(body, "sparse") {
		doc = clone(old)
	}
	for name, v := range body {
		if v == nil {
			delete(doc, name)
		} else {
			doc[name] = v
		}
	}
	if recomputesTax(body) && doc["TxnTaxDetail"] != nil && body["TxnTaxDetail"] == nil {
		doc["TxnTaxDetail"] = withoutTax(doc["TxnTaxDetail"])
	}
	for _, name := range readOnly {
		if name == "TotalAmt" && e.Name == "Payment" {
			continue
		}
		delete(doc, name)
		if old != nil && old[name] != nil {
			doc[name] = old[name]
		}
	}
	return doc
}

// recomputesTax tells whether a body changes what the tax is computed of. A total
// that was sent before counts no more then; a sparse update of other things leaves
// the tax alone.
func recomputesTax(body Object) bool {
	for _, name := range []string{"Line", "ShipAddr", "CustomerRef", "ApplyTaxAfterDiscount"} {
		if body[name] != nil {
			return true
		}
	}
	return false
}

// withoutTax keeps the code of a TxnTaxDetail.
func withoutTax(detail any) Object {
	old, _ := detail.(Object)
	if old["TxnTaxCodeRef"] == nil {
		return nil
	}
	return Object{"TxnTaxCodeRef": old["TxnTaxCodeRef"]}
}

func nextToken(token string) string {
	n := 0
	for _, r := range token {
		n = n*10 + int(r-'0')
	}
	return itoa(n + 1)
}

// limit is the most characters of a property.
type limit struct {
	path string
	most int
}

// checkLimits refuses text that is too long, and characters that a name cannot
// have (Finance.xsd of Intuit's SDKs, maximum lengths).
func checkLimits(doc Object, limits []limit) *Fault {
	for _, l := range limits {
		if s, ok := At(doc, l.path).(string); ok && utf8.RuneCountInString(s) > l.most {
			first, _, _ := strings.Cut(l.path, ".")
			return tooLong(first, l.most, utf8.RuneCountInString(s))
		}
	}
	return nil
}

// Remove deletes a transaction (Intuit API reference, "Delete an invoice"); lists
// cannot be deleted, only made inactive.
func (c *Company) Remove(e Entity, body Object, o Options) (Object, *Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.journaled(e, body, o, Deleted, func() (Object, *Fault) { return c.remove(e, body) })
}

// remove is Remove with the lock held.
func (c *Company) remove(e Entity, body Object) (Object, *Fault) {
	old, f := c.changeable(e, body)
	if f != nil {
		return nil, f
	}
	switch {
	case e.Name == "Payment":
		c.apply(old, false)
	case len(list(old, "LinkedTxn")) > 0:
		return nil, linked()
	}
	c.put(e.Name, old, true)
	return Object{"domain": "QBO", "status": "Deleted", "Id": old["Id"]}, nil
}

// changeable finds a transaction that is to be voided or deleted.
func (c *Company) changeable(e Entity, body Object) (Object, *Fault) {
	if f := c.open(); f != nil {
		return nil, f
	}
	if e.List || (e.Name != "Invoice" && e.Name != "CreditMemo" && e.Name != "Payment") {
		return nil, unsupported("delete or void of " + e.Name)
	}
	if Text(body, "Id") == "" {
		return nil, missing("Id")
	}
	old, f := c.target(e, body)
	if f != nil {
		return nil, f
	}
	if f := c.closed(old); f != nil {
		return nil, f
	}
	if c.deposits[Text(old, "Id")] {
		return nil, deposited()
	}
	return old, nil
}
