package page

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/tradepost/tradepost/services/sandbox/internal/book"
	"github.com/tradepost/tradepost/services/sandbox/internal/reqlog"
	"github.com/tradepost/tradepost/services/sandbox/internal/state"
)

// perPage is how many rows a page of invoices or requests shows.
const perPage = 250

type statusCount struct {
	Value, Name string
	Count       int
}

type invoiceRow struct {
	*book.Invoice
	Customer string
	Comments int
}

type invoicesView struct {
	Title    string
	Filter   string
	Statuses []statusCount
	Total    int
	Rows     []invoiceRow
	CanSend  bool
	Ready    int // invoices that "send all" would send
	Page     int
	More     bool
}

func (p *Page) invoices(r *http.Request) (any, error) {
	v := invoicesView{Title: "Invoices", Filter: r.URL.Query().Get("status"), Page: 1}
	if n, err := strconv.Atoi(r.URL.Query().Get("page")); err == nil && n > 1 && n < 1e6 {
		v.Page = n
	}
	v.Ready = len(p.Store.Sendable())
	p.Store.Read(func(t *state.Tables) {
		counts := map[string]int{}
		var picked []*book.Invoice
		for _, inv := range t.Invoices.Sorted() {
			counts[inv.Status]++
			if v.Filter == "" || v.Filter == inv.Status {
				picked = append(picked, inv)
			}
		}
		v.Total, v.CanSend = len(t.Invoices), t.SendTarget() != nil
		for _, s := range state.Statuses() {
			v.Statuses = append(v.Statuses, statusCount{s, statusName(s), counts[s]})
		}
		from := min((v.Page-1)*perPage, len(picked))
		to := min(from+perPage, len(picked))
		v.More = to < len(picked)
		v.Rows = p.invoiceRows(t, picked[from:to])
	})
	return v, nil
}

func (p *Page) invoiceRows(t *state.Tables, picked []*book.Invoice) []invoiceRow {
	comments := map[int64]int{}
	for _, m := range t.Comments {
		if m.EntityType == p.InvoiceEntityType {
			comments[m.EntityID]++
		}
	}
	var rows []invoiceRow
	for _, inv := range picked {
		row := invoiceRow{Invoice: inv, Comments: comments[inv.ID]}
		if c := t.Companies[inv.CustomerID]; c != nil {
			row.Customer = c.Name
		}
		rows = append(rows, row)
	}
	return rows
}

type lineView struct {
	book.Line
	Item, Code, ServiceLine string
}

type commentView struct {
	*state.Comment
	Author string
}

type invoiceView struct {
	Title    string
	Invoice  *book.Invoice
	Customer *book.Company
	Location *book.Location
	Job      *book.Job
	Lines    []lineView
	Sum      book.Amount
	Comments []commentView
	Systems  []*state.System // those that can be sent invoices
	LibItems []*book.LibItem
	Sendable bool
	Void     bool
	Targets  []statusCount // what a user may choose by hand
}

func (p *Page) invoice(r *http.Request) (any, error) {
	id, err := pathID(r)
	if err != nil {
		return nil, err
	}
	v := invoiceView{}
	p.Store.Read(func(t *state.Tables) {
		if v.Invoice = t.Invoices[id]; v.Invoice != nil {
			p.fillInvoice(t, &v)
		}
	})
	if v.Invoice == nil {
		return nil, &state.RefusalError{Kind: state.NotFound, Text: "No such invoice"}
	}
	return v, nil
}

func (p *Page) fillInvoice(t *state.Tables, v *invoiceView) {
	inv := v.Invoice
	v.Title, v.Sum = "Invoice "+inv.Number, book.Sum(inv.Lines)
	v.Customer, v.Location, v.Job = t.Companies[inv.CustomerID], t.Locations[inv.LocationID], t.Jobs[inv.JobID]
	v.LibItems, v.Void = t.LibItems.Sorted(), inv.Status == state.StatusVoid
	v.Sendable = inv.Type == "invoice" &&
		!slices.Contains([]string{state.StatusVoid, state.StatusDraft, state.StatusInternalReview}, inv.Status)
	for _, l := range inv.Lines {
		line := lineView{Line: l}
		if item := t.LibItems[l.LibItemID]; item != nil {
			line.Item, line.Code = item.Name, item.Code
		}
		if s := t.ServiceLines[l.ServiceLineID]; s != nil {
			line.ServiceLine = s.Abbr
		}
		v.Lines = append(v.Lines, line)
	}
	v.Comments = p.commentViews(t, inv.ID)
	for _, s := range t.Systems.Sorted() {
		if s.CanBeSentInvoices {
			v.Systems = append(v.Systems, s)
		}
	}
	for _, s := range []string{state.StatusOK, state.StatusDraft, state.StatusInternalReview, state.StatusSent, state.StatusPaid, state.StatusVoid} {
		v.Targets = append(v.Targets, statusCount{Value: s, Name: statusName(s)})
	}
}

func (p *Page) commentViews(t *state.Tables, invoiceID int64) []commentView {
	var out []commentView
	for _, m := range t.CommentsOn(p.InvoiceEntityType, invoiceID) {
		comment := commentView{Comment: m, Author: "unknown"}
		if u := t.Users[m.AuthorID]; u != nil {
			comment.Author = u.Name()
		}
		out = append(out, comment)
	}
	return out
}

type companyView struct {
	Title     string
	Company   *book.Company
	Locations []*book.Location
	System    string
	IDs       []keyValue
}

type keyValue struct{ Key, Value string }

func (p *Page) company(r *http.Request) (any, error) {
	id, err := pathID(r)
	if err != nil {
		return nil, err
	}
	v := companyView{System: p.Store.Origin().ExternalSystem}
	p.Store.Read(func(t *state.Tables) {
		if v.Company = t.Companies[id]; v.Company == nil {
			return
		}
		v.Title = v.Company.Name
		for key, value := range v.Company.ExternalIDs {
			v.IDs = append(v.IDs, keyValue{key, value})
		}
		for _, l := range t.Locations.Sorted() {
			if l.CompanyID == id {
				v.Locations = append(v.Locations, l)
			}
		}
	})
	if v.Company == nil {
		return nil, &state.RefusalError{Kind: state.NotFound, Text: "No such company"}
	}
	slices.SortFunc(v.IDs, func(a, b keyValue) int { return strings.Compare(a.Key, b.Key) })
	return v, nil
}

func (p *Page) systems(*http.Request) (any, error) {
	var list []*state.System
	p.Store.Read(func(t *state.Tables) { list = t.Systems.Sorted() })
	return map[string]any{"Title": "External Systems", "Systems": list, "Suggested": p.Store.Origin().ExternalSystem}, nil
}

func (p *Page) configure(r *http.Request) (any, error) {
	id, err := pathID(r)
	if err != nil {
		return nil, err
	}
	var system *state.System
	p.Store.Read(func(t *state.Tables) { system = t.Systems[id] })
	if system == nil {
		return nil, &state.RefusalError{Kind: state.NotFound, Text: "No such external system"}
	}
	return map[string]any{"Title": "Configure External System", "System": system}, nil
}

func (p *Page) requests(r *http.Request) (any, error) {
	q := r.URL.Query()
	f := reqlog.Filter{Method: q.Get("method"), Prefix: q.Get("path"), Limit: perPage}
	list := p.Log.List(f)
	slices.Reverse(list)
	return map[string]any{
		"Title": "Request log", "Requests": list, "Method": f.Method, "Prefix": f.Prefix,
		"Methods": []string{"GET", "POST", "PUT", "DELETE"},
	}, nil
}

// Previous is the number of the page before.
func (v invoicesView) Previous() int { return v.Page - 1 }

// Next is the number of the page after.
func (v invoicesView) Next() int { return v.Page + 1 }
