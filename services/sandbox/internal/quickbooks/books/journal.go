package books

import (
	"strings"
	"time"
)

// What became of a write of a sale.
const (
	Created = "created"
	Updated = "updated"
	Voided  = "voided"
	Deleted = "deleted"
	Refused = "refused"
)

// Entry is one write of an invoice or a credit memo, whether its answer arrived or
// not: also what was refused. What a payment changes in an invoice is not told here,
// and no answer that was repeated to a requestid, since nothing was written then.
type Entry struct {
	// Number counts the entries of the company from 1.
	Number int `json:"number"`
	// Arrived is when the first byte of the request came, zero for what a user did by
	// hand; At is when it was written or refused.
	Arrived time.Time `json:"arrived,omitzero"`
	At      time.Time `json:"at"`
	// What is one of the words above, Entity Invoice or CreditMemo.
	What   string `json:"what"`
	Entity string `json:"entity"`
	// RequestID is that of the request, "" where it had none.
	RequestID string `json:"requestId,omitempty"`
	// Code is that of the refusal.
	Code string `json:"code,omitempty"`
	// Object is the sale from then on; as it was, where it was deleted; what was sent,
	// where it was refused.
	Object Object `json:"object"`
}

// journaled does one write of a sale and notes what came of it. The lock is held.
func (c *Company) journaled(e Entity, body Object, o Options, what string, do func() (Object, *Fault)) (Object, *Fault) {
	if e.Name != "Invoice" && e.Name != "CreditMemo" {
		return do()
	}
	before := c.get(e.Name, Text(body, "Id"))
	after, f := do()
	entry := Entry{
		Number: len(c.journal) + 1, Arrived: o.Arrived, At: c.now(), What: what, Entity: e.Name, RequestID: o.RequestID, Object: after,
	}
	switch {
	case f != nil:
		entry.What, entry.Code, entry.Object = Refused, f.Code, body
		if before != nil && Text(body, "PrivateNote") == "" { // whose it is has to be told all the same
			entry.Object = before
		}
	case what == Deleted:
		entry.Object = before
	}
	c.journal = append(c.journal, entry)
	return after, f
}

// Journal lists the entries with a number above after, in the order of time, at most
// so many; 0 lists all.
func (c *Company) Journal(after, most int) []Entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	from := min(max(after, 0), len(c.journal))
	to := len(c.journal)
	if most > 0 {
		to = min(from+most, to)
	}
	return append([]Entry{}, c.journal[from:to]...)
}

// Admit lets sales into the closed books whose private note holds a text, from now
// on. QuickBooks has nothing like it: it is for tests whose bookkeeper opens the books
// for one document.
func (c *Company) Admit(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.admitted = append(c.admitted, text)
	c.tell()
}

// isAdmitted tells whether closed books are open to a sale. The lock is held.
func (c *Company) isAdmitted(doc Object) bool {
	note := Text(doc, "PrivateNote")
	for _, text := range c.admitted {
		if strings.Contains(note, text) {
			return true
		}
	}
	return false
}
