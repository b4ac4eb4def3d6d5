package api

import (
	"slices"
	"strings"

	"github.com/tradepost/tradepost/services/sandbox/internal/book"
	"github.com/tradepost/tradepost/services/sandbox/internal/state"
)

func companyTable(t *state.Tables) state.Table[book.Company] { return t.Companies }

func (a *API) listCompanies(c *call) (any, error) {
	status, name := anyOf(c.query.list("status")), strings.ToLower(c.query.values.Get("name"))
	updated := c.query.within("updated")
	match := func(r *book.Company) bool {
		return status(r.Status) && strings.Contains(strings.ToLower(r.Name), name) && updated(r.Updated)
	}
	return rows(a, c, "companies", otherPages, companyTable, match,
		func(_ *state.Tables, r *book.Company) any { return a.company(r) })
}

func (a *API) getCompany(c *call) (any, error) {
	return one(a, c, "Company", companyTable, func(_ *state.Tables, r *book.Company) any { return a.company(r) })
}

func (a *API) createCompany(c *call) (any, error) {
	b, err := readBody(c.Request)
	if err != nil {
		return nil, err
	}
	company := book.Company{Status: "active"}
	if err := fillCompany(b)(&company); err != nil {
		return nil, err
	}
	made, err := a.Store.AddCompany(company, c.userID)
	if err != nil {
		return nil, err
	}
	return a.company(made), nil
}

func (a *API) putCompany(c *call) (any, error) {
	id, err := c.pathID("Company")
	if err != nil {
		return nil, err
	}
	b, err := readBody(c.Request)
	if err != nil {
		return nil, err
	}
	fill := fillCompany(b)
	if err := fill(&book.Company{}); err != nil {
		return nil, err
	}
	r, err := a.Store.EditCompany(id, func(r *book.Company) { _ = fill(r) }, c.userID) // checked above
	if err != nil {
		return nil, err
	}
	return a.company(r), nil
}

// fillCompany writes the fields that the body has.
func fillCompany(b *body) func(*book.Company) error {
	return func(r *book.Company) error {
		texts(b, map[string]*string{"name": &r.Name, "status": &r.Status, "phoneNumber": &r.Phone, "primaryEmail": &r.Email})
		fillAddress(b, &r.Address)
		if r.Status != "" && !slices.Contains([]string{"active", "inactive", "pending", "on_hold"}, r.Status) {
			return badRequest("Invalid status " + r.Status)
		}
		return b.err()
	}
}

// texts writes the strings that the body has.
func texts(b *body, targets map[string]*string) {
	for name, target := range targets {
		if s := b.textOrNil(name); s != nil {
			*target = *s
		}
	}
}

// fillAddress takes an address object and the flat fields.
func fillAddress(b *body, to *book.Address) {
	var from struct{ Street, City, State, PostalCode *string }
	b.decode("address", &from)
	for _, part := range []struct {
		value *string
		to    *string
	}{{from.Street, &to.Street}, {from.City, &to.City}, {from.State, &to.State}, {from.PostalCode, &to.PostalCode}} {
		if part.value != nil {
			*part.to = *part.value
		}
	}
	texts(b, map[string]*string{
		"addressStreet": &to.Street, "addressCity": &to.City, "addressState": &to.State, "addressPostalCode": &to.PostalCode,
	})
}
