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

const (
	accountLabor = "4100"
	accountParts = "4200"
)

// trytonCompany is the books of a contractor, with the records that its ServiceTrade
// account stands for.
type trytonCompany struct {
	t      *testing.T
	server *trytontest.Server
	db     *trytontest.Database
	plant  *plant
	book   *sandbox.Book
	// places are the tax groups, each a tax of Tryton with an account of its own.
	places []string
}

// fill makes the customers, items and taxes of the book in Tryton.
func (c *trytonCompany) fill(book *sandbox.Book) {
	c.t.Helper()
	c.book = book
	var parties, products []any
	customers, items := map[string]bool{}, map[string]bool{}
	for _, company := range book.Companies {
		customers[company.ExternalIDs[book.ExternalSystem]] = true
	}
	for _, item := range book.LibItems {
		items[item.ExternalIDs[book.ExternalSystem]] = true
	}
	for _, key := range keys(customers, book.CustomerTable) {
		parties = append(parties, map[string]any{
			"name": "Customer " + key, "code": key,
			"addresses": []any{[]any{"create", []any{map[string]any{"street": "1 Main St", "city": "Durham"}}}},
		})
	}
	c.db.Call("model.party.party.create", parties)
	var units []struct{ ID int64 }
	c.db.Search(&units, "product.uom", []any{[]any{"name", "=", "Unit"}})
	for _, key := range keys(items, book.ItemTable) {
		products = append(products, map[string]any{
			"name": "Item " + key, "code": key, "type": "service", "default_uom": units[0].ID,
			"list_price": trytontest.Decimal{Decimal: decimal.NewFromInt(1)},
			"products":   []any{[]any{"create", []any{map[string]any{"suffix_code": ""}}}},
		})
	}
	c.db.Call("model.product.template.create", products)
	c.taxes(book)
}

// keys are what the mapping calls the records of the book: their external ids, and the
// rows of the table.
func keys(externalIDs map[string]bool, table []sandbox.TableRow) []string {
	for _, row := range table {
		externalIDs[row.Key] = true
	}
	delete(externalIDs, "")
	return slices.Sorted(maps.Keys(externalIDs))
}

// taxes makes a tax, and an account that it is owed from, for each place.
func (c *trytonCompany) taxes(book *sandbox.Book) {
	c.t.Helper()
	rates := map[string]decimal.Decimal{}
	for _, inv := range book.Invoices {
		if inv.Tax != nil {
			rates[inv.Tax.Group] = inv.Tax.Rate.Decimal
		}
	}
	c.places = slices.Sorted(maps.Keys(rates))
	require.Greater(c.t, len(c.places), 3)
	var like []struct{ ID, Type, Parent int64 }
	c.db.Search(&like, "account.account", []any{[]any{"name", "=", "Main Tax"}}, "type", "parent")
	for i, place := range c.places {
		var made []int64
		c.made(&made, "account.account", map[string]any{
			"name": place + " payable", "code": strconv.Itoa(2300 + i), "company": 1, "type": like[0].Type, "parent": like[0].Parent,
		})
		c.made(&made, "account.tax", map[string]any{
			"name": place, "description": place, "type": "percentage", "company": 1, "invoice_account": made[0], "credit_note_account": made[0],
			"rate": trytontest.Decimal{Decimal: rates[place].Shift(-2)},
		})
	}
}

// remap has the mapping name what is in Tryton.
func (c *trytonCompany) remap(mapping map[string]any) {
	codes := map[string]any{}
	for _, place := range c.places {
		codes[place] = map[string]any{"name": place}
	}
	mapping["accounts"] = map[string]any{"revenue": []any{
		map[string]any{"when": "line.taxable", "use": accountParts}, map[string]any{"use": accountLabor},
	}}
	mapping["tax"] = map[string]any{
		"mode": "code_map", "codes": []any{map[string]any{"by": "invoice.tax_group", "table": codes}},
		// Of invoices without sales tax, whose lines are taxable all the same.
		"code": map[string]any{"name": c.places[0]},
	}
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

// awaitPosted waits until so many are posted.
func (c *trytonCompany) awaitPosted(n int) {
	c.t.Helper()
	require.Eventually(c.t, func() bool {
		count := 0
		for _, inv := range c.invoices() {
			if inv.State != "draft" {
				count++
			}
		}
		return count >= n
	}, 10*time.Minute, 100*time.Millisecond)
}

// tiesOut compares Tryton's own trial balance with ServiceTrade.
func (c *trytonCompany) tiesOut(ids []int64) {
	c.t.Helper()
	want := c.expected(ids)
	have := c.trialBalance()
	require.Equal(c.t, want, have)
	seen := map[string]bool{}
	for _, inv := range c.invoices() {
		require.False(c.t, seen[inv.Reference], "%s is there twice", inv.Reference)
		seen[inv.Reference] = true
		require.Contains(c.t, []string{"posted", "paid"}, inv.State, "%s is left behind", inv.Reference)
	}
	require.Len(c.t, seen, len(ids))
}

// expected is what ServiceTrade says: by customer, by account and by tax.
func (c *trytonCompany) expected(ids []int64) map[string]string {
	c.t.Helper()
	sums := map[string]decimal.Decimal{}
	add := func(key string, amount decimal.Decimal) { sums[key] = sums[key].Add(amount) }
	keyOf := map[int64]string{}
	for _, company := range c.book.Companies {
		keyOf[company.ID] = company.ExternalIDs[c.book.ExternalSystem]
	}
	for _, row := range c.book.CustomerTable {
		keyOf[row.ID] = row.Key
	}
	for _, id := range ids {
		inv, err := c.plant.sandbox.API.Invoice(id)
		require.NoError(c.t, err)
		add("customer "+keyOf[inv.CustomerID], inv.Total.Decimal)
		add("account receivable", inv.Total.Decimal)
		for _, line := range inv.Lines {
			amount := line.Quantity.Mul(line.Price.Decimal).Round(2)
			if line.Taxable {
				add("account "+accountParts, amount.Neg())
			} else {
				add("account "+accountLabor, amount.Neg())
			}
		}
		if inv.Tax != nil {
			add("account "+inv.Tax.Group+" payable", inv.Tax.Tax.Neg())
			add("tax "+inv.Tax.Group, inv.Tax.Tax.Decimal)
		}
	}
	return texts(sums)
}

// trialBalance is what Tryton says itself.
func (c *trytonCompany) trialBalance() map[string]string {
	c.t.Helper()
	sums := map[string]decimal.Decimal{}
	var accounts []struct {
		Name, Code string
		Balance    trytontest.Decimal
	}
	c.db.Search(&accounts, "account.account", []any{[]any{"type", "!=", nil}}, "name", "code", "balance")
	for _, a := range accounts {
		key := a.Name
		switch {
		case a.Name == "Main Receivable":
			key = "receivable"
		case strings.HasPrefix(a.Code, "4"):
			key = a.Code
		}
		sums["account "+key] = sums["account "+key].Add(a.Balance.Decimal)
	}
	var customers []struct {
		Code       string
		Receivable trytontest.Decimal
	}
	c.db.Search(&customers, "party.party", nil, "code", "receivable")
	for _, p := range customers {
		sums["customer "+p.Code] = p.Receivable.Decimal
	}
	var taxes []struct {
		Amount trytontest.Decimal
		Tax    struct{ Name string } `json:"tax."`
	}
	c.db.Search(&taxes, "account.tax.line", []any{[]any{"type", "=", "tax"}}, "amount", "tax.name")
	for _, line := range taxes {
		sums["tax "+line.Tax.Name] = sums["tax "+line.Tax.Name].Add(line.Amount.Decimal)
	}
	return texts(sums)
}

// texts leaves out what is nothing.
func texts(sums map[string]decimal.Decimal) map[string]string {
	all := map[string]string{}
	for key, amount := range sums {
		if !amount.IsZero() {
			all[key] = amount.StringFixed(2)
		}
	}
	return all
}

func (c *trytonCompany) made(into *[]int64, model string, values map[string]any) {
	c.t.Helper()
	*into = nil
	raw := c.db.Call("model."+model+".create", []any{values})
	require.NoError(c.t, json.Unmarshal(raw, into))
	require.Len(c.t, *into, 1)
}
