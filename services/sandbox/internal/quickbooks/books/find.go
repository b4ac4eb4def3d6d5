package books

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

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
	for _, doc := range c.snapshot(e, age) {
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
	for i, doc := range rows.Rows {
		rows.Rows[i] = project(doc, fields)
	}
	return rows, nil
}

// snapshot lists the objects as statements see them now.
func (c *Company) snapshot(e Entity, age time.Duration) []Object {
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
		ok, err := holds(At(doc, name), c)
		if err != nil || !ok {
			return false, err
		}
	}
	return asksActive || !e.List || doc["Active"] == nil || Flag(doc, "Active"), nil
}

func holds(have any, c query.Condition) (bool, error) {
	for _, v := range c.Values {
		ok, err := compare(have, c.Op, v)
		if ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// compare holds a property against a literal. A property that is not there
// equals nothing.
func compare(have any, op string, v query.Value) (bool, error) {
	if op == "LIKE" {
		s, ok := have.(string)
		return ok && like(s, v.Text), nil
	}
	var order int
	switch have := have.(type) {
	case nil:
		return false, nil
	case bool:
		if v.Text != "true" && v.Text != "false" {
			return false, query.Invalid("invalid boolean value: " + v.Text)
		}
		return (op == "=" || op == "IN") && have == (v.Text == "true"), nil
	case json.Number:
		want, err := decimal.NewFromString(v.Text)
		if err != nil {
			return false, query.Invalid("invalid number value: " + v.Text)
		}
		got, _ := decimal.NewFromString(have.String())
		order = got.Cmp(want)
	case string:
		order = compareText(have, v.Text)
	default:
		return false, nil
	}
	switch op {
	case "<":
		return order < 0, nil
	case ">":
		return order > 0, nil
	case "<=":
		return order <= 0, nil
	case ">=":
		return order >= 0, nil
	}
	return order == 0, nil
}

// compareText compares times as times, ids as numbers and the rest as text.
func compareText(have, want string) int {
	if a, err := time.Parse(time.RFC3339, have); err == nil {
		if b, ok := ParseTime(want); ok {
			return a.Compare(b)
		}
	}
	return cmp.Compare(have, want)
}

// ParseTime reads a date and time as statements have them; without a zone it is
// QuickBooks' own.
func ParseTime(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999-0700", "2006-01-02T15:04:05", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, s, pacific); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// like compares with a pattern in which % stands for any text.
func like(s, pattern string) bool {
	parts := strings.Split(pattern, "%")
	if len(parts) == 1 {
		return s == pattern
	}
	s, ok := strings.CutPrefix(s, parts[0])
	if !ok {
		return false
	}
	for _, part := range parts[1 : len(parts)-1] {
		_, after, found := strings.Cut(s, part)
		if !found {
			return false
		}
		s = after
	}
	return strings.HasSuffix(s, parts[len(parts)-1])
}

// sort sorts rows; what is missing comes first.
func (e Entity) sort(rows []Object, by []query.Order) {
	slices.SortStableFunc(rows, func(a, b Object) int {
		for _, o := range by {
			name, _, _ := e.filterable(o.Field)
			order := compareValues(At(a, name), At(b, name), name == "Id")
			if o.Desc {
				order = -order
			}
			if order != 0 {
				return order
			}
		}
		return 0
	})
}

func compareValues(a, b any, numeric bool) int {
	x, y := fmt.Sprint(a), fmt.Sprint(b)
	p, errA := decimal.NewFromString(x)
	q, errB := decimal.NewFromString(y)
	_, isNumber := a.(json.Number)
	if (isNumber || numeric) && errA == nil && errB == nil {
		return p.Cmp(q)
	}
	if a == nil || b == nil {
		return cmp.Compare(boolInt(a != nil), boolInt(b != nil))
	}
	return compareText(x, y)
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
