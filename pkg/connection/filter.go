package connection

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Otherwise is the filter that takes what no other connection of the account takes.
const Otherwise = "otherwise"

// Filter says which invoices of an account a connection takes, where several
// connections share the account. An invoice has to match every dimension that is
// given, and matches one with any of its values. What an invoice does not have (the
// job type of an invoice without a job) matches nothing. Never changed after Load.
type Filter struct {
	// Otherwise says that the filter takes what no other filter of the account does;
	// then there are no dimensions.
	Otherwise bool
	// wanted holds the values of each dimension that is given, as text.
	wanted map[string][]string
}

// dimension is one property of invoices that filters go by.
type dimension struct {
	key string
	// ids says that its values are numbers of ServiceTrade.
	ids bool
	// of returns an invoice's values: several where an invoice may have several.
	of func(*tradepostv1.Snapshot) []string
}

// dimensions are all that a filter may give, in the order in which they are told.
var dimensions = []dimension{
	{"offices", true, offices},
	{"customers", true, func(s *tradepostv1.Snapshot) []string { return number(s.GetInvoice().GetCustomer().GetId()) }},
	{"locations", true, func(s *tradepostv1.Snapshot) []string {
		return number(firstID(s.GetInvoice().GetLocation().GetId(), s.GetLocation().GetId()))
	}},
	{"contracts", true, func(s *tradepostv1.Snapshot) []string {
		return number(firstID(s.GetInvoice().GetContract().GetId(), s.GetJob().GetContract().GetId()))
	}},
	{"job_types", false, func(s *tradepostv1.Snapshot) []string { return word(s.GetJob().GetType()) }},
	{"job_tags", false, jobTags},
}

// offices are the job's assigned office; without one, those of the location.
func offices(s *tradepostv1.Snapshot) []string {
	if id := s.GetJob().GetAssignedOffice().GetId(); id > 0 {
		return number(id)
	}
	var all []string
	for _, o := range s.GetLocation().GetOffices() {
		all = append(all, number(o.GetId())...)
	}
	return all
}

func jobTags(s *tradepostv1.Snapshot) []string {
	var all []string
	for _, t := range s.GetJob().GetTags() {
		all = append(all, word(t.GetName())...)
	}
	return all
}

func number(id int64) []string {
	if id <= 0 {
		return nil
	}
	return []string{strconv.FormatInt(id, 10)}
}

// word is how names are compared: without regard to case and outer space.
func word(name string) []string {
	name = strings.ToLower(strings.TrimSpace(name))
	if name == "" {
		return nil
	}
	return []string{name}
}

func firstID(ids ...int64) int64 {
	for _, id := range ids {
		if id > 0 {
			return id
		}
	}
	return 0
}

// takes tells whether the dimensions match; never for Otherwise, which depends on
// the other filters.
func (f *Filter) takes(s *tradepostv1.Snapshot) bool {
	if f.Otherwise {
		return false
	}
	for _, d := range dimensions {
		wanted, given := f.wanted[d.key]
		if given && !slices.ContainsFunc(d.of(s), func(v string) bool { return slices.Contains(wanted, v) }) {
			return false
		}
	}
	return true
}

// String writes the filter as the file does, on one line.
func (f *Filter) String() string {
	switch {
	case f == nil:
		return "everything"
	case f.Otherwise:
		return Otherwise
	}
	said := make([]string, 0, len(f.wanted))
	for _, d := range dimensions {
		if wanted, given := f.wanted[d.key]; given {
			said = append(said, d.key+": ["+strings.Join(wanted, ", ")+"]")
		}
	}
	return strings.Join(said, ", ")
}

// Takers returns the connections, of those that share one account, that take the
// invoice of the snapshot: exactly one, as a rule. None, where no filter matches and
// there is no `otherwise`; several, where the invoice has several values of a
// dimension (two tags) and each matches another filter. Disabled ones count. The
// snapshot has to hold the job and the location, as far as there are any.
func Takers(connections []*Connection, s *tradepostv1.Snapshot) []*Connection {
	var takers []*Connection
	var rest *Connection
	for _, c := range connections {
		switch {
		case c.Filter == nil || c.Filter.takes(s):
			takers = append(takers, c)
		case c.Filter.Otherwise:
			rest = c
		}
	}
	if len(takers) == 0 && rest != nil {
		return []*Connection{rest}
	}
	return takers
}

// Describe tells what of an invoice filters go by, for people who wonder why none
// matches: "offices 701, customers 9001".
func Describe(s *tradepostv1.Snapshot) string {
	var said []string
	for _, d := range dimensions {
		if values := d.of(s); len(values) > 0 {
			said = append(said, d.key+" "+strings.Join(values, " and "))
		}
	}
	if len(said) == 0 {
		return "nothing that a filter could match"
	}
	return strings.Join(said, ", ")
}

// ConnectionsOf returns all connections of an account, disabled ones too, in the
// order of their ids.
func (c *Config) ConnectionsOf(account string) []*Connection {
	var all []*Connection
	for _, id := range slices.Sorted(maps.Keys(c.Connections)) {
		if conn := c.Connections[id]; conn.AccountID == account {
			all = append(all, conn)
		}
	}
	return all
}

// EnabledAccounts returns the ids of the accounts that have an enabled connection, in
// order.
func (c *Config) EnabledAccounts() []string {
	var all []string
	for _, conn := range c.EnabledConnections() {
		all = append(all, conn.AccountID)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
