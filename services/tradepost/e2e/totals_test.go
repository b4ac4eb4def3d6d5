package e2e

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox"
)

// The accounts by the names that the books have in common; each calls them otherwise.
// Balances are as in a trial balance: what a customer owes is above zero, revenue and
// taxes that are owed are below.
const (
	accountReceivable = "account receivable"
	accountSalesTax   = "account sales tax"
	accountServices   = "account services"
	accountParts      = "account parts"
	accountDiscounts  = "account discounts"
)

// totals are what books come to: by customer, by account and by sales tax. The keys are
// "customer C-10001", the accounts above, and "tax NC-WAKE".
type totals map[string]decimal.Decimal

func (s totals) add(key string, amount decimal.Decimal) { s[key] = s[key].Add(amount) }

// revenueOf is the account that a library item is sold under.
func revenueOf(kind, code string) string {
	switch {
	case code == "DISC":
		return accountDiscounts
	case slices.Contains([]string{"part", "material", "equipment"}, kind):
		return accountParts
	default:
		return accountServices
	}
}

// revenueByItem is the account of each library item of a book, by ServiceTrade's id.
func revenueByItem(book *sandbox.Book) map[int64]string {
	all := map[int64]string{}
	for _, item := range book.LibItems {
		all[item.ID] = revenueOf(item.Type, item.Code)
	}
	return all
}

// itemKeys are what mappings call the library items of a book, by ServiceTrade's id.
func itemKeys(book *sandbox.Book) map[int64]string {
	all := map[int64]string{}
	for _, item := range book.LibItems {
		all[item.ID] = item.ExternalIDs[book.ExternalSystem]
	}
	for _, row := range book.ItemTable {
		all[row.ID] = row.Key
	}
	return all
}

// customerKeys are what mappings call the customers of a book, by ServiceTrade's id.
func customerKeys(book *sandbox.Book) map[int64]string {
	all := map[int64]string{}
	for _, company := range book.Companies {
		all[company.ID] = company.ExternalIDs[book.ExternalSystem]
	}
	for _, row := range book.CustomerTable {
		all[row.ID] = row.Key
	}
	return all
}

// taxGroups are the tax groups that the invoices of a book were taxed by.
func taxGroups(book *sandbox.Book) []string { return slices.Sorted(maps.Keys(taxRates(book))) }

// taxRates are their rates, in percent.
func taxRates(book *sandbox.Book) map[string]decimal.Decimal {
	rates := map[string]decimal.Decimal{}
	for _, inv := range book.Invoices {
		if inv.Tax != nil {
			rates[inv.Tax.Group] = inv.Tax.Rate.Decimal
		}
	}
	return rates
}

// expected is what ServiceTrade's own invoices come to.
func expected(t *testing.T, api *sandbox.API, ids []int64) totals {
	t.Helper()
	sums := totals{}
	customers, accounts := customerKeys(api.Book()), revenueByItem(api.Book())
	for _, id := range ids {
		inv, err := api.Invoice(id)
		require.NoError(t, err)
		sums.add("customer "+customers[inv.CustomerID], inv.Total.Decimal)
		sums.add(accountReceivable, inv.Total.Decimal)
		for _, line := range inv.Lines {
			sums.add(accounts[line.LibItemID], line.Quantity.Mul(line.Price.Decimal).Round(2).Neg())
		}
		if inv.Tax != nil {
			sums.add(accountSalesTax, inv.Tax.Tax.Neg())
			sums.add("tax "+inv.Tax.Group, inv.Tax.Tax.Decimal)
		}
	}
	return sums
}

// ledger is what one system says that its books come to.
type ledger struct {
	system string
	totals totals
}

// differences are the customers, accounts and taxes that the systems do not agree on to
// the cent, each with what every system says. What a system does not name is nothing.
func differences(all ...ledger) []string {
	every := map[string]bool{}
	for _, l := range all {
		for key := range l.totals {
			every[key] = true
		}
	}
	var told []string
	for _, key := range slices.Sorted(maps.Keys(every)) {
		says, differs := make([]string, len(all)), false
		for i, l := range all {
			differs = differs || !l.totals[key].Equal(all[0].totals[key])
			says[i] = fmt.Sprintf("%s %s", l.system, amountText(l.totals[key]))
		}
		if differs {
			told = append(told, key+": "+strings.Join(says, ", "))
		}
	}
	return told
}

// amountText has the cents, and more digits only where there are such.
func amountText(a decimal.Decimal) string {
	if a.Equal(a.Round(2)) {
		return a.StringFixed(2)
	}
	return a.String()
}

// requireSame fails with every difference between the systems.
func requireSame(t *testing.T, all ...ledger) {
	t.Helper()
	if told := differences(all...); len(told) > 0 {
		require.Fail(t, "the books do not come to the same", strings.Join(told, "\n"))
	}
}

// What the comparison tells is what a person looks for.
func TestADifferenceIsToldWithEachSystemsFigure(t *testing.T) {
	amounts := func(customer, tax string) totals {
		return totals{"customer C-1": decimal.RequireFromString(customer), "tax NC-WAKE": decimal.RequireFromString(tax)}
	}
	same := ledger{"ServiceTrade", amounts("10.00", "0.70")}
	require.Empty(t, differences(same, ledger{"Tryton", amounts("10", "0.7")}))
	require.Equal(t, []string{"tax NC-WAKE: ServiceTrade 0.70, Tryton 0.70, hledger 0.6999"},
		differences(same, ledger{"Tryton", amounts("10.00", "0.70")}, ledger{"hledger", amounts("10.00", "0.6999")}))
	require.Equal(t, []string{"customer C-1: ServiceTrade 10.00, Sage 50 0.00", "customer C-2: ServiceTrade 0.00, Sage 50 10.00"},
		differences(ledger{"ServiceTrade", totals{"customer C-1": decimal.NewFromInt(10)}}, ledger{"Sage 50", totals{"customer C-2": decimal.NewFromInt(10)}}))
}
