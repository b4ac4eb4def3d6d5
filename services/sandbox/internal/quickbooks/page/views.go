package page

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tradepost/tradepost/services/sandbox/internal/quickbooks/books"
	"github.com/tradepost/tradepost/services/sandbox/internal/quickbooks/grants"
	"github.com/tradepost/tradepost/services/sandbox/internal/quickbooks/limits"
)

type companyRow struct {
	Realm    string
	Name     string
	Sales    int
	Counts   limits.Count
	Grants   int
	SalesTax string
}

func (p *Page) companies(*http.Request) (any, error) {
	var rows []companyRow
	for _, c := range p.Companies() {
		s := c.Settings()
		row := companyRow{Realm: c.Realm, Name: s.Name, Counts: p.Gate.Counts(c.Realm), SalesTax: s.SalesTax}
		for _, entity := range []string{"Invoice", "CreditMemo"} {
			e, _ := books.EntityNamed(entity)
			row.Sales += len(c.All(e))
		}
		for _, g := range p.Desk.Grants(c.Realm) {
			if !g.Revoked {
				row.Grants++
			}
		}
		rows = append(rows, row)
	}
	return map[string]any{"Title": "Companies", "Companies": rows, "Apps": p.Desk.Apps(), "Limits": p.Gate.Limits()}, nil
}

type companyView struct {
	Title      string
	Realm      string
	Settings   books.Settings
	Fields     string // the names of the custom fields
	NextNumber string
	Counts     limits.Count
	Minutes    []limits.Minute
	Grants     []grants.Grant
	Sales      []sale
	More       int
	Lists      map[string]int
	Modes      []string
	Switches   []shownSwitch
}

type sale struct {
	Entity string
	books.Object
}

// shownSales is how many documents a company's page shows, the newest.
const shownSales = 200

func (p *Page) company(r *http.Request) (any, error) {
	c := p.Company(r.PathValue("realm"))
	if c == nil {
		return nil, errNotFound
	}
	s := c.Settings()
	v := companyView{
		Title: s.Name, Realm: c.Realm, Settings: s, Fields: strings.Join(slices.DeleteFunc(slices.Clone(s.CustomFields), func(f string) bool { return f == "" }), ", "), NextNumber: c.NextNumber(),
		Counts: p.Gate.Counts(c.Realm), Grants: p.Desk.Grants(c.Realm), Lists: map[string]int{},
		Modes: []string{books.TaxOff, books.TaxManual, books.TaxAutomated}, Switches: switches(s),
	}
	v.Minutes = slices.Clone(v.Counts.Minutes)
	slices.Reverse(v.Minutes)
	for _, e := range books.Entities() {
		all := c.All(e)
		if e.List {
			v.Lists[e.Name] = len(all)
		}
		if e.Name == "Invoice" || e.Name == "CreditMemo" {
			for _, o := range all {
				v.Sales = append(v.Sales, sale{e.Name, o})
			}
		}
	}
	slices.Reverse(v.Sales)
	if v.More = len(v.Sales) - shownSales; v.More > 0 {
		v.Sales = v.Sales[:shownSales]
	}
	return v, nil
}

func (p *Page) find(r *http.Request) (*books.Company, books.Entity, error) {
	c := p.Company(r.PathValue("realm"))
	e, ok := books.EntityNamed(r.PathValue("entity"))
	if c == nil || !ok {
		return nil, e, errNotFound
	}
	return c, e, nil
}

func (p *Page) document(r *http.Request) (any, error) {
	c, e, err := p.find(r)
	if err != nil {
		return nil, err
	}
	o, f := c.Read(e, r.PathValue("id"))
	if f != nil {
		return nil, errNotFound
	}
	text, err := json.MarshalIndent(o, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("show the document: %w", err)
	}
	return map[string]any{
		"Title": e.Name + " " + books.Text(o, "DocNumber"), "Realm": c.Realm, "Entity": e.Name, "Id": r.PathValue("id"), "JSON": string(text),
		"Sale": e.Name == "Invoice" || e.Name == "CreditMemo", "Voidable": e.Name == "Invoice",
	}, nil
}

// change voids or deletes a document, as a user does.
func (p *Page) change(r *http.Request) (string, error) {
	c, e, err := p.find(r)
	if err != nil {
		return "", err
	}
	doc := books.Object{"Id": r.PathValue("id")}
	back := "/companies/" + c.Realm
	switch r.FormValue("do") {
	case "void":
		_, f := c.ByHand(e, doc, (*books.Company).Void)
		return back, f.AsError()
	case "delete":
		_, f := c.ByHand(e, doc, (*books.Company).Remove)
		return back, f.AsError()
	case "note":
		doc["PrivateNote"] = r.FormValue("note")
		_, f := c.ByHand(e, doc, (*books.Company).Write)
		return back, f.AsError()
	}
	return "", fmt.Errorf("what to do must be void, delete or note")
}

func (p *Page) tokens(r *http.Request) (string, error) {
	c := p.Company(r.PathValue("realm"))
	if c == nil {
		return "", errNotFound
	}
	switch r.FormValue("do") {
	case "expire-access":
		p.Desk.ExpireAccess(c.Realm)
	case "expire-refresh":
		p.Desk.ExpireRefresh(c.Realm)
	case "rotate":
		p.Desk.Rotate(c.Realm)
	case "disconnect":
		p.Desk.Disconnect(c.Realm)
	default:
		return "", fmt.Errorf("what to do must be expire-access, expire-refresh, rotate or disconnect")
	}
	return "/companies/" + c.Realm, nil
}

// settings saves the form of a company.
func (p *Page) settings(r *http.Request) (string, error) {
	c := p.Company(r.PathValue("realm"))
	if c == nil {
		return "", errNotFound
	}
	delay := time.Duration(0)
	if text := r.FormValue("queryDelay"); text != "" {
		var err error
		if delay, err = time.ParseDuration(text); err != nil || delay < 0 || delay > time.Hour {
			return "", fmt.Errorf("the delay of statements %q must be a length of time such as 10s, at most an hour", text)
		}
	}
	closed := r.FormValue("closedThrough")
	if _, err := time.Parse(time.DateOnly, closed); closed != "" && err != nil {
		return "", fmt.Errorf("the last day of the closed books %q must look like 2026-06-30", closed)
	}
	tax := r.FormValue("salesTax")
	if tax != books.TaxOff && tax != books.TaxManual && tax != books.TaxAutomated {
		return "", fmt.Errorf("the sales tax %q must be off, manual or automated", tax)
	}
	c.Configure(func(s *books.Settings) {
		s.SalesTax, s.ClosedThrough, s.QueryDelay = tax, closed, delay
		for _, t := range toggles {
			*t.of(s) = r.FormValue(t.Name) != ""
		}
	})
	return "/companies/" + c.Realm, nil
}

// refName is the name in a reference, or its value.
func refName(o books.Object, name string) string {
	ref, _ := o[name].(books.Object)
	if n, ok := ref["name"].(string); ok {
		return n
	}
	return books.Ref(o, name)
}
