package control

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/tradepost/tradepost/services/sandbox/internal/book"
	"github.com/tradepost/tradepost/services/sandbox/internal/state"
)

// Row is an invoice as the lists of the control API show it.
type Row struct {
	ID         int64       `json:"id"`
	Number     string      `json:"number"`
	Type       string      `json:"type"`
	Status     string      `json:"status"`
	Customer   string      `json:"customer"`
	CustomerID int64       `json:"customerId"`
	Total      book.Amount `json:"total"`
	Lines      int         `json:"lines"`
	Comments   int         `json:"comments"`
	Updated    int64       `json:"updated"`
}

// View is one invoice with everything around it.
type View struct {
	Row
	Invoice  *book.Invoice     `json:"invoice"`
	Comments []*state.Comment  `json:"comments"`
	Expected *book.Expectation `json:"expected,omitempty"`
}

// State is the account at a glance.
type State struct {
	Counts             map[string]int   `json:"counts"` // customer invoices by status
	Systems            []*state.System  `json:"systems"`
	CanSend            bool             `json:"canSend"`
	Webhooks           []*state.Webhook `json:"webhooks"`
	TimeZone           string           `json:"timeZone"`
	ExternalSystem     string           `json:"externalSystem"`
	BooksClosedThrough string           `json:"booksClosedThrough"`
	CustomerTable      []book.TableRow  `json:"customerTable"`
	ItemTable          []book.TableRow  `json:"itemTable"`
}

func (c *Control) state(*http.Request) (any, error) {
	b := c.Store.Origin()
	out := State{
		Counts: map[string]int{}, TimeZone: b.TimeZone, ExternalSystem: b.ExternalSystem,
		BooksClosedThrough: b.BooksClosedThrough, CustomerTable: b.CustomerTable, ItemTable: b.ItemTable,
	}
	c.Store.Read(func(t *state.Tables) {
		for _, inv := range t.Invoices {
			if inv.Type == "invoice" {
				out.Counts[inv.Status]++
			}
		}
		out.Systems, out.Webhooks, out.CanSend = t.Systems.Sorted(), t.Webhooks.Sorted(), t.SendTarget() != nil
	})
	return out, nil
}

func (c *Control) row(t *state.Tables, inv *book.Invoice, comments int) Row {
	row := Row{
		ID: inv.ID, Number: inv.Number, Type: inv.Type, Status: inv.Status, CustomerID: inv.CustomerID, Total: inv.Total,
		Lines: len(inv.Lines), Comments: comments, Updated: inv.Updated,
	}
	if company := t.Companies[inv.CustomerID]; company != nil {
		row.Customer = company.Name
	}
	return row
}

func (c *Control) invoices(r *http.Request) (any, error) {
	wanted := strings.FieldsFunc(r.URL.Query().Get("status"), func(r rune) bool { return r == ',' })
	rows := []Row{}
	c.Store.Read(func(t *state.Tables) {
		comments := map[int64]int{}
		for _, m := range t.Comments {
			if m.EntityType == c.InvoiceEntityType {
				comments[m.EntityID]++
			}
		}
		for _, inv := range t.Invoices.Sorted() {
			if len(wanted) == 0 || slices.Contains(wanted, inv.Status) {
				rows = append(rows, c.row(t, inv, comments[inv.ID]))
			}
		}
	})
	return map[string]any{"invoices": rows}, nil
}

func (c *Control) invoice(r *http.Request) (any, error) {
	id, err := pathID(r)
	if err != nil {
		return nil, err
	}
	return c.view(id)
}

func (c *Control) view(id int64) (*View, error) {
	var out *View
	b := c.Store.Origin()
	c.Store.Read(func(t *state.Tables) {
		inv := t.Invoices[id]
		if inv == nil {
			return
		}
		comments := append([]*state.Comment{}, t.CommentsOn(c.InvoiceEntityType, id)...)
		out = &View{Row: c.row(t, inv, len(comments)), Invoice: inv, Comments: comments}
		if e, ok := b.Expected[id]; ok {
			out.Expected = &e
		}
	})
	if out == nil {
		return nil, &state.RefusalError{Kind: state.NotFound, Text: "no such invoice"}
	}
	return out, nil
}

func (c *Control) comments(r *http.Request) (any, error) {
	id, err := pathID(r)
	if err != nil {
		return nil, err
	}
	v, err := c.view(id)
	if err != nil {
		return nil, err
	}
	return map[string]any{"comments": v.Comments}, nil
}

func (c *Control) change(id int64, edit state.InvoiceEdit) (any, error) {
	if _, err := c.Store.EditInvoice(id, edit, byHand); err != nil {
		return nil, err
	}
	return c.view(id)
}

func (c *Control) edit(r *http.Request) (any, error) {
	id, err := pathID(r)
	if err != nil {
		return nil, err
	}
	var edit state.InvoiceEdit
	if err := read(r, &edit); err != nil {
		return nil, err
	}
	return c.change(id, edit)
}

func (c *Control) status(r *http.Request) (any, error) {
	id, err := pathID(r)
	if err != nil {
		return nil, err
	}
	var body struct {
		Status string `json:"status"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	return c.change(id, state.InvoiceEdit{Status: &body.Status})
}

func (c *Control) void(r *http.Request) (any, error) {
	id, err := pathID(r)
	if err != nil {
		return nil, err
	}
	void := state.StatusVoid
	return c.change(id, state.InvoiceEdit{Status: &void})
}

func (c *Control) comment(r *http.Request) (any, error) {
	id, err := pathID(r)
	if err != nil {
		return nil, err
	}
	var body struct {
		Content    string    `json:"content"`
		Visibility *[]string `json:"visibility"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	return c.Store.AddComment(state.NewComment{
		EntityType: c.InvoiceEntityType, EntityID: id, Content: body.Content, Visibility: body.Visibility,
	}, byHand)
}

func (c *Control) send(r *http.Request) (any, error) {
	var body struct {
		IDs    []int64 `json:"ids"`
		All    bool    `json:"all"`
		System string  `json:"system"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	if body.All {
		body.IDs = c.Store.Sendable()
	} else if len(body.IDs) == 0 {
		return nil, errors.New("ids, or all, are required")
	}
	return map[string]any{"sent": body.IDs}, c.Store.Send(body.System, body.IDs, byHand)
}

func (c *Control) setup(r *http.Request) (any, error) {
	body := struct {
		System string `json:"system"`
		Label  string `json:"label"`
	}{book.DefaultSystem, "Accounting"}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	var existing *state.System
	c.Store.Read(func(t *state.Tables) {
		for _, s := range t.Systems {
			if s.Name == body.System {
				existing = s
			}
		}
	})
	if existing == nil {
		var err error
		if existing, err = c.Store.AddSystem("standard", body.System, body.Label); err != nil {
			return nil, err
		}
	}
	return c.Store.ConfigureSystem(existing.ID, true, body.Label)
}

func (c *Control) externalID(r *http.Request) (any, error) {
	var body struct {
		Entity string `json:"entity"`
		ID     int64  `json:"id"`
		System string `json:"system"`
		Value  string `json:"value"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	return done, c.Store.SetExternalID(body.Entity, body.ID, body.System, body.Value, byHand)
}
