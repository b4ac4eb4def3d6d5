package api

import (
	"slices"
	"strings"

	"github.com/tradepost/tradepost/services/sandbox/internal/book"
	"github.com/tradepost/tradepost/services/sandbox/internal/state"
)

func locationTable(t *state.Tables) state.Table[book.Location] { return t.Locations }

func (a *API) showLocation(t *state.Tables, r *book.Location) any { return a.location(t, r) }

// listLocations gives ten locations of customers at a time unless told otherwise.
func (a *API) listLocations(c *call) (any, error) {
	match := locationFilter(&c.query)
	return rows(a, c, "locations", locationPages, locationTable, match, a.showLocation)
}

func locationFilter(q *query) func(*book.Location) bool {
	name, status, companies := strings.ToLower(q.values.Get("name")), anyOf(q.list("status")), anyOf(q.numbers("companyId"))
	offices, wantedTags := q.numbers("officeIds"), q.list("tag")
	created, updated := q.within("created"), q.within("updated")
	customer, hasCustomer := q.boolean("isCustomer")
	vendor, hasVendor := q.boolean("isVendor")
	customer = customer || (!hasCustomer && !hasVendor) // customers are the default
	return func(l *book.Location) bool {
		return (customer && !l.Office || vendor && l.Office) && status(l.Status) && companies(l.CompanyID) &&
			(strings.Contains(strings.ToLower(l.Name), name) || l.StoreNumber == name) &&
			(len(offices) == 0 || slices.ContainsFunc(l.OfficeIDs, func(id int64) bool { return slices.Contains(offices, id) })) &&
			containsAll(l.Tags, wantedTags) && created(l.Created) && updated(l.Updated)
	}
}

func (a *API) getLocation(c *call) (any, error) {
	return one(a, c, "Location", locationTable, a.showLocation)
}

func (a *API) createLocation(c *call) (any, error) {
	b, err := readBody(c.Request)
	if err != nil {
		return nil, err
	}
	location := book.Location{Status: "active", CompanyID: b.number("companyId")}
	if err := fillLocation(b)(&location); err != nil {
		return nil, err
	}
	made, err := a.Store.AddLocation(location, c.userID)
	if err != nil {
		return nil, err
	}
	return show(a, "Location", made.ID, locationTable, a.showLocation)
}

func (a *API) putLocation(c *call) (any, error) {
	id, err := c.pathID("Location")
	if err != nil {
		return nil, err
	}
	b, err := readBody(c.Request)
	if err != nil {
		return nil, err
	}
	fill := fillLocation(b)
	if err := fill(&book.Location{}); err != nil {
		return nil, err
	}
	if _, err := a.Store.EditLocation(id, func(r *book.Location) { _ = fill(r) }, c.userID); err != nil { // checked above
		return nil, err
	}
	return show(a, "Location", id, locationTable, a.showLocation)
}

func fillLocation(b *body) func(*book.Location) error {
	return func(r *book.Location) error {
		texts(b, map[string]*string{
			"name": &r.Name, "status": &r.Status, "phoneNumber": &r.Phone, "email": &r.Email, "storeNumber": &r.StoreNumber,
		})
		fillAddress(b, &r.Address)
		if taxable := b.booleanOrNil("taxable"); taxable != nil {
			r.Taxable = *taxable
		}
		if b.has("officeIds") {
			r.OfficeIDs = nil
			b.decode("officeIds", &r.OfficeIDs)
		}
		return b.err()
	}
}

func (a *API) mergeLocation(c *call) (any, error) {
	id, err := c.pathID("Location")
	if err != nil {
		return nil, err
	}
	b, err := readBody(c.Request)
	if err != nil {
		return nil, err
	}
	if err := b.require("replacementId"); err != nil {
		return nil, err
	}
	replacement := b.number("replacementId")
	if err := a.Store.MergeLocation(id, replacement, c.userID); err != nil {
		return nil, err
	}
	return show(a, "Location", replacement, locationTable, a.showLocation)
}
