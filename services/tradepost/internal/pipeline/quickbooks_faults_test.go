package pipeline_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox"
	"github.com/tradepost/tradepost/services/sandbox/quickbooks"
)

// Answers get lost, come as errors after the work, or are refused for a moment, searches
// lag behind, and the token is refused now and then: each invoice is in QuickBooks once.
func TestInvoicesGoToQuickBooksOnceWhateverGoesWrong(t *testing.T) {
	p := newPlant(t)
	book := sandbox.DemoBook(6)
	s := p.add("acme", 6)
	settings := quickbooks.DefaultSettings("Meridian")
	settings.QueryDelay, settings.WarnDuplicates = 300*time.Millisecond, false
	stand := quickbooks.New(quickbooks.Options{Book: book, Settings: settings})
	web := httptest.NewServer(stand)
	t.Cleanup(web.Close)
	realm := stand.API.Realms()[0]
	tokens, err := stand.API.Connect(realm)
	require.NoError(t, err)
	p.connect("acme", map[string]any{
		"connector": "quickbooksonline",
		"settings":  map[string]any{"company_id": realm, "url": web.URL, "access_token": tokens.Access, "settling_time": "1s", "call_time": "5s"},
	})
	mapping := mappingOf(book)
	delete(mapping, "accounts")
	mapping["tax"] = map[string]any{"mode": "as_billed", "code": "TAX"}
	p.put("acme.yaml", mapping)
	p.start()
	for i, fault := range []quickbooks.Order{
		{Fault: quickbooks.FaultCutAfter, Resource: "invoice", Method: "POST", Probability: 0.5, Times: 3},
		{Fault: quickbooks.FaultErrorAfter, Resource: "invoice", Method: "POST", Probability: 0.5, Times: 3},
		{Fault: quickbooks.FaultCutBefore, Resource: "invoice", Probability: 0.5, Times: 3},
		{Fault: quickbooks.FaultServerError, Resource: "cdc", Probability: 0.5, Times: 3},
	} {
		fault.Seed = int64(i + 1)
		_, err := stand.API.Order(fault)
		require.NoError(t, err)
	}
	p.send("acme", 12)
	p.awaitSettled("acme")
	for _, o := range stand.API.Orders() {
		require.Positive(t, o.Struck, "%s met nothing", o.Order.Fault)
	}

	require.Len(t, s.API.Invoices("processed"), 12)
	requireOnce(t, stand, realm, s)
}
