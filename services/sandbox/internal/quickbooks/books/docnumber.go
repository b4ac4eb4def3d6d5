package books

import (
	"fmt"
	"strconv"
)

// saleNumber decides about the DocNumber (Intuit API reference,
// Invoice.DocNumber; "Handling common errors", 6140).
func (c *Company) saleNumber(e Entity, doc, old Object, o Options) *Fault {
	asked := Text(doc, "DocNumber")
	if asked == "AUTO_GENERATE" || asked == "" && Flag(doc, "AutoDocNumber") || asked == "" && old == nil && !c.settings.CustomNumbers {
		c.lastDoc[e.Name]++
		doc["DocNumber"] = itoa(c.lastDoc[e.Name])
		delete(doc, "AutoDocNumber")
		return nil // a number that QuickBooks gives is not compared: that is how duplicates come to be
	}
	delete(doc, "AutoDocNumber")
	if asked == "" || old != nil && asked == Text(old, "DocNumber") || !c.settings.WarnDuplicates || o.AllowDuplicates {
		return nil
	}
	if id := c.numbered(e.Name, asked); id != "" {
		return refuse("6140", "Duplicate Document Number Error", fmt.Sprintf("Duplicate Document Number Error : You must specify a different number. "+
			"This number has already been used. DocNumber=%s is assigned to TxnType=%s with TxnId=%s", asked, e.Name, id))
	}
	return nil
}

// numbered gives the id of the sale that has a number, "" when there is none.
func (c *Company) numbered(entity, number string) string {
	for _, r := range c.tables[entity].all {
		if v := r.latest(); !v.deleted && Text(v.doc, "DocNumber") == number {
			return r.id
		}
	}
	return ""
}

// CountFrom sets the last number that QuickBooks gave to invoices and to credit
// memos, so that the next one is known.
func (c *Company) CountFrom(last int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lastDoc["Invoice"], c.lastDoc["CreditMemo"] = last, last
}

// NextNumber tells the next number of invoices.
func (c *Company) NextNumber() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strconv.Itoa(c.lastDoc["Invoice"] + 1)
}
