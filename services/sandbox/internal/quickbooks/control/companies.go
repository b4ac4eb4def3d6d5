package control

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/tradepost/tradepost/services/sandbox/internal/quickbooks/books"
	"github.com/tradepost/tradepost/services/sandbox/internal/quickbooks/limits"
)

// Company is a company at a glance.
type Company struct {
	Realm      string         `json:"realm"`
	Settings   books.Settings `json:"settings"`
	NextNumber string         `json:"nextNumber"`
	Objects    map[string]int `json:"objects"`
	RequestIDs int            `json:"requestIds"`
	Counts     limits.Count   `json:"counts"`
}

func (c *Control) view(company *books.Company) Company {
	v := Company{
		Realm: company.Realm, Settings: company.Settings(), NextNumber: company.NextNumber(), Objects: map[string]int{},
		RequestIDs: company.RequestIDs(), Counts: c.Gate.Counts(company.Realm),
	}
	for _, e := range books.Entities() {
		v.Objects[e.Name] = len(company.All(e))
	}
	return v
}

func (c *Control) companies(*http.Request) (any, error) {
	out := []Company{}
	for _, company := range c.Companies() {
		out = append(out, c.view(company))
	}
	return map[string]any{"companies": out}, nil
}

func (c *Control) addCompany(*http.Request) (any, error) { return c.view(c.AddCompany()), nil }

func (c *Control) company(company *books.Company, _ *http.Request) (any, error) {
	return c.view(company), nil
}

// configure changes the settings that the body names.
func (c *Control) configure(company *books.Company, r *http.Request) (any, error) {
	changed := company.Settings()
	if err := read(r, &changed); err != nil {
		return nil, err
	}
	if s := changed.SalesTax; s != books.TaxOff && s != books.TaxManual && s != books.TaxAutomated {
		return nil, fmt.Errorf("salesTax %q must be off, manual or automated", s)
	}
	company.Configure(func(s *books.Settings) { *s = changed })
	return c.view(company), nil
}

// tokens connects the app to the company without a user, and gives the tokens as
// the token endpoint does.
func (c *Control) tokens(company *books.Company, _ *http.Request) (any, error) {
	t := c.Desk.Grant(c.App, company.Realm)
	return map[string]any{
		"token_type": "bearer", "access_token": t.Access, "expires_in": int(t.AccessIn.Seconds()), "refresh_token": t.Refresh,
		"x_refresh_token_expires_in": int(t.RefreshIn.Seconds()), "realmId": t.Realm,
	}, nil
}

func (c *Control) grants(company *books.Company, _ *http.Request) (any, error) {
	return map[string]any{"tokens": c.Desk.Grants(company.Realm)}, nil
}

func (c *Control) changeTokens(company *books.Company, r *http.Request) (any, error) {
	switch what := r.PathValue("what"); what {
	case "expire-access":
		c.Desk.ExpireAccess(company.Realm)
	case "expire-refresh":
		c.Desk.ExpireRefresh(company.Realm)
	case "rotate":
		c.Desk.Rotate(company.Realm)
	case "disconnect":
		c.Desk.Disconnect(company.Realm)
	default:
		return nil, fmt.Errorf("%q must be expire-access, expire-refresh, rotate or disconnect", what)
	}
	return done, nil
}

func (c *Control) counts(company *books.Company, _ *http.Request) (any, error) {
	return c.Gate.Counts(company.Realm), nil
}

func entityOf(r *http.Request) (books.Entity, error) {
	e, ok := books.EntityNamed(r.PathValue("entity"))
	if !ok {
		return e, fmt.Errorf("entity %s: %w", r.PathValue("entity"), errNotFound)
	}
	return e, nil
}

func (c *Control) objects(company *books.Company, r *http.Request) (any, error) {
	e, err := entityOf(r)
	if err != nil {
		return nil, err
	}
	return map[string]any{"objects": company.All(e)}, nil
}

// history shows every version of the objects of an entity.
func (c *Control) history(company *books.Company, r *http.Request) (any, error) {
	e, err := entityOf(r)
	if err != nil {
		return nil, err
	}
	return map[string]any{"versions": company.History(e)}, nil
}

// put writes an object as a user does: with an Id it is an update of what is
// named.
func (c *Control) put(company *books.Company, r *http.Request) (any, error) {
	e, err := entityOf(r)
	if err != nil {
		return nil, err
	}
	var doc books.Object
	if err := read(r, &doc); err != nil {
		return nil, err
	}
	out, f := company.ByHand(e, doc, (*books.Company).Write)
	return orFault(out, f)
}

func orFault(out books.Object, f *books.Fault) (any, error) {
	return out, f.AsError()
}

// act voids, deletes or deposits a transaction as a user does.
func (c *Control) act(company *books.Company, r *http.Request) (any, error) {
	e, err := entityOf(r)
	if err != nil {
		return nil, err
	}
	doc := books.Object{"Id": r.PathValue("id")}
	switch what := r.PathValue("what"); what {
	case "void":
		return orFault(company.ByHand(e, doc, (*books.Company).Void))
	case "delete":
		return orFault(company.ByHand(e, doc, (*books.Company).Remove))
	case "deposit":
		if !company.MarkDeposited(e, r.PathValue("id")) {
			return nil, fmt.Errorf("%s %s: %w", e.Name, r.PathValue("id"), errNotFound)
		}
		return done, nil
	}
	return nil, errors.New("the last step of the path must be void, delete or deposit")
}

func (c *Control) forgetIDs(company *books.Company, _ *http.Request) (any, error) {
	company.ForgetRequests()
	return done, nil
}

// dump shows all companies with all their objects.
func (c *Control) dump(*http.Request) (any, error) {
	out := map[string]any{}
	for _, company := range c.Companies() {
		objects := map[string]any{}
		for _, e := range books.Entities() {
			objects[e.Name] = company.All(e)
		}
		out[company.Realm] = map[string]any{"settings": company.Settings(), "objects": objects}
	}
	return out, nil
}
