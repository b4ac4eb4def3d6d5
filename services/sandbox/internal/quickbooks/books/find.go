package books

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tradepost/tradepost/services/sandbox/internal/quickbooks/query"
)

// Rows is the answer to a statement.
type Rows struct {
	Entity Entity
	Rows   []Object
	// Start is the position of the first row, Total how many rows match.
	Start, Total int
	Count        bool
}

// Read gives an object by its id as it is now (Intuit API reference, "Read").
func (c *Company) Read(e Entity, id string) (Object, *Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch e.Name {
	case "CompanyInfo":
		return c.companyInfo(), nil
	case "Preferences":
		return c.preferences(), nil
	}
	if doc := c.get(e.Name, id); doc != nil {
		if e.Name == "Customer" {
			doc = c.withBalances([]Object{doc}, c.now())[0]
		}
		return doc, nil
	}
	return nil, gone()
}

// Query answers a statement: the state of the moment before QueryDelay, or of
// age ago where that is longer.
func (c *Company) Query(q query.Query, age time.Duration) (Rows, error) {
	e, ok := EntityNamed(q.Entity)
	if !ok {
		return Rows{}, query.Invalid("Entity " + q.Entity + " is not supported")
	}
	fields, err := e.check(q)
	if err != nil {
		return Rows{}, err
	}
	rows := Rows{Entity: e, Start: q.Start, Count: q.Count}
	for _, doc := range c.snapshot(e, age, asksBalance(q)) {
		ok, err := matches(e, q, doc)
		if err != nil {
			return Rows{}, err
		}
		if ok {
			rows.Rows = append(rows.Rows, doc)
		}
	}
	rows.Total = len(rows.Rows)
	e.sort(rows.Rows, q.OrderBy)
	begin := min(q.Start-1, len(rows.Rows))
	rows.Rows = rows.Rows[begin:min(begin+q.Max, len(rows.Rows))]
	if e.Name == "Customer" && !asksBalance(q) {
		rows.Rows = c.pageWithBalances(rows.Rows, age)
	}
	for i, doc := range rows.Rows {
		rows.Rows[i] = project(doc, fields)
	}
	return rows, nil
}

func asksBalance(q query.Query) bool {
	is := func(field string) bool { return strings.EqualFold(field, "Balance") }
	return slices.ContainsFunc(q.Where, func(c query.Condition) bool { return is(c.Field) }) ||
		slices.ContainsFunc(q.OrderBy, func(o query.Order) bool { return is(o.Field) })
}

// pageWithBalances puts the balances into the customers that are shown.
func (c *Company) pageWithBalances(rows []Object, age time.Duration) []Object {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(rows) == 0 {
		return rows
	}
	return c.withBalances(rows, c.now().Add(-max(age, c.settings.QueryDelay)))
}

// snapshot lists the objects as statements see them now, customers with their
// balances where those are asked for.
func (c *Company) snapshot(e Entity, age time.Duration, balances bool) []Object {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch e.Name {
	case "CompanyInfo":
		return []Object{c.companyInfo()}
	case "Preferences":
		return []Object{c.preferences()}
	}
	at := c.now().Add(-max(age, c.settings.QueryDelay))
	var out []Object
	for _, r := range c.tables[e.Name].all {
		if v, ok := r.asOf(at); ok && !v.deleted {
			out = append(out, v.doc)
		}
	}
	if e.Name == "Customer" && balances {
		return c.withBalances(out, at)
	}
	return out
}

// check refuses what may not be asked (Intuit documentation, "Query operations
// and syntax": filterable and sortable attributes).
func (e Entity) check(q query.Query) (fields []string, err error) {
	for _, c := range q.Where {
		if err := e.mayAsk(c.Field); err != nil {
			return nil, err
		}
	}
	for _, o := range q.OrderBy {
		if err := e.mayAsk(o.Field); err != nil {
			return nil, err
		}
		if name, _, _ := e.filterable(o.Field); slices.Contains(unsortable, name) {
			return nil, query.Invalid(fmt.Sprintf("property '%s' is not sortable", o.Field))
		}
	}
	for _, f := range q.Fields {
		name, _, known := e.filterable(f)
		if !known {
			return nil, query.Invalid(fmt.Sprintf("Property %s not found for Entity %s", f, e.Name))
		}
		fields = append(fields, name)
	}
	return fields, nil
}

func (e Entity) mayAsk(field string) error {
	switch _, may, known := e.filterable(field); {
	case !known:
		return query.Invalid(fmt.Sprintf("Property %s not found for Entity %s", field, e.Name))
	case !may:
		return query.Invalid(fmt.Sprintf("property '%s' is not queryable", field))
	}
	return nil
}

// project shows the wanted properties only; none means all.
func project(doc Object, fields []string) Object {
	if len(fields) == 0 {
		return doc
	}
	out := Object{"domain": "QBO", "sparse": true}
	for _, f := range fields {
		first, _, _ := strings.Cut(f, ".")
		if doc[first] != nil {
			out[first] = doc[first]
		}
	}
	return out
}

// matches tells whether all conditions hold. Objects of a list that are inactive
// are not shown unless the statement asks about Active (Intuit documentation,
// "Query operations and syntax").
func matches(e Entity, q query.Query, doc Object) (bool, error) {
	asksActive := false
	for _, c := range q.Where {
		name, _, _ := e.filterable(c.Field)
		asksActive = asksActive || name == "Active"
		ok, err := holds(At(doc, name), c, timely(name))
		if err != nil || !ok {
			return false, err
		}
	}
	return asksActive || !e.List || doc["Active"] == nil || Flag(doc, "Active"), nil
}
