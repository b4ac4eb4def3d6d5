package doctor

import (
	"fmt"
	"slices"
	"time"

	"github.com/tradepost/tradepost/pkg/caldate"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/mapping"
)

// longAgo is how old a closing date is told, in days: the close of the last year
// and of a period before that are usual.
const longAgo = 550

// mappingHints tells what is allowed in a mapping and often not meant.
func (d *doctor) mappingHints(conn *connection.Connection, c check) []Result {
	m := conn.Mapping
	if m == nil {
		return []Result{c.skip("it could not be read, see the configuration")}
	}
	results := []Result{c.ok("%s can be used", conn.MappingFile)}
	results = append(results, closing(c, m.BooksClosedThrough, d.today(conn))...)
	if m.Items.Default == nil {
		results = append(results, c.warn(admin, "Add items.default, or leave it so if such a line should stop its invoice.",
			"items.default is not set: a line without a library item, or with one that nothing matches, stops its invoice"))
	}
	if conn.Account == nil || conn.Account.ServiceTrade.ExternalSystem != "" {
		return results
	}
	for _, s := range []struct {
		name string
		list []mapping.Match
	}{{"customers", m.Customers.Match}, {"items", m.Items.Match}} {
		results = append(results, c.withoutSystem(s.name, s.list, conn.AccountID)...)
	}
	return results
}

// withoutSystem judges ways to match for an account without an external system.
func (c check) withoutSystem(name string, list []mapping.Match, account string) []Result {
	const fix = "Set accounts.%s.servicetrade.external_system, or take external_id out of %s.match."
	switch {
	case !slices.Contains(list, mapping.MatchExternalID):
		return nil
	case len(list) == 1:
		return []Result{c.fail(admin, fmt.Sprintf(fix, account, name),
			"%s are matched by external id alone, and the account has no external_system: none will ever be found", name)}
	}
	return []Result{c.warn(admin, fmt.Sprintf(fix, account, name),
		"%s.match has external_id, and the account has no external_system: only the other ways are used", name)}
}

// closing judges the date through which the books are closed.
func closing(c check, through, today caldate.Date) []Result {
	switch {
	case through.IsZero():
		return []Result{c.warn(admin, "Set books_closed_through to the last day of the last closed period.",
			"books_closed_through is not set: an invoice of any date is posted, also into closed periods")}
	case !today.After(through):
		return []Result{c.warn(admin, "Correct books_closed_through.",
			"books_closed_through is %s: invoices of today (%s) are refused", through, today)}
	case through.DaysUntil(today) > longAgo:
		return []Result{c.warn(admin, "Set books_closed_through to the last day of the last closed period.",
			"books_closed_through is %s, more than a year and a half ago: invoices are posted into every period since", through)}
	}
	return nil
}

// today is the date where the account keeps its books.
func (d *doctor) today(conn *connection.Connection) caldate.Date {
	zone := time.UTC
	if conn.Account != nil && conn.Account.Location() != nil {
		zone = conn.Account.Location()
	}
	today, err := caldate.FromUnix(d.now().Unix(), zone)
	if err != nil { // a clock beyond the year 9999
		return caldate.Date{}
	}
	return today
}
