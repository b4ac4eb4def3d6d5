package e2e

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox"
	"github.com/tradepost/tradepost/services/sandbox/quickbooks"
)

// quickbooksAccounts are the names of the company's income accounts.
var quickbooksAccounts = map[string]string{
	accountServices: "Services", accountParts: "Sales of Product Income", accountDiscounts: "Discounts given",
}

// quickbooksCompany is a company of the stand-in of QuickBooks Online. Its items say which
// account is credited, as they do there; each location is a customer below its company's.
type quickbooksCompany struct {
	t     *testing.T
	book  *sandbox.Book
	url   string
	realm string
	token string
}

func newQuickbooksCompany(t *testing.T, book *sandbox.Book) *quickbooksCompany {
	t.Helper()
	stand := quickbooks.New(quickbooks.Options{Book: book})
	web := httptest.NewServer(stand)
	t.Cleanup(web.Close)
	c := &quickbooksCompany{t: t, book: book, url: web.URL, realm: stand.API.Realms()[0]}
	tokens, err := stand.API.Connect(c.realm)
	require.NoError(t, err)
	c.token = tokens.Access
	ids, accountOf := map[string]string{}, map[string]string{}
	for _, a := range c.accounts() {
		ids[a.Name] = a.ID
	}
	keys := itemKeys(book)
	for id, account := range revenueByItem(book) {
		accountOf[keys[id]] = quickbooksAccounts[account]
	}
	for _, item := range c.items() {
		_, err := stand.API.Put(c.realm, "Item", quickbooks.Object{
			"Id": item.ID, "IncomeAccountRef": quickbooks.Object{"value": ids[accountOf[item.Name]]},
		})
		require.NoError(t, err, item.Name)
	}
	return c
}

func (c *quickbooksCompany) system() string { return "QuickBooks" }

func (c *quickbooksCompany) connection() map[string]any {
	return map[string]any{"connector": "quickbooksonline", "settings": map[string]any{
		"company_id": c.realm, "url": c.url, "access_token": c.token, "settling_time": "2s",
	}}
}

func (c *quickbooksCompany) remap(mapping map[string]any) {
	codes := map[string]any{}
	for _, group := range taxGroups(c.book) {
		codes[group] = map[string]any{"name": group}
	}
	customers := mapping["customers"].(map[string]any)
	customers["level"], customers["create"] = "location", true
	delete(mapping, "accounts") // QuickBooks takes them from its items.
	mapping["tax"] = taxCodes(codes, "TAX")
}

// The parts of QuickBooks' records that are read.
type (
	qbRef    struct{ Value string }
	qbRecord struct {
		ID                          string `json:"Id"`
		Name, DisplayName           string
		ParentRef, IncomeAccountRef qbRef
		Balance                     decimal.Decimal
	}
	qbSale struct {
		DocNumber   string
		CustomerRef qbRef
		TotalAmt    decimal.Decimal
		Line        []struct {
			Amount              decimal.Decimal
			SalesItemLineDetail *struct{ ItemRef qbRef }
		}
		TxnTaxDetail struct {
			TotalTax decimal.Decimal
			TaxLine  []struct {
				Amount        decimal.Decimal
				TaxLineDetail struct{ TaxRateRef qbRef }
			}
		}
	}
)

// query asks the company for all records of an entity, as any program may.
func (c *quickbooksCompany) query(entity string, into any) {
	c.t.Helper()
	address := c.url + "/v3/company/" + c.realm + "/query?minorversion=75&query=" + url.QueryEscape("select * from "+entity+" maxresults 1000")
	req, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, address, nil)
	require.NoError(c.t, err)
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Accept", "application/json")
	res, err := http.DefaultClient.Do(req)
	require.NoError(c.t, err)
	defer res.Body.Close()
	require.Equal(c.t, http.StatusOK, res.StatusCode, entity)
	var answer struct{ QueryResponse map[string]json.RawMessage }
	require.NoError(c.t, json.NewDecoder(res.Body).Decode(&answer))
	require.NoError(c.t, json.Unmarshal(answer.QueryResponse[entity], into), "%s", answer.QueryResponse)
}

func (c *quickbooksCompany) records(entity string) map[string]qbRecord {
	c.t.Helper()
	var all []qbRecord
	c.query(entity, &all)
	byID := map[string]qbRecord{}
	for _, r := range all {
		byID[r.ID] = r
	}
	return byID
}

func (c *quickbooksCompany) accounts() map[string]qbRecord { return c.records("Account") }
func (c *quickbooksCompany) items() map[string]qbRecord    { return c.records("Item") }

func (c *quickbooksCompany) requireOnce(documents int) {
	c.t.Helper()
	invoices, memos := c.sales()
	require.Equal(c.t, documents, len(invoices)+len(memos), "%d invoices and %d credit memos", len(invoices), len(memos))
	numbers := map[string]bool{}
	for _, sale := range append(invoices, memos...) {
		require.False(c.t, numbers[sale.DocNumber], "%s is there twice", sale.DocNumber)
		numbers[sale.DocNumber] = true
	}
	balances, told := c.balances(c.records("Customer")), c.totals()
	for key, owed := range balances {
		require.True(c.t, owed.Equal(told[key]), "%s: the documents come to %s, and QuickBooks says that %s is owed", key, told[key], owed)
	}
}

func (c *quickbooksCompany) sales() (invoices, memos []qbSale) {
	c.t.Helper()
	c.query("Invoice", &invoices)
	c.query("CreditMemo", &memos)
	return invoices, memos
}

// totals is what the company's invoices and credit memos come to, and of all that its
// customers owe what it says itself.
func (c *quickbooksCompany) totals() totals {
	c.t.Helper()
	sums, read := totals{}, c.reader()
	invoices, memos := c.sales()
	for _, sale := range invoices {
		read(sums, sale, decimal.NewFromInt(1))
	}
	for _, sale := range memos {
		read(sums, sale, decimal.NewFromInt(-1))
	}
	for _, owed := range c.balances(c.records("Customer")) {
		sums.add(accountReceivable, owed)
	}
	return sums
}

// balances are what the company says that its customers owe, each with those below.
func (c *quickbooksCompany) balances(customers map[string]qbRecord) totals {
	c.t.Helper()
	sums, below := totals{}, 0
	for _, customer := range customers {
		sums.add("customer "+topOf(customers, customer.ID), customer.Balance)
		if customer.ParentRef.Value != "" {
			below++
		}
	}
	require.Greater(c.t, below, 20, "customers below customers")
	return sums
}

// reader adds a sale to sums: its total to the customer at the top, its lines to the
// income accounts of their items, and its tax lines to their rates.
func (c *quickbooksCompany) reader() func(sums totals, sale qbSale, sign decimal.Decimal) {
	c.t.Helper()
	customers, items, accounts, rates := c.records("Customer"), c.items(), c.accounts(), c.records("TaxRate")
	common := map[string]string{}
	for name, own := range quickbooksAccounts {
		common[own] = name
	}
	return func(sums totals, sale qbSale, sign decimal.Decimal) {
		sums.add("customer "+topOf(customers, sale.CustomerRef.Value), sale.TotalAmt.Mul(sign))
		for _, line := range sale.Line {
			if line.SalesItemLineDetail != nil {
				own := accounts[items[line.SalesItemLineDetail.ItemRef.Value].IncomeAccountRef.Value].Name
				sums.add(common[own], line.Amount.Mul(sign).Neg())
			}
		}
		sums.add(accountSalesTax, sale.TxnTaxDetail.TotalTax.Mul(sign).Neg())
		for _, line := range sale.TxnTaxDetail.TaxLine {
			sums.add("tax "+rates[line.TaxLineDetail.TaxRateRef.Value].Name, line.Amount.Mul(sign))
		}
	}
}

// topOf is the name of the customer above all others of one.
func topOf(customers map[string]qbRecord, id string) string {
	for customers[id].ParentRef.Value != "" {
		id = customers[id].ParentRef.Value
	}
	return customers[id].DisplayName
}
