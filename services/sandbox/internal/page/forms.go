package page

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tradepost/tradepost/services/sandbox/internal/book"
	"github.com/tradepost/tradepost/services/sandbox/internal/state"
)

func invoicePath(id int64) string { return "/invoices/" + strconv.FormatInt(id, 10) }

func refuse(format string, args ...any) error {
	return &state.RefusalError{Kind: state.Invalid, Text: fmt.Sprintf(format, args...)}
}

func (p *Page) send(r *http.Request) (string, error) {
	id, err := pathID(r)
	if err != nil {
		return "", err
	}
	return invoicePath(id), p.Store.Send(r.FormValue("system"), []int64{id}, byHand)
}

func (p *Page) sendAll(*http.Request) (string, error) {
	return "/invoices?status=" + state.StatusPendingAccounting, p.Store.Send("", p.Store.Sendable(), byHand)
}

func (p *Page) status(r *http.Request) (string, error) {
	id, err := pathID(r)
	if err != nil {
		return "", err
	}
	status := r.FormValue("status")
	_, err = p.Store.EditInvoice(id, state.InvoiceEdit{Status: &status}, byHand)
	return invoicePath(id), err
}

// edit saves the header of an invoice. The transaction date keeps to noon of
// the account's time zone, so that no reader shifts it to another day.
func (p *Page) edit(r *http.Request) (string, error) {
	id, err := pathID(r)
	if err != nil {
		return "", err
	}
	number, notes := r.FormValue("number"), strings.ReplaceAll(r.FormValue("notes"), "\r\n", "\n")
	edit := state.InvoiceEdit{Number: &number, Notes: &notes}
	day, err := time.ParseInLocation(time.DateOnly, r.FormValue("date"), p.zone())
	if err != nil {
		return "", refuse("The transaction date %q must look like 2026-07-31", r.FormValue("date"))
	}
	if inv := p.find(id); inv != nil && p.day(inv.TransactionDate) != day.Format(time.DateOnly) {
		noon := day.Add(12 * time.Hour).Unix()
		edit.TransactionDate = &noon
	}
	if total := r.FormValue("total"); total != "" {
		amount, err := book.ParseAmount(total)
		if err != nil {
			return "", refuse("The total %q is no number", total)
		}
		edit.Total = &amount
	}
	_, err = p.Store.EditInvoice(id, edit, byHand)
	return invoicePath(id), err
}

func (p *Page) find(id int64) *book.Invoice {
	var out *book.Invoice
	p.Store.Read(func(t *state.Tables) { out = t.Invoices[id] })
	return out
}

// editLine saves one line; the invoice's total follows.
func (p *Page) editLine(r *http.Request) (string, error) {
	id, err := pathID(r)
	if err != nil {
		return "", err
	}
	inv := p.find(id)
	if inv == nil {
		return "", &state.RefusalError{Kind: state.NotFound, Text: "No such invoice"}
	}
	lines := append([]book.Line(nil), inv.Lines...)
	at := -1
	for i := range lines {
		if strconv.FormatInt(lines[i].ID, 10) == r.FormValue("line") {
			at = i
		}
	}
	if at < 0 {
		return "", refuse("The invoice has no such line")
	}
	if lines[at].Quantity, err = book.ParseAmount(r.FormValue("quantity")); err != nil {
		return "", refuse("The quantity %q is no number", r.FormValue("quantity"))
	}
	if lines[at].Price, err = book.ParseAmount(r.FormValue("price")); err != nil {
		return "", refuse("The price %q is no number", r.FormValue("price"))
	}
	if lines[at].LibItemID, err = strconv.ParseInt(r.FormValue("item"), 10, 64); err != nil {
		return "", refuse("The item is missing")
	}
	_, err = p.Store.EditInvoice(id, state.InvoiceEdit{Lines: &lines}, byHand)
	return invoicePath(id), err
}

func (p *Page) comment(r *http.Request) (string, error) {
	id, err := pathID(r)
	if err != nil {
		return "", err
	}
	c := state.NewComment{EntityType: p.InvoiceEntityType, EntityID: id, Content: r.FormValue("content")}
	if r.FormValue("private") != "" {
		c.Visibility = &[]string{}
	}
	_, err = p.Store.AddComment(c, byHand)
	return invoicePath(id) + "#comments", err
}

func (p *Page) externalID(r *http.Request) (string, error) {
	id, err := pathID(r)
	if err != nil {
		return "", err
	}
	err = p.Store.SetExternalID("company", id, r.FormValue("system"), strings.TrimSpace(r.FormValue("value")), byHand)
	return "/companies/" + strconv.FormatInt(id, 10), err
}

func (p *Page) addSystem(r *http.Request) (string, error) {
	s, err := p.Store.AddSystem(r.FormValue("type"), strings.TrimSpace(r.FormValue("name")), r.FormValue("label"))
	if err != nil {
		return "", err
	}
	return "/settings/integrations/" + strconv.FormatInt(s.ID, 10), nil
}

func (p *Page) saveSystem(r *http.Request) (string, error) {
	id, err := pathID(r)
	if err != nil {
		return "", err
	}
	_, err = p.Store.ConfigureSystem(id, r.FormValue("canBeSentInvoices") != "", r.FormValue("label"))
	return "/settings/systems", err
}
