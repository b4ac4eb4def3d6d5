package quickbooksonline

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// maxName is the longest name of a customer, in characters.
const maxName = 500

// level is a customer of QuickBooks on the way down to the one who is billed: the
// company, its location, its job.
type level struct {
	thing  string
	ref    *tradepostv1.Reference
	name   string
	create bool
	kind   connector.RecordKind
	record int64
	// id of the customer, "" while there is none.
	id string
	// reactivate says that the customer is there and not active.
	reactivate bool
	syncToken  string
	created    bool
}

// resolveCustomer finds the customer of each level. What is missing and may be made is
// made later. Of who is below a customer that is not found nothing can be said, unless
// its id is named.
func (w *draft) resolveCustomer() {
	w.levels = w.wantedLevels()
	parent, known := "", true
	for i := range w.levels {
		l := &w.levels[i]
		switch {
		case i > 0 && known && parent == "":
			// Below a customer who is yet to be made there is nobody.
			if !l.create {
				w.noCustomer(l)
			}
		case known || byID(l.ref):
			parent, known = w.resolveLevel(l, i > 0, parent)
		}
	}
}

func (w *draft) wantedLevels() []level {
	c := w.d.GetCustomer()
	levels := []level{{
		thing: `Customer "` + c.GetName() + `"`, ref: c.GetReference(), name: nameOf(c.GetReference(), c.GetName()),
		create: c.GetCreateIfMissing(), kind: connector.RecordCompany, record: c.GetCompanyId(),
	}}
	if l := w.d.GetLocation(); l.GetBelowCustomer() {
		levels = append(levels, level{
			thing: `Location "` + l.GetName() + `"`, ref: l.GetReference(), name: nameOf(l.GetReference(), l.GetName()),
			create: l.GetCreateIfMissing(), kind: connector.RecordLocation, record: l.GetLocationId(),
		})
	}
	if j := w.d.GetJob(); j.GetBelowCustomer() {
		levels = append(levels, level{
			thing: "Job " + j.GetNumber(), ref: j.GetReference(), name: nameOf(j.GetReference(), "Job "+j.GetNumber()),
			create: j.GetCreateIfMissing(),
		})
	}
	return levels
}

// nameOf is the name of a customer: what the mapping names, else the record's own. A
// colon separates customers from those below them, and no name has one.
func nameOf(r *tradepostv1.Reference, name string) string {
	if r != nil && r.GetBy() != tradepostv1.ReferenceBy_REFERENCE_BY_ID {
		name = r.GetValue()
	}
	return clip(strings.Join(strings.Fields(strings.ReplaceAll(name, ":", " - ")), " "), maxName)
}

// resolveLevel finds the customer of a level. id is who the next level is below, "" while
// there is nobody; known is false where that cannot be told.
func (w *draft) resolveLevel(l *level, below bool, parent string) (id string, known bool) {
	found, there := w.customerOf(l, below, parent)
	switch {
	case !there && l.create && l.ref.GetBy() != tradepostv1.ReferenceBy_REFERENCE_BY_ID:
		return "", true // Made later.
	case !there:
		w.noCustomer(l)
		return "", false
	case found.active:
		l.id = found.id
	case w.q.cfg.Customers.Inactive == Reactivate:
		l.id, l.reactivate, l.syncToken = found.id, true, found.syncToken
	default:
		w.fail(fault.New("customer.inactive_in_books", fault.Args{
			Path: "customer", Thing: l.thing, Params: map[string]string{"value": found.name, "connection": w.q.connection},
		}))
	}
	return found.id, true
}

func (w *draft) noCustomer(l *level) {
	value := l.name
	if l.ref != nil {
		value = l.ref.GetValue()
	}
	w.fail(fault.New("customer.not_in_books", fault.Args{Path: "customer", Thing: l.thing, Params: map[string]string{"value": value}}))
}

// customerOf finds the customer of a level, active or not.
func (w *draft) customerOf(l *level, below bool, parent string) (record, bool) {
	s := &w.q.books.records
	if byID(l.ref) {
		return s.withID(customerRecords, l.ref.GetValue())
	}
	names := []string{l.name, w.suffixed(l.name)}
	if l.ref != nil {
		names = append(names, l.ref.GetValue()) // The full name of one below another: Acme:Tower.
	}
	for _, name := range names {
		for _, r := range s.named(customerRecords, "name", name) {
			if below && r.parent == parent || !below && (r.parent == "" || strings.Contains(name, ":")) {
				return r, true
			}
		}
	}
	if below {
		return w.taggedBelow(l, parent)
	}
	return record{}, false
}

// taggedBelow finds a location whose name another customer had when it was made.
func (w *draft) taggedBelow(l *level, parent string) (record, bool) {
	above, there := w.q.books.records.withID(customerRecords, parent)
	if !there {
		return record{}, false
	}
	for _, r := range w.q.books.records.named(customerRecords, "name", besideName(l.name, above.name)) {
		if r.parent == parent {
			return r, true
		}
	}
	return record{}, false
}

func (w *draft) suffixed(name string) string {
	return clip(name, maxName-len(w.q.cfg.Customers.Suffix)) + w.q.cfg.Customers.Suffix
}

// besideName tells apart two customers' locations of the same name.
func besideName(name, parent string) string { return clip(name+" ("+parent+")", maxName) }

// makeCustomers makes and reactivates the customers that are needed, from the top down.
func (w *draft) makeCustomers(ctx context.Context) error {
	parent := ""
	for i := range w.levels {
		l := &w.levels[i]
		if i > 0 && l.id == "" && !w.levels[i-1].created {
			// Somebody may have made it since it was looked for.
			if r, there := w.customerOf(l, true, parent); there && r.active {
				l.id = r.id
			}
		}
		if l.id == "" {
			if err := w.makeCustomer(ctx, l, parent); err != nil {
				return err
			}
		}
		if l.reactivate {
			if err := w.reactivate(ctx, l); err != nil {
				return err
			}
		}
		parent = l.id
		if l.kind != "" && l.record != 0 {
			w.customers = append(w.customers, connector.Customer{Record: l.kind, RecordID: l.record, ID: l.id, Created: l.created})
		}
	}
	return nil
}

// reactivate makes a customer active again.
func (w *draft) reactivate(ctx context.Context, l *level) error {
	body := map[string]any{"Id": l.id, "SyncToken": l.syncToken, "sparse": true, "Active": true}
	_, err := w.q.postCustomer(ctx, keyOf("reactivate", l.id, l.syncToken), nil, body)
	return w.madeFirst(err, l.thing)
}

// madeFirst turns the refusal of a record into the document's fault.
func (w *draft) madeFirst(err error, what string) error {
	t, is := errors.AsType[*trouble](err)
	if !is {
		return err
	}
	if _, wait := waits[t.class]; wait || t.class == classNotSent || t.class == classNoAnswer {
		return err
	}
	return &refused{fault.New("accounting.refused", fault.Args{
		Thing: what, VendorText: t.vendorText(), VendorTraceID: t.tid, Params: map[string]string{"system": title},
	})}
}

// postCustomer writes a customer and keeps it.
func (q *Online) postCustomer(ctx context.Context, key string, query url.Values, body any) (record, error) {
	var a struct{ Customer *wireRecord }
	answer, err := q.write(ctx, "customer", key, query, body, &a)
	if err != nil {
		return record{}, err
	}
	if a.Customer == nil || a.Customer.ID == "" {
		return record{}, unreadable("customer", answer, "has no Customer")
	}
	r := a.Customer.record()
	q.books.records.note(customerRecords, r)
	return r, nil
}
