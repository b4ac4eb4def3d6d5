package sandbox

import (
	"fmt"

	"github.com/tradepost/tradepost/services/sandbox/internal/state"
)

// Send presses "Send to Accounting System" on the invoices and picks the named
// system, or the only one when the name is empty. All are sent or none; an
// invoice may be sent again in any status but void, draft and internal_review.
func (a *API) Send(system string, ids ...int64) error {
	if err := a.s.store.Send(system, ids, userByHand); err != nil {
		return fmt.Errorf("send invoices: %w", err)
	}
	return nil
}

// SendAll sends every customer invoice in status ok and gives their ids.
func (a *API) SendAll(system string) ([]int64, error) {
	ids := a.s.store.Sendable()
	return ids, a.Send(system, ids...)
}

// Edit changes an invoice as a user does on its page.
func (a *API) Edit(id int64, edit InvoiceEdit) (Invoice, error) {
	inv, err := a.s.store.EditInvoice(id, edit, userByHand)
	if err != nil {
		return Invoice{}, fmt.Errorf("edit an invoice: %w", err)
	}
	return *inv, nil
}

// SetStatus moves an invoice to another status, as a user may do at any time.
func (a *API) SetStatus(id int64, status string) error {
	_, err := a.Edit(id, InvoiceEdit{Status: &status})
	return err
}

// Void voids an invoice; nothing can be done with it afterwards.
func (a *API) Void(id int64) error { return a.SetStatus(id, state.StatusVoid) }

// Add stores a new invoice. Without a number it gets the next one; its total is
// the sum of its lines.
func (a *API) Add(inv Invoice) (Invoice, error) {
	if inv.Status == "" {
		inv.Status = state.StatusOK
	}
	if inv.Type == "" {
		inv.Type = "invoice"
	}
	made, err := a.s.store.CreateInvoice(inv, nil, userByHand)
	if err != nil {
		return Invoice{}, fmt.Errorf("add an invoice: %w", err)
	}
	return *made, nil
}

// Comment writes a comment on an invoice. A nil visibility takes the account's
// default, an empty one makes it private.
func (a *API) Comment(invoiceID int64, content string, visibility *[]string) (Comment, error) {
	c, err := a.s.store.AddComment(state.NewComment{
		EntityType: a.s.opt.InvoiceEntityType, EntityID: invoiceID, Content: content, Visibility: visibility,
	}, userByHand)
	if err != nil {
		return Comment{}, fmt.Errorf("comment on an invoice: %w", err)
	}
	return *c, nil
}

// SetExternalID stores an external id on a company, location, job, jobitem,
// libitem or user; an empty value removes it.
func (a *API) SetExternalID(entity string, id int64, system, value string) error {
	if err := a.s.store.SetExternalID(entity, id, system, value, userByHand); err != nil {
		return fmt.Errorf("set an external id: %w", err)
	}
	return nil
}

// MergeLocation makes one location's id vanish; its jobs and invoices move.
func (a *API) MergeLocation(id, replacement int64) error {
	if err := a.s.store.MergeLocation(id, replacement, userByHand); err != nil {
		return fmt.Errorf("merge locations: %w", err)
	}
	return nil
}

// ExpireSessions signs everybody out, as happens when sessions die.
func (a *API) ExpireSessions() { a.s.sessions.ExpireAll() }

// Sessions tells how many sessions are open.
func (a *API) Sessions() int { return a.s.sessions.Open() }

// Reset starts over from another book, nil being the one of the options, and
// forgets comments, systems, webhooks and the request log.
func (a *API) Reset(b *Book) error {
	if b == nil {
		b = a.s.opt.Book
	}
	if err := a.s.store.Reset(b); err != nil {
		return fmt.Errorf("reset the sandbox: %w", err)
	}
	a.s.log.Clear()
	if a.s.opt.Configured {
		return a.Setup(a.s.opt.ExternalSystem, "Accounting")
	}
	return nil
}
