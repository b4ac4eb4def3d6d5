package state

import (
	"slices"
	"strings"

	"github.com/tradepost/tradepost/services/sandbox/internal/book"
)

// The statuses of an invoice that the API and the page know.
const (
	StatusOK                = "ok"
	StatusDraft             = "draft"
	StatusInternalReview    = "internal_review"
	StatusPendingAccounting = "pending_accounting"
	StatusProcessed         = "processed"
	StatusPaid              = "paid"
	StatusSent              = "sent"
	StatusFailed            = "failed"
	StatusVoid              = "void"
)

// Statuses lists every known status of an invoice.
func Statuses() []string {
	return []string{
		StatusOK, StatusDraft, StatusInternalReview, StatusPendingAccounting, StatusProcessed, StatusFailed,
		StatusSent, StatusPaid, StatusVoid,
	}
}

// InvoiceEdit is a change of an invoice; nil leaves a field as it is. When Lines
// are given without Total, the total becomes their sum and the tax is dropped.
type InvoiceEdit struct {
	Name            *string      `json:"name,omitempty"`
	Number          *string      `json:"invoiceNumber,omitempty"`
	Notes           *string      `json:"notes,omitempty"`
	Status          *string      `json:"status,omitempty"`
	Partial         *bool        `json:"partial,omitempty"`
	AssignedUserID  *int64       `json:"assignedUserId,omitempty"`
	ContractID      *int64       `json:"contractId,omitempty"`
	CustomerID      *int64       `json:"customerId,omitempty"`
	LocationID      *int64       `json:"locationId,omitempty"`
	TransactionDate *int64       `json:"transactionDate,omitempty"`
	DueDate         *int64       `json:"dueDate,omitempty"`
	Total           *book.Amount `json:"totalPrice,omitempty"`
	Lines           *[]book.Line `json:"lines,omitempty"`
}

// EditInvoice changes an invoice, all fields or none. A void invoice is final.
func (s *Store) EditInvoice(id int64, edit InvoiceEdit, by int64) (*book.Invoice, error) {
	var out *book.Invoice
	err := s.change(func(t *Tables) ([]Event, error) {
		old, ok := t.Invoices[id]
		if !ok {
			return nil, notFound("Invoice", id)
		}
		next := *old
		if err := s.checkEdit(t, old, edit); err != nil {
			return nil, err
		}
		edit.apply(t, &next)
		out = s.store(t, &next)
		return []Event{s.event("invoice", id, "updated", by)}, nil
	})
	return out, err
}

func (s *Store) store(t *Tables, inv *book.Invoice) *book.Invoice {
	inv.Updated = s.now()
	keep(t, inv.ID, inv)
	return inv
}

func (s *Store) event(entity string, id int64, action string, by int64) Event {
	return Event{Entity: entity, ID: id, Action: action, UserID: by, At: s.now()}
}

func (s *Store) checkEdit(t *Tables, old *book.Invoice, edit InvoiceEdit) error {
	if old.Status == StatusVoid {
		return invalid("Invoice %d is void and cannot be changed", old.ID)
	}
	if edit.Status != nil {
		if err := checkStatus(t, *edit.Status); err != nil {
			return err
		}
	}
	if edit.Number != nil && s.cfg.UniqueNumbers {
		for _, other := range t.Invoices {
			if other.ID != old.ID && other.Number == *edit.Number {
				return conflict("Invoice number %s is already in use", *edit.Number)
			}
		}
	}
	return checkReferences(t, edit)
}

func checkStatus(t *Tables, status string) error {
	if !slices.Contains(Statuses(), status) {
		return invalid("Invalid status %q: must be one of %s", status, strings.Join(Statuses(), ", "))
	}
	if status == StatusPendingAccounting && t.SendTarget() == nil {
		return invalid("No external system of this account can be sent invoices")
	}
	return nil
}

func checkReferences(t *Tables, edit InvoiceEdit) error {
	if id := edit.ContractID; id != nil && *id != 0 && t.Contracts[*id] == nil {
		return invalid("contractId: no contract %d", *id)
	}
	if id := edit.AssignedUserID; id != nil && *id != 0 && t.Users[*id] == nil {
		return invalid("assignedUserId: no user %d", *id)
	}
	if id := edit.CustomerID; id != nil && t.Companies[*id] == nil {
		return invalid("customerId: no company %d", *id)
	}
	if id := edit.LocationID; id != nil && *id != 0 && t.Locations[*id] == nil {
		return invalid("locationId: no location %d", *id)
	}
	if edit.Lines != nil {
		return checkLines(t, *edit.Lines)
	}
	return nil
}

func checkLines(t *Tables, lines []book.Line) error {
	for i, l := range lines {
		if l.LibItemID != 0 && t.LibItems[l.LibItemID] == nil {
			return invalid("items[%d]: no library item %d", i, l.LibItemID)
		}
		if l.ServiceLineID != 0 && t.ServiceLines[l.ServiceLineID] == nil {
			return invalid("items[%d]: no service line %d", i, l.ServiceLineID)
		}
	}
	return nil
}

func set[T any](target *T, value *T) {
	if value != nil {
		*target = *value
	}
}

func (e InvoiceEdit) apply(t *Tables, inv *book.Invoice) {
	set(&inv.Name, e.Name)
	set(&inv.Number, e.Number)
	set(&inv.Notes, e.Notes)
	set(&inv.Status, e.Status)
	set(&inv.Partial, e.Partial)
	set(&inv.AssignedUserID, e.AssignedUserID)
	set(&inv.ContractID, e.ContractID)
	set(&inv.CustomerID, e.CustomerID)
	set(&inv.LocationID, e.LocationID)
	set(&inv.TransactionDate, e.TransactionDate)
	set(&inv.DueDate, e.DueDate)
	if e.Lines != nil {
		inv.Lines = withIDs(t, *e.Lines)
		inv.Total, inv.Tax = book.Sum(inv.Lines), nil
	}
	set(&inv.Total, e.Total)
}

func withIDs(t *Tables, lines []book.Line) []book.Line {
	out := slices.Clone(lines)
	for i := range out {
		if out[i].ID == 0 {
			out[i].ID = t.newID()
		}
	}
	return out
}
