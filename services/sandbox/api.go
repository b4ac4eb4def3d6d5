package sandbox

import (
	"context"
	"fmt"
	"slices"

	"github.com/tradepost/tradepost/services/sandbox/internal/reqlog"
	"github.com/tradepost/tradepost/services/sandbox/internal/state"
)

// Comment is a remark on a record; an empty visibility means private.
type Comment = state.Comment

// System is an external system of the account settings.
type System = state.System

// InvoiceEdit is a user's change of an invoice; nil leaves a field as it is.
type InvoiceEdit = state.InvoiceEdit

// Request is one logged request of the API.
type Request = reqlog.Entry

// RequestFilter picks logged requests; zero fields do not matter.
type RequestFilter = reqlog.Filter

// API does from Go what a user does on the page, and looks at the account. All
// methods are safe for many goroutines; what they return is a copy or is never
// changed.
type API struct{ s *Sandbox }

// userByHand is the user as whom changes by hand are made.
const userByHand = 102

// IsNotFound tells whether the error says that there is no such record.
func IsNotFound(err error) bool { return state.IsNotFound(err) }

// Setup does the clicks that make the Send button appear: add an external
// system of type Standard, configure it, tick Can Be Sent Invoices, save. A
// system that exists is only ticked.
func (a *API) Setup(system, label string) error {
	made, err := a.s.store.AddSystem("standard", system, label)
	if err != nil {
		at := slices.IndexFunc(a.Systems(), func(s System) bool { return s.Name == system })
		if at < 0 {
			return fmt.Errorf("add the external system: %w", err)
		}
		made = &a.Systems()[at]
	}
	if _, err := a.s.store.ConfigureSystem(made.ID, true, label); err != nil {
		return fmt.Errorf("configure the external system: %w", err)
	}
	return nil
}

// Systems lists the external systems.
func (a *API) Systems() []System {
	var out []System
	a.s.store.Read(func(t *state.Tables) {
		for _, s := range t.Systems.Sorted() {
			out = append(out, *s)
		}
	})
	return out
}

// CanSend tells whether the set-up was done, that is whether invoices have a
// Send button.
func (a *API) CanSend() bool {
	var can bool
	a.s.store.Read(func(t *state.Tables) { can = t.SendTarget() != nil })
	return can
}

// Book is the book that the account was started from, with its expectations and
// mapping tables. It does not show later changes; nobody may change it.
func (a *API) Book() *Book { return a.s.store.Origin() }

// Invoices lists the invoices in any of the statuses, all when none is given,
// ascending by id.
func (a *API) Invoices(statuses ...string) []Invoice {
	var out []Invoice
	a.s.store.Read(func(t *state.Tables) {
		for _, inv := range t.Invoices.Sorted() {
			if len(statuses) == 0 || slices.Contains(statuses, inv.Status) {
				out = append(out, *inv)
			}
		}
	})
	return out
}

// Invoice gives one invoice.
func (a *API) Invoice(id int64) (Invoice, error) {
	out, err := Invoice{}, error(&state.RefusalError{Kind: state.NotFound, Text: fmt.Sprintf("Invoice %d not found", id)})
	a.s.store.Read(func(t *state.Tables) {
		if inv := t.Invoices[id]; inv != nil {
			out, err = *inv, nil
		}
	})
	return out, err
}

// ExternalIDs gives the external ids, by system, of a company, location, job,
// jobitem, libitem or user.
func (a *API) ExternalIDs(entity string, id int64) (map[string]string, error) {
	return a.s.store.ExternalIDs(entity, id)
}

// Counts tells how many customer invoices are in each status.
func (a *API) Counts() map[string]int {
	out := map[string]int{}
	a.s.store.Read(func(t *state.Tables) {
		for _, inv := range t.Invoices {
			if inv.Type == "invoice" {
				out[inv.Status]++
			}
		}
	})
	return out
}

// Comments lists the comments on an invoice, oldest first.
func (a *API) Comments(invoiceID int64) []Comment {
	var out []Comment
	a.s.store.Read(func(t *state.Tables) {
		for _, c := range t.CommentsOn(a.s.opt.InvoiceEntityType, invoiceID) {
			out = append(out, *c)
		}
	})
	return out
}

// Requests lists logged requests of the API in the order of arrival.
func (a *API) Requests(f RequestFilter) []Request { return a.s.log.List(f) }

// ForgetRequests empties the request log; sequence numbers go on.
func (a *API) ForgetRequests() { a.s.log.Clear() }

// Await returns nil once done says so. It asks at once and after each change of
// the account, so nothing has to sleep; the context bounds the wait. A change
// is anything that is written, also a comment; requests that only read are none.
func (a *API) Await(ctx context.Context, done func(*API) bool) error {
	for {
		changed := a.s.store.Changed()
		if done(a) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("wait for the sandbox: %w", ctx.Err())
		}
	}
}
