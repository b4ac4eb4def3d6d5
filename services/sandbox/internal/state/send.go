package state

import "github.com/tradepost/tradepost/services/sandbox/internal/book"

// Send is what the button "Send to Accounting System" does: each invoice goes
// to pending_accounting. All are sent or none. system is the system name picked
// in the pop-up; empty picks the only one there is.
func (s *Store) Send(system string, ids []int64, by int64) error {
	return s.change(func(t *Tables) ([]Event, error) {
		target, err := pickSystem(t, system)
		if err != nil {
			return nil, err
		}
		var events []Event
		for _, id := range ids {
			if err := checkSend(t, id); err != nil {
				return nil, err
			}
		}
		for _, id := range ids {
			next := *t.Invoices[id]
			next.Status, next.SystemID = StatusPendingAccounting, target.ID
			s.store(t, &next)
			events = append(events, s.event("invoice", id, "updated", by))
		}
		return events, nil
	})
}

func pickSystem(t *Tables, name string) (*System, error) {
	for _, s := range t.Systems.Sorted() {
		if s.CanBeSentInvoices && (name == "" || s.Name == name) {
			return s, nil
		}
	}
	if name != "" {
		return nil, invalid("The account has no external system %q that can be sent invoices", name)
	}
	return nil, invalid("There is no button Send to Accounting System: no external system has Can Be Sent Invoices ticked")
}

func checkSend(t *Tables, id int64) error {
	inv := t.Invoices[id]
	switch {
	case inv == nil:
		return notFound("Invoice", id)
	case inv.Type != "invoice":
		return invalid("Invoice %d is a %s and cannot be sent to an accounting system", id, inv.Type)
	case inv.Status == StatusVoid, inv.Status == StatusDraft, inv.Status == StatusInternalReview:
		return invalid("Invoice %d is %s and cannot be sent to an accounting system", id, inv.Status)
	}
	return nil
}

// Sendable lists the ids of the customer invoices in status ok, ascending.
func (s *Store) Sendable() []int64 {
	var ids []int64
	s.Read(func(t *Tables) {
		for _, inv := range t.Invoices.Sorted() {
			if inv.Type == "invoice" && inv.Status == StatusOK {
				ids = append(ids, inv.ID)
			}
		}
	})
	return ids
}

// CreateInvoice adds an invoice with a new id. A missing number is assigned, a
// missing total is the sum of the lines.
func (s *Store) CreateInvoice(inv book.Invoice, total *book.Amount, by int64) (*book.Invoice, error) {
	var out *book.Invoice
	err := s.change(func(t *Tables) ([]Event, error) {
		if err := checkStatus(t, inv.Status); err != nil {
			return nil, err
		}
		if err := checkLines(t, inv.Lines); err != nil {
			return nil, err
		}
		inv.ID = t.newID()
		inv.Lines = withIDs(t, inv.Lines)
		inv.Total = book.Sum(inv.Lines)
		set(&inv.Total, total)
		if inv.Number == "" {
			inv.Number = nextNumber(t)
		}
		inv.Created = s.now()
		out = s.store(t, &inv)
		return []Event{s.event("invoice", inv.ID, "created", by)}, nil
	})
	return out, err
}
