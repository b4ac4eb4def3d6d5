// Package externalid writes the id that a customer has in the books to the company
// or location that stands for it in ServiceTrade, as the external id by which the
// mapping matches it from then on: whoever is renamed stays the same customer.
//
// It comes after the posting and never holds it up or fails it. Nothing remembers
// what is left to write: when a process dies in between, or ServiceTrade is away,
// the next posting of the same customer finds no external id, and writes it.
package externalid

import (
	"context"
	"log/slog"
	"sync"
	"time"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector"
)

// queueSize is how many external ids may wait; more are left to a later posting.
const queueSize = 256

// ServiceTrade reads and writes external ids; servicetrade.Client does.
type ServiceTrade interface {
	ExternalIDs(ctx context.Context, kind string, id int64) (map[string]string, error)
	SetExternalID(ctx context.Context, kind string, id int64, system, value string) error
}

// Posted is a document that was posted, and its customers.
type Posted struct {
	Subject      bus.Subject
	Send         int64
	SnapshotHash string
	Document     *tradepostv1.Document
	Customers    []connector.Customer
}

// Options of a Writer.
type Options struct {
	Connection string
	// System is the account's external system in ServiceTrade.
	System       string
	ServiceTrade ServiceTrade
	// Tell publishes what became of an external id, for people.
	Tell    func(ctx context.Context, r Result)
	Metrics *Metrics
	Log     *slog.Logger
}

// Writer writes the external ids of one connection, one after the other, so that it
// never has more than one call to ServiceTrade under way.
type Writer struct {
	Options
	life context.Context // nothing is written after its end
	mem  memory

	mu      sync.Mutex
	queue   []job
	working bool
	// restsUntil is when the next call is worth making.
	restsUntil time.Time
	idle       chan struct{} // closed whenever no worker is at it
}

// New makes a writer that works until ctx ends.
func New(ctx context.Context, o Options) *Writer {
	idle := make(chan struct{})
	close(idle)
	return &Writer{Options: o, life: ctx, mem: newMemory(), idle: idle}
}

// job is one external id that may have to be written.
type job struct {
	ctx      context.Context // of the posting, for its trace and log
	posted   Posted
	customer connector.Customer
	name     string // of the record, for people
}

func (j job) key() key { return key{j.customer.Record, j.customer.RecordID} }

// Posted looks at the customers of a document whose outcome is in the record. It
// never blocks, and calls nobody for a record that showed the id when the invoice
// was read.
func (w *Writer) Posted(ctx context.Context, p Posted) {
	for _, c := range p.Customers {
		c = standsFor(p.Document, c)
		name, shown, ours := recordOf(p.Document, c)
		if !ours || c.ID == "" {
			w.Log.WarnContext(ctx, "the connector tells a customer of a record that the document does not name",
				"invoice", p.Subject.InvoiceID, "record", c.Record, "id", c.RecordID)
			continue
		}
		j := job{ctx: context.WithoutCancel(ctx), posted: p, customer: c, name: name}
		switch has := shown[w.System]; {
		case has == c.ID:
		case has != "":
			w.differs(j, has)
		default:
			w.offer(j)
		}
	}
}

// standsFor is the customer with the record that stands for it by the mapping: a
// connector tells the document's customer as the company's, and need not know of
// mappings that find customers by the location.
func standsFor(d *tradepostv1.Document, c connector.Customer) connector.Customer {
	if d.GetCustomer().GetStandsForLocation() && c.Record == connector.RecordCompany && c.RecordID == d.GetCustomer().GetCompanyId() {
		c.Record, c.RecordID = connector.RecordLocation, d.GetLocation().GetLocationId()
	}
	return c
}

// recordOf returns the name and the external ids of the record that stands for the
// customer, as the document has them; false when the document names no such record.
func recordOf(d *tradepostv1.Document, c connector.Customer) (name string, ids map[string]string, ours bool) {
	switch {
	case c.RecordID == 0:
	case c.Record == connector.RecordCompany && c.RecordID == d.GetCustomer().GetCompanyId():
		return d.GetCustomer().GetName(), d.GetCustomer().GetExternalIds(), true
	case c.Record == connector.RecordLocation && c.RecordID == d.GetLocation().GetLocationId():
		return d.GetLocation().GetName(), d.GetLocation().GetExternalIds(), true
	}
	return "", nil, false
}

// offer queues a job, unless it was dealt with lately or there is no room.
func (w *Writer) offer(j job) {
	if w.life.Err() != nil || !w.mem.begin(j.key(), j.customer.ID, time.Now()) {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) >= queueSize {
		w.mem.forget(j.key())
		w.Metrics.count(w.Connection, PutOff)
		return
	}
	w.queue = append(w.queue, j)
	if !w.working {
		w.working, w.idle = true, make(chan struct{})
		go w.work()
	}
}

// work empties the queue, and ends.
func (w *Writer) work() {
	for {
		w.mu.Lock()
		if len(w.queue) == 0 || w.life.Err() != nil {
			w.working, w.queue = false, nil
			close(w.idle)
			w.mu.Unlock()
			return
		}
		j := w.queue[0]
		w.queue = w.queue[1:]
		w.mu.Unlock()
		w.do(j)
	}
}

// Idle is closed once nothing waits to be written.
func (w *Writer) Idle() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.idle
}
