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

func holds(have any, c query.Condition, isTime bool) (bool, error) {
	for _, v := range c.Values {
		ok, err := compare(have, c.Op, v, isTime)
		if ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// compare holds a property against a literal. A property that is not there
// equals nothing.
func compare(have any, op string, v query.Value, isTime bool) (bool, error) {
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
		want, ok := parse(v.Text)
		if !ok {
			return false, query.Invalid("invalid number value: " + v.Text)
		}
		got, _ := parse(have.String())
		order = got.Cmp(want)
	case string:
		order = compareText(have, v.Text, isTime)
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

// compareText compares times as times, and the rest as text.
func compareText(have, want string, isTime bool) int {
	if isTime {
		a, errA := time.Parse(time.RFC3339, have)
		b, ok := ParseTime(want)
		if errA == nil && ok {
			return a.Compare(b)
		}
	}
	return cmp.Compare(have, want)
}

// timely tells whether a property is a time.
func timely(name string) bool { return strings.HasPrefix(name, "MetaData.") }

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
			order := compareValues(At(a, name), At(b, name), name)
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

func compareValues(a, b any, name string) int {
	numeric := name == "Id"
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
	return compareText(x, y, timely(name))
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
