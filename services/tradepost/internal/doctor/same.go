package doctor

import (
	"strings"

	"github.com/tradepost/tradepost/pkg/connection"
)

// oneAndTheSame names the accounts of the configuration that are one account of
// ServiceTrade, by the company of the user that each signs in as. Another user, or an
// OAuth2 client, of the same company lists the same invoices.
func oneAndTheSame(accounts []*connection.Account, found []accountFound) []Result {
	var results []Result
	for i, a := range accounts {
		for j, earlier := range accounts[:i] {
			if !sameServer(a, earlier) || !sameTenant(found[i], found[j]) {
				continue
			}
			what := "the same user"
			if found[i].user.CompanyID != 0 {
				what = "a user of the same company"
				if name := found[i].user.CompanyName; name != "" {
					what += ", " + name
				}
			}
			c := check{"account " + a.ID, "own account"}
			results = append(results, c.fail(admin,
				"Keep one of the two accounts, and give it all the connections, each with a filter; or sign in to the other company's account here.",
				"the account %s signs in to the same ServiceTrade as %s: each invoice would be posted twice, into the books of both", earlier.ID, what))
			break
		}
	}
	return results
}

func sameServer(a, b *connection.Account) bool {
	return strings.EqualFold(strings.TrimRight(a.ServiceTrade.URL, "/"), strings.TrimRight(b.ServiceTrade.URL, "/"))
}

// sameTenant goes by the company; by the user where ServiceTrade tells no company.
func sameTenant(a, b accountFound) bool {
	if a.user == nil || b.user == nil {
		return false
	}
	if a.user.CompanyID != 0 && b.user.CompanyID != 0 {
		return a.user.CompanyID == b.user.CompanyID
	}
	return a.user.ID != 0 && a.user.ID == b.user.ID
}
