package e2e

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/deliver/connectors/tryton/trytontest"
	"github.com/tradepost/tradepost/services/sandbox"
)

// trytonAccounts are Tryton's codes of the accounts.
var trytonAccounts = map[string]string{accountServices: "4100", accountParts: "4200", accountDiscounts: "4900"}

// trytonCompany is the books of a contractor, with the records that its ServiceTrade
// account stands for.
type trytonCompany struct {
	t      *testing.T
	server *trytontest.Server
	db     *trytontest.Database
	// places are the tax groups, each a tax of Tryton with an account of its own.
	places []string
}

// fill makes the customers, items and taxes of the book in Tryton.
func (c *trytonCompany) fill(book *sandbox.Book) {
	c.t.Helper()
	var parties, products []any
	for _, key := range named(customerKeys(book)) {
		parties = append(parties, map[string]any{
			"name": "Customer " + key, "code": key,
			"addresses": []any{[]any{"create", []any{map[string]any{"street": "1 Main St", "city": "Durham"}}}},
		})
	}
	c.db.Call("model.party.party.create", parties)
	var units []struct{ ID int64 }
	c.db.Search(&units, "product.uom", []any{[]any{"name", "=", "Unit"}})
	for _, key := range named(itemKeys(book)) {
		products = append(products, map[string]any{
			"name": "Item " + key, "code": key, "type": "service", "default_uom": units[0].ID,
			"list_price": trytontest.Decimal{Decimal: decimal.NewFromInt(1)},
			"products":   []any{[]any{"create", []any{map[string]any{"suffix_code": ""}}}},
		})
	}
	c.db.Call("model.product.template.create", products)
	c.account("Discounts given", trytonAccounts[accountDiscounts], "Main Revenue")
	c.taxes(book)
}

// account makes an account of the kind of one that is there.
func (c *trytonCompany) account(name, code, like string) (id int64) {
	c.t.Helper()
	var model []struct{ Type, Parent int64 }
	c.db.Search(&model, "account.account", []any{[]any{"name", "=", like}}, "type", "parent")
	require.Len(c.t, model, 1)
	return c.made("account.account", map[string]any{"name": name, "code": code, "company": 1, "type": model[0].Type, "parent": model[0].Parent})
}

// named are the keys that records have, each once.
func named(keys map[int64]string) []string {
	all := slices.Sorted(maps.Values(keys))
	return slices.Compact(slices.DeleteFunc(all, func(key string) bool { return key == "" }))
}

// taxes makes a tax, and an account that it is owed from, for each place.
func (c *trytonCompany) taxes(book *sandbox.Book) {
	c.t.Helper()
	rates := taxRates(book)
	c.places = taxGroups(book)
	require.Greater(c.t, len(c.places), 3)
	for i, place := range c.places {
		owed := c.account(place+" payable", strconv.Itoa(2300+i), "Main Tax")
		c.made("account.tax", map[string]any{
			"name": place, "description": place, "type": "percentage", "company": 1, "invoice_account": owed, "credit_note_account": owed,
			"rate": trytontest.Decimal{Decimal: rates[place].Shift(-2)},
		})
	}
}

func (c *trytonCompany) system() string { return "Tryton" }

func (c *trytonCompany) connection() map[string]any {
	return map[string]any{"connector": "tryton", "settings": map[string]any{
		"url": c.server.URL, "database": "acme", "user": trytontest.User, "password": trytontest.Password,
		"number_order": "any_period", "call_timeout": "20s", "settling": "2s",
	}}
}

// remap has the mapping name what is in Tryton.
func (c *trytonCompany) remap(mapping map[string]any) {
	codes := map[string]any{}
	for _, place := range c.places {
		codes[place] = map[string]any{"name": place}
	}
	byType := map[string]any{}
	for _, kind := range []string{"part", "material", "equipment"} {
		byType[kind] = trytonAccounts[accountParts]
	}
	mapping["accounts"] = map[string]any{"revenue": []any{
		map[string]any{"when": `line.item_code == "DISC"`, "use": trytonAccounts[accountDiscounts]},
		map[string]any{"by": "line.item_type", "table": byType},
		map[string]any{"use": trytonAccounts[accountServices]},
	}}
	mapping["tax"] = taxCodes(codes, codes[c.places[0]])
	mapping["numbers"] = map[string]any{"source": "assigned"}
	delete(mapping, "books_closed_through")
}

// trytonInvoice is an invoice as Tryton holds it.
type trytonInvoice struct {
	Reference, Number, State string
	Total                    trytontest.Decimal `json:"total_amount"`
}

func (c *trytonCompany) invoices() []trytonInvoice {
	c.t.Helper()
	var all []trytonInvoice
	c.db.Search(&all, "account.invoice", nil, "reference", "number", "state", "total_amount")
	return all
}

// awaitMiddle waits until so many are posted, and one is on its way: a draft.
func (c *trytonCompany) awaitMiddle(posted int) {
	c.t.Helper()
	require.Eventually(c.t, func() bool {
		var states []struct{ State string }
		raw, err := c.db.Try("model.account.invoice.search_read", []any{}, 0, nil, nil, []string{"state"})
		if err != nil || json.Unmarshal(raw, &states) != nil {
			return false // A draft was removed while it was read.
		}
		drafts := 0
		for _, inv := range states {
			if inv.State == "draft" {
				drafts++
			}
		}
		return drafts > 0 && len(states)-drafts >= posted
	}, 10*time.Minute, 10*time.Millisecond)
}

// requireOnce wants each invoice posted, and there once.
func (c *trytonCompany) requireOnce(documents int) {
	c.t.Helper()
	seen := map[string]bool{}
	for _, inv := range c.invoices() {
		require.False(c.t, seen[inv.Reference], "%s is there twice", inv.Reference)
		seen[inv.Reference] = true
		require.Contains(c.t, []string{"posted", "paid"}, inv.State, "%s is left behind", inv.Reference)
	}
	require.Len(c.t, seen, documents)
}

// totals are Tryton's own trial balance: what its parties owe, the balances of its
// accounts, and its tax lines, which are no part of the accounts.
func (c *trytonCompany) totals() totals {
	c.t.Helper()
	sums := totals{}
	var accounts []struct {
		Name, Code string
		Balance    trytontest.Decimal
	}
	c.db.Search(&accounts, "account.account", []any{[]any{"type", "!=", nil}}, "name", "code", "balance")
	for _, a := range accounts {
		sums.add(c.commonName(a.Name, a.Code), a.Balance.Decimal)
	}
	var customers []struct {
		Code       string
		Receivable trytontest.Decimal
	}
	c.db.Search(&customers, "party.party", nil, "code", "receivable")
	for _, p := range customers {
		sums.add("customer "+p.Code, p.Receivable.Decimal)
	}
	var taxes []struct {
		Amount trytontest.Decimal
		Tax    struct{ Name string } `json:"tax."`
	}
	c.db.Search(&taxes, "account.tax.line", []any{[]any{"type", "=", "tax"}}, "amount", "tax.name")
	for _, line := range taxes {
		sums.add("tax "+line.Tax.Name, line.Amount.Decimal)
	}
	for _, a := range accounts {
		if place, is := c.placeOf(a.Name); is {
			require.True(c.t, sums["tax "+place].Equal(a.Balance.Neg()), "%s: %s, and its tax lines %s", a.Name, a.Balance, sums["tax "+place])
		}
	}
	return sums
}

// placeOf is the tax that is owed from an account.
func (c *trytonCompany) placeOf(account string) (string, bool) {
	place, payable := strings.CutSuffix(account, " payable")
	return place, payable && slices.Contains(c.places, place)
}

// commonName is what all books call an account of Tryton.
func (c *trytonCompany) commonName(name, code string) string {
	for common, own := range trytonAccounts {
		if code == own {
			return common
		}
	}
	if _, tax := c.placeOf(name); tax {
		return accountSalesTax
	}
	if name == "Main Receivable" {
		return accountReceivable
	}
	return "account " + name
}

// made makes one record, and returns its id.
func (c *trytonCompany) made(model string, values map[string]any) int64 {
	c.t.Helper()
	var ids []int64
	require.NoError(c.t, json.Unmarshal(c.db.Call("model."+model+".create", []any{values}), &ids))
	require.Len(c.t, ids, 1)
	return ids[0]
}
