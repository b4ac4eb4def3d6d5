// Package plainbooks is an accounting system for tests that gives no help at all:
// it knows no idempotency key, refuses no second document of the same marker or
// number, and shows a document to a search only some time after it was written.
// Whoever wants exactly one document has to look before writing, and to wait
// before looking. It speaks HTTP, can lose answers after it has committed, and
// remembers everything that ever happened to it.
package plainbooks

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Document is an invoice or a credit memo as the books keep it, and as it travels.
type Document struct {
	// ID is given by the books; a document that is posted has none.
	ID      string `json:"id,omitempty"`
	Version int    `json:"version,omitempty"`
	// Kind is "invoice" or "credit_memo".
	Kind string `json:"kind"`
	// Marker is a searchable field, like any other text: several documents may
	// have the same one.
	Marker   string `json:"marker"`
	Number   string `json:"number"`
	Date     string `json:"date"`
	Customer string `json:"customer"`
	// Total is what the sender says; the books refuse a document whose lines and
	// tax add up to something else. Decimal.
	Total string `json:"total"`
	Tax   string `json:"tax,omitempty"`
	// Hash is a custom field that the books do not look at. They empty it when
	// somebody changes the document by hand.
	Hash  string `json:"hash,omitempty"`
	Lines []Line `json:"lines"`
	// Void says that it counts nothing. It keeps its number and its amounts.
	Void bool `json:"void,omitempty"`
}

// Line is one line of a document.
type Line struct {
	Description string `json:"description"`
	// Amount is a decimal.
	Amount string `json:"amount"`
}

// What happened to a document.
const (
	Created = "created"
	Updated = "updated"
	Refused = "refused"
	Voided  = "voided"
)

// Event is one thing that happened, in the order in which it did.
type Event struct {
	At     time.Time `json:"at"`
	What   string    `json:"what"`
	Marker string    `json:"marker"`
	ID     string    `json:"id,omitempty"`
	Total  string    `json:"total,omitempty"`
	// Sent is when the client says that it began to write the request; the time
	// between Sent and At tells a slow network from a wrong client.
	Sent time.Time `json:"sent,omitzero"`
	// Trouble is what the answer met, if anything.
	Trouble Trouble `json:"trouble,omitempty"`
}

// Options of new books.
type Options struct {
	// ID of the company; it must differ between any two books.
	ID string
	// Hidden is how long a new document stays out of every search.
	Hidden time.Duration
	// ClosedThrough refuses documents up to this date, YYYY-MM-DD; "" refuses none.
	ClosedThrough string
	// Misbehave decides what the answer of a write meets: the nth write of that
	// marker, from 1 on. nil: nothing.
	Misbehave func(marker string, nth int) Trouble
	// Slow is how long a slow answer takes.
	Slow time.Duration
	// Now tells the time; nil means time.Now.
	Now func() time.Time
}

// Books is one company's books. It is an http.Handler, and safe for many goroutines.
type Books struct {
	opt Options
	mux *http.ServeMux

	mu      sync.Mutex
	next    int
	kept    map[string]*kept // by id
	markers map[string][]*kept
	writes  map[string]int // by marker
	events  []Event
	calm    bool
}

type kept struct {
	doc     Document
	at      time.Time
	deleted bool
}

// New opens empty books.
func New(o Options) *Books {
	if o.Now == nil {
		o.Now = time.Now
	}
	b := &Books{opt: o, kept: map[string]*kept{}, markers: map[string][]*kept{}, writes: map[string]int{}}
	b.mux = b.routes()
	return b
}

// Calm ends all misbehaviour.
func (b *Books) Calm() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calm = true
}

// Documents lists what stands in the books, hidden or not, in the order in which
// it was created.
func (b *Books) Documents() []Document {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []Document
	for n := 1; n <= b.next; n++ {
		if k := b.kept[strconv.Itoa(n)]; !k.deleted {
			all = append(all, k.doc)
		}
	}
	return all
}

// Events lists everything that ever happened.
func (b *Books) Events() []Event {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]Event(nil), b.events...)
}

// Count counts the documents of a marker, hidden or not.
func (b *Books) Count(marker string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, k := range b.markers[marker] {
		if !k.deleted {
			n++
		}
	}
	return n
}

// Delete takes the documents of a marker out, as a bookkeeper would.
func (b *Books) Delete(marker string) {
	b.byHand(marker, func(k *kept) { k.deleted = true })
}

// Tamper gives the documents of a marker another total, as a bookkeeper would.
func (b *Books) Tamper(marker, total string) {
	b.byHand(marker, func(k *kept) { k.doc.Total, k.doc.Hash = total, "" })
}

func (b *Books) byHand(marker string, change func(*kept)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, k := range b.markers[marker] {
		k.doc.Version++
		change(k)
	}
}

// search returns what a search for a marker shows by now.
func (b *Books) search(marker string) []Document {
	b.mu.Lock()
	defer b.mu.Unlock()
	found := []Document{}
	for _, k := range b.markers[marker] {
		if !k.deleted && b.opt.Now().Sub(k.at) >= b.opt.Hidden {
			found = append(found, k.doc)
		}
	}
	return found
}
