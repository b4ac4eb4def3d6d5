package mapit

import (
	"fmt"
	"strings"

	"github.com/tradepost/tradepost/pkg/mapping"
)

// customerWays says how a customer can be linked under this mapping. It names
// only ways that would work.
func (r Resolver) customerWays() string {
	return r.ways(r.Mapping.Customers.Match, "customer", "the "+string(r.Mapping.Customers.Of))
}

// itemWays says how an item can be linked under this mapping.
func (r Resolver) itemWays() string {
	return r.ways(r.Mapping.Items.Match, "item", "the library item")
}

func (r Resolver) ways(match []mapping.Match, noun, record string) string {
	var ways []string
	for _, m := range match {
		switch m {
		case mapping.MatchExternalID:
			if r.ExternalSystem != "" {
				ways = append(ways, fmt.Sprintf("enter the %s's code in the books as external ID \"%s\" of %s in ServiceTrade", noun, r.ExternalSystem, record))
			}
		case mapping.MatchTable:
			ways = append(ways, fmt.Sprintf("have it added to the %s table of connection %s", noun, r.Connection))
		case mapping.MatchCode:
			ways = append(ways, fmt.Sprintf("give %s its code in ServiceTrade", record))
		}
	}
	if len(ways) == 0 {
		return fmt.Sprintf("Have the Tradepost administrator set up how connection %s finds a %s", r.Connection, noun)
	}
	s := strings.Join(ways, ", or ")
	return strings.ToUpper(s[:1]) + s[1:]
}
