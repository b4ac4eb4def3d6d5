package connection

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// filters refuses connections of one account that could take the same invoice. A
// disabled one counts too: its invoices wait for it.
func (k *checker) filters() {
	byAccount := map[string][]*Connection{}
	for _, id := range slices.Sorted(maps.Keys(k.config.Connections)) {
		if c := k.config.Connections[id]; c.AccountID != "" {
			byAccount[c.AccountID] = append(byAccount[c.AccountID], c)
		}
	}
	for _, account := range slices.Sorted(maps.Keys(byAccount)) {
		k.apart(account, byAccount[account])
	}
}

// apart compares each connection of an account with those before it, and tells of
// each the first that it is not told apart from.
func (k *checker) apart(account string, all []*Connection) {
	for i, c := range all {
		if len(all) > 1 && c.Filter == nil {
			if !k.config.badFilters[c.ID] {
				k.add("connections."+c.ID, "add a filter to each of the account's connections, to one of them `filter: otherwise`",
					"has no filter, and the account %q has %d connections: nothing tells which of them takes an invoice", account, len(all))
			}
			continue
		}
		for _, earlier := range all[:i] {
			if earlier.Filter == nil {
				continue
			}
			if what, fix := overlap(c, earlier); what != "" {
				k.add("connections."+c.ID+".filter", fix, "%s (%s)", what, k.config.doc.place("connections."+earlier.ID+".filter"))
				break
			}
		}
	}
}

// overlap tells how an invoice could match both filters, and how to mend it; "" where
// a dimension that both give keeps them apart. For a dimension of which an invoice
// may have several values that is no proof: one that matches both is taken by
// neither, and waits.
func overlap(c, earlier *Connection) (what, fix string) {
	a, b := c.Filter, earlier.Filter
	if a.Otherwise && b.Otherwise {
		return fmt.Sprintf("the connection %q has `filter: otherwise` too", earlier.ID),
			"keep it on one connection of the account, and give the other offices, customers or the like"
	}
	if a.Otherwise || b.Otherwise {
		return "", ""
	}
	var shared []string
	for _, d := range dimensions {
		x, inA := a.wanted[d.key]
		y, inB := b.wanted[d.key]
		if !inA || !inB {
			continue
		}
		both := common(x, y)
		if len(both) == 0 {
			return "", ""
		}
		shared = append(shared, fmt.Sprintf("%s %s", d.key, few(both)))
	}
	if len(shared) == 0 {
		return fmt.Sprintf("overlaps with that of the connection %q: they have no key in common, so an invoice can match both", earlier.ID),
			"give both a list under the same key, such as offices, without a value that is in both"
	}
	return fmt.Sprintf("overlaps with that of the connection %q: both take %s", earlier.ID, strings.Join(shared, ", ")),
		"remove what is in both from one of them"
}

// common returns what is in both sorted lists.
func common(a, b []string) []string {
	var both []string
	for _, v := range a {
		if _, in := slices.BinarySearch(b, v); in {
			both = append(both, v)
		}
	}
	return both
}

// few names the first values of a long list.
func few(values []string) string {
	const shown = 5
	if len(values) <= shown {
		return strings.Join(values, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(values[:shown], ", "), len(values)-shown)
}
