package quickbooksonline

import (
	"context"
	"errors"
	"strings"

	"github.com/tradepost/tradepost/pkg/fault"
)

// newCustomer is a customer to be made.
type newCustomer struct {
	DisplayName      string
	CompanyName      string         `json:",omitempty"`
	Job              bool           `json:",omitempty"`
	ParentRef        *ref           `json:",omitempty"`
	BillWithParent   bool           `json:",omitempty"`
	PrimaryEmailAddr *emailAddress  `json:",omitempty"`
	PrimaryPhone     *phoneNumber   `json:",omitempty"`
	BillAddr         *postalAddress `json:",omitempty"`
	ShipAddr         *postalAddress `json:",omitempty"`
	CurrencyRef      *ref           `json:",omitempty"`
}

// makeCustomer makes the customer of a level. A name is unique over customers, vendors
// and employees, inactive ones too; who has it decides what becomes of the new one.
func (w *draft) makeCustomer(ctx context.Context, l *level, parent string) error {
	var taken error
	for _, name := range w.namesFor(l, parent) {
		r, err := w.q.postCustomer(ctx, keyOf("customer", parent, fold(name)), nil, w.newCustomer(name, parent))
		if err == nil {
			l.id, l.created = r.id, true
			return nil
		}
		t, is := errors.AsType[*trouble](err)
		if !is || t.class != className {
			return w.madeFirst(err, l.thing)
		}
		if found, there, err := w.q.takenBy(ctx, name, parent); err != nil {
			return err
		} else if there {
			l.id = found.id
			return nil
		}
		if taken = w.nameTaken(ctx, l, name, t); !w.mayRename(parent) {
			return taken
		}
	}
	return taken
}

// mayRename: below a customer another name tells the same; at the top a person decides.
func (w *draft) mayRename(parent string) bool {
	return parent != "" || w.q.cfg.Customers.NameTaken == Suffix
}

// namesFor are the names to try, in this order.
func (w *draft) namesFor(l *level, parent string) []string {
	if parent == "" {
		return []string{l.name, w.suffixed(l.name)}
	}
	above, _ := w.q.books.records.withID(customerRecords, parent)
	return []string{l.name, besideName(l.name, above.name)}
}

// takenBy looks whether the active customer who has a name is the one that is wanted:
// made by another replica just now, or not shown when all were read.
func (q *Online) takenBy(ctx context.Context, name, parent string) (record, bool, error) {
	var page []wireRecord
	statement := "select * from Customer where DisplayName = " + quote(name) + " and Active in (true, false)"
	if _, err := q.client.query(ctx, customerRecords, statement, &page); err != nil {
		return record{}, false, err
	}
	for i := range page {
		r := page[i].record()
		q.books.records.note(customerRecords, r)
		if r.active && r.parent == parent {
			return r, true, nil
		}
	}
	return record{}, false, nil
}

// nameTaken is the fault of a name that somebody else has.
func (w *draft) nameTaken(ctx context.Context, l *level, name string, t *trouble) error {
	return &refused{fault.New("customer.name_taken", fault.Args{
		Path: "customer", Thing: l.thing, VendorText: t.vendorText(), VendorTraceID: t.tid,
		Params: map[string]string{"value": name, "by": w.q.whoHas(ctx, name), "connection": w.q.connection},
	})}
}

// whoHas looks who has a name: QuickBooks' own words do not tell.
func (q *Online) whoHas(ctx context.Context, name string) string {
	for _, one := range [][2]string{{"Vendor", "a vendor"}, {"Employee", "an employee"}, {"Customer", "another customer"}} {
		who := one[0]
		var page []wireRecord
		statement := "select * from " + who + " where DisplayName = " + quote(name) + " and Active in (true, false)"
		if _, err := q.client.query(ctx, who, statement, &page); err == nil && len(page) > 0 {
			if r := page[0].record(); !r.active {
				return "an inactive " + strings.ToLower(who)
			}
			return one[1]
		}
	}
	return "somebody else"
}

func (w *draft) newCustomer(name, parent string) newCustomer {
	n := newCustomer{DisplayName: name}
	if w.paper.CurrencyRef != nil {
		n.CurrencyRef = w.paper.CurrencyRef
	}
	if parent != "" {
		n.Job, n.BillWithParent, n.ParentRef = true, true, &ref{Value: parent}
		n.ShipAddr = addressOf(w.d.GetLocation().GetAddress())
		return n
	}
	c := w.d.GetCustomer()
	n.CompanyName = clip(c.GetName(), maxName)
	n.BillAddr = addressOf(c.GetBillingAddress())
	n.PrimaryEmailAddr = w.paper.BillEmail
	if phone := c.GetPhone(); phone != "" {
		n.PrimaryPhone = &phoneNumber{FreeFormNumber: clip(phone, 30)}
	}
	return n
}
