package doctor

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// systemRule is what ServiceTrade accepts as the name of an external system.
var systemRule = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// externalIDs looks whether customers have ids under the account's external system.
func (p *patient) externalIDs(ctx context.Context, list invoices) []Result {
	c := p.check("external ids")
	system := p.account.ServiceTrade.ExternalSystem
	if system != "" && !systemRule.MatchString(system) {
		return []Result{c.fail(admin, "Write the system name, not the label, as ServiceTrade's Account Settings show it.",
			"external_system %q cannot be a system name in ServiceTrade: those begin with a letter and hold a-z, 0-9 and _", system)}
	}
	customers := customersOf(list)
	companies, err := each(ctx, customers, p.client.Company)
	if len(companies) == 0 && err != nil {
		return []Result{p.refused(c, err, "read companies")}
	}
	others := map[string]bool{}
	var with []*tradepostv1.ServiceTradeCompany
	for _, company := range companies {
		for name := range company.GetExternalIds() {
			others[name] = true
		}
		if company.GetExternalIds()[system] != "" {
			with = append(with, company)
		}
	}
	return []Result{c.judge(system, companies, with, slices.Sorted(maps.Keys(others)))}
}

func (c check) judge(system string, all, with []*tradepostv1.ServiceTradeCompany, names []string) Result {
	seen := "they have none"
	if len(names) > 0 {
		seen = "they have some under: " + strings.Join(names, ", ")
	}
	switch {
	case len(all) == 0:
		return c.skip("there is no invoice whose customer could be looked at")
	case system == "":
		r := c.skip("external_system is not set, so customers and items are not matched by external id")
		return r.looked("%s of recent invoices; %s", count(len(all), "customer"), seen)
	case len(with) == 0:
		return c.warn(admin, "Check the system name in ServiceTrade's Account Settings. Without external ids the mapping's tables have to name every customer.",
			"no customer looked at has an external id under %q; %s", system, seen).looked("%s of recent invoices", count(len(all), "customer"))
	default:
		first := with[0]
		return c.ok("%d of %s of recent invoices have an id under %q, such as %s: %s", len(with), count(len(all), "customer"), system,
			first.GetName(), fmt.Sprintf("%.60s", first.GetExternalIds()[system]))
	}
}

func customersOf(list invoices) []int64 {
	var ids []int64
	for _, inv := range list {
		if id := inv.GetCustomer().GetId(); id > 0 && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}
