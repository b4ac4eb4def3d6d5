package api

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// query reads the parameters of a list. Lists come comma separated in one
// parameter, the comma plain or escaped; booleans as 1, 0, true or false.
type query struct {
	values url.Values
	bad    []string // parameters that could not be read
}

func parseQuery(raw string) query {
	values, err := url.ParseQuery(raw)
	q := query{values: values}
	if err != nil {
		q.bad = append(q.bad, "the query string")
	}
	return q
}

func (q *query) has(name string) bool { return strings.TrimSpace(q.values.Get(name)) != "" }

// list gives the values of a comma-separated parameter; repeated parameters and
// PHP's name[] add to it.
func (q *query) list(name string) []string {
	var out []string
	for _, all := range [][]string{q.values[name], q.values[name+"[]"]} {
		for _, one := range all {
			for part := range strings.SplitSeq(one, ",") {
				if part = strings.TrimSpace(part); part != "" {
					out = append(out, part)
				}
			}
		}
	}
	return out
}

// number gives an integer parameter; ok is false when it is absent.
func (q *query) number(name string) (n int64, ok bool) {
	if !q.has(name) {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(q.values.Get(name)), 10, 64)
	if err != nil {
		q.bad = append(q.bad, name)
	}
	return n, err == nil
}

// numbers gives a comma-separated list of integers.
func (q *query) numbers(name string) []int64 {
	var out []int64
	for _, one := range q.list(name) {
		n, err := strconv.ParseInt(one, 10, 64)
		if err != nil {
			q.bad = append(q.bad, name)
			continue
		}
		out = append(out, n)
	}
	return out
}

// boolean gives a boolean parameter; ok is false when it is absent.
func (q *query) boolean(name string) (value, ok bool) {
	switch strings.ToLower(strings.TrimSpace(q.values.Get(name))) {
	case "":
		return false, false
	case "1", "true":
		return true, true
	case "0", "false":
		return false, true
	}
	q.bad = append(q.bad, name)
	return false, false
}

// err refuses the request when a parameter could not be read.
func (q *query) err() error {
	if len(q.bad) == 0 {
		return nil
	}
	slices.Sort(q.bad)
	return badRequest("Invalid parameter: " + strings.Join(slices.Compact(q.bad), ", "))
}

// within tells whether a time passes the parameters <name>After and
// <name>Before, both inclusive.
func (q *query) within(name string) func(int64) bool {
	after, hasAfter := q.number(name + "After")
	before, hasBefore := q.number(name + "Before")
	return func(t int64) bool { return (!hasAfter || t >= after) && (!hasBefore || t <= before) }
}

// anyOf tells whether a value passes a list parameter that may be absent.
func anyOf[T comparable](wanted []T) func(T) bool {
	return func(value T) bool { return len(wanted) == 0 || slices.Contains(wanted, value) }
}

// is tells whether an id passes an integer parameter that may be absent.
func (q *query) is(name string) func(int64) bool {
	wanted, ok := q.number(name)
	return func(id int64) bool { return !ok || id == wanted }
}

// flag tells whether a boolean passes a boolean parameter that may be absent.
func (q *query) flag(name string) func(bool) bool {
	wanted, ok := q.boolean(name)
	return func(value bool) bool { return !ok || value == wanted }
}
