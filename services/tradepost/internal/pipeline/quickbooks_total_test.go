package pipeline_test

import (
	"fmt"
	"net/http/httptest"
	"regexp"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox"
	"github.com/tradepost/tradepost/services/sandbox/quickbooks"
)

// From a press of Send to an invoice in QuickBooks, through all stages: each is there
// once, with ServiceTrade's total, and what cannot be posted fails with its reason.
func TestInvoicesGoToQuickBooks(t *testing.T) {
	p := newPlant(t)
	book := sandbox.DemoBook(5)
	s := p.add("acme", 5)
	stand := quickbooks.New(quickbooks.Options{Book: book})
	web := httptest.NewServer(stand)
	t.Cleanup(web.Close)
	realm := stand.API.Realms()[0]
	tokens, err := stand.API.Connect(realm)
	require.NoError(t, err)
	p.connect("acme", map[string]any{
		"connector": "quickbooksonline",
		"settings":  map[string]any{"company_id": realm, "url": web.URL, "access_token": tokens.Access, "settling_time": "2s"},
	})
	mapping := mappingOf(book)
	delete(mapping, "accounts")
	mapping["tax"] = map[string]any{"mode": "as_billed", "code": "TAX"}
	p.put("acme.yaml", mapping)
	p.start()
	p.send("acme", 12)
	p.awaitSettled("acme")

	require.Len(t, s.API.Invoices("processed"), 12)
	requireOnce(t, stand, realm, s)
}

// requireOnce wants each processed invoice in QuickBooks once, and the totals to be the
// same to the cent.
func requireOnce(t *testing.T, stand *quickbooks.Stand, realm string, s *sandbox.Sandbox) {
	t.Helper()
	total := decimal.Zero
	for _, inv := range s.API.Invoices("processed") {
		amount, err := decimal.NewFromString(inv.Total.String())
		require.NoError(t, err)
		total = total.Add(amount)
	}
	marker := regexp.MustCompile(`^\[(st-acme-[0-9]+(-c)?) `)
	seen, posted := map[string]bool{}, decimal.Zero
	for entity, sign := range map[string]int64{"Invoice": 1, "CreditMemo": -1} {
		for _, o := range stand.API.Objects(realm, entity) {
			note, _ := o["PrivateNote"].(string)
			m := marker.FindStringSubmatch(note)
			require.NotNil(t, m, "%v", note)
			require.False(t, seen[m[1]], "%s is there twice", m[1])
			seen[m[1]] = true
			amount, err := decimal.NewFromString(fmt.Sprint(o["TotalAmt"]))
			require.NoError(t, err)
			posted = posted.Add(amount.Mul(decimal.NewFromInt(sign)))
		}
	}
	require.Equal(t, total.StringFixed(2), posted.StringFixed(2))
}
