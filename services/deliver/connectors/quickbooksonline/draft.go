package quickbooksonline

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// draft is a document on its way into the shape of the API. All faults are collected
// before anything is made; trouble with QuickBooks itself stops it.
type draft struct {
	q     *Online
	d     *tradepostv1.Document
	prefs preferences
	paper paper

	faults  []*tradepostv1.Fault
	remarks []*tradepostv1.Fault
	// levels are the customer and what is posted below it, the last one is billed.
	levels []level
	// items that have to be made, by the name that they get.
	newItems map[string]newItem
	// lineItems are the items of the lines: their ids, or the names of new ones.
	lineItems []lineItem
	// customers are those that the document is posted to.
	customers []connector.Customer
}

// fail notes a fault; what several lines have is told once.
func (w *draft) fail(f *tradepostv1.Fault) {
	same := func(o *tradepostv1.Fault) bool {
		return o.GetCode() == f.GetCode() && o.GetThing() == f.GetThing() && maps.Equal(o.GetParams(), f.GetParams())
	}
	if !slices.ContainsFunc(w.faults, same) {
		w.faults = append(w.faults, f)
	}
}

// prepare resolves everything that a document names. The faults are all that Create
// would reject it for; nothing is written. Before a fault is believed, what nobody tells
// the changes of is read again: somebody may just have mended it. A closing date is read
// again always: whoever moves it sends the invoice in the next moment.
func (q *Online) prepare(ctx context.Context, d *tradepostv1.Document) (*draft, error) {
	began := time.Now()
	w, err := q.resolve(ctx, d)
	if err != nil || len(w.faults) == 0 {
		return w, err
	}
	again := q.outdated()
	if !again && w.datesClosed() {
		if _, err := q.preferencesSince(ctx, began); err != nil {
			return nil, err
		}
		again = true
	}
	if !again {
		return w, nil
	}
	return q.resolve(ctx, d)
}

func (q *Online) resolve(ctx context.Context, d *tradepostv1.Document) (*draft, error) {
	w := &draft{q: q, d: d, newItems: map[string]newItem{}}
	prefs, err := q.preferences(ctx)
	if err != nil {
		return nil, err
	}
	w.prefs = prefs
	if err := q.books.have(ctx, w.needs()...); err != nil {
		return nil, err
	}
	w.checkHeader()
	w.checkTotals()
	w.header()
	w.resolveCustomer()
	w.resolveLines()
	w.tax()
	return w, nil
}

// needs are the records that the document names.
func (w *draft) needs() []string {
	needs := []string{customerRecords, itemRecords}
	add := func(name string, used bool) {
		if used {
			needs = append(needs, name)
		}
	}
	var class, account, tax bool
	for _, l := range w.d.GetLines() {
		class = class || l.GetClass() != nil
		account = account || l.GetRevenueAccount() != nil || l.GetItem().GetCreateIfMissing()
		tax = tax || l.GetTaxCode() != nil
	}
	for _, t := range w.d.GetTaxes() {
		tax = tax || t.GetCode() != nil
	}
	add(termRecords, w.d.GetTerms().GetReference() != nil)
	add(classRecords, class || w.d.GetClass() != nil)
	add(departmentRecords, w.department() != nil)
	add(accountRecords, account || w.d.GetDiscount() != nil)
	add(taxRecords, tax)
	return needs
}

// complete makes what the document names and QuickBooks has not yet, and writes the
// document's final shape.
func (w *draft) complete(ctx context.Context, p connector.Posting) error {
	if err := w.makeCustomers(ctx); err != nil {
		return err
	}
	if err := w.makeItems(ctx); err != nil {
		return err
	}
	w.paper.CustomerRef = &ref{Value: w.levels[len(w.levels)-1].id}
	w.lines()
	w.note(p)
	return nil
}

// refused is trouble with a record that had to be made first: the document's fault.
type refused struct{ fault *tradepostv1.Fault }

func (r *refused) Error() string { return r.fault.GetMessage() }

// asRefused returns the fault that err holds, if any.
func asRefused(err error) (*tradepostv1.Fault, bool) {
	if r, is := errors.AsType[*refused](err); is {
		return r.fault, true
	}
	return nil, false
}
