package quickbooks_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox/quickbooks"
)

// Whatever is sent is answered with an object or a Fault, and what was accepted
// can be read, found and used.
func FuzzWrites(f *testing.F) {
	for _, seed := range []string{
		`{"CustomerRef":{"value":"1"},"Line":[{"DetailType":"SalesItemLineDetail","Amount":1,"SalesItemLineDetail":{"ItemRef":{"value":"1"},"Qty":1,"UnitPrice":1}}]}`,
		`{"DisplayName":"x","BillAddr":"no","PrimaryEmailAddr":{"Address":5}}`, `{"Line":[{}],"CustomerRef":"1"}`, `{"Line":[null]}`, `[]`, `{"Id":"1","SyncToken":"0","sparse":true}`,
		`{"Name":"x","Type":"Service","IncomeAccountRef":{"value":1}}`, `{"CustomerRef":{"value":"1"},"TotalAmt":5,"Line":[{"Amount":1,"LinkedTxn":[{"TxnId":"1","TxnType":"Invoice"}]}]}`,
		`{"TxnTaxDetail":{"TotalTax":"x","TaxLine":[1]},"CustomField":[{}]}`, `{"CustomerRef":{"value":"1"},"Line":[{"DetailType":"DiscountLineDetail","Amount":1e400}]}`,
		`{"CustomerRef":{"value":"1"},"Line":[{"DetailType":"SalesItemLineDetail","Amount":1e99999999,"SalesItemLineDetail":{"ItemRef":{"value":"1"}}}]}`,
	} {
		for entity := range uint8(5) {
			f.Add(entity, seed)
		}
	}
	stand := quickbooks.New(quickbooks.Options{Limits: quickbooks.NoLimits()})
	realm := stand.API.Realms()[0]
	tokens, err := stand.API.Connect(realm)
	require.NoError(f, err)
	ask := func(t *testing.T, method, path, body string) (int, object) {
		t.Helper()
		req := httptest.NewRequestWithContext(t.Context(), method, "/v3/company/"+realm+"/"+path, strings.NewReader(body))
		req.Header.Set("Authorization", "Bearer "+tokens.Access)
		req.Header.Set("Accept", "application/json")
		req.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		stand.ServeHTTP(w, req)
		var out object
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &out), w.Body.String())
		return w.Code, out
	}
	entities := []string{"Invoice", "CreditMemo", "Customer", "Item", "Payment"}
	f.Fuzz(func(t *testing.T, which uint8, body string) {
		entity := entities[int(which)%len(entities)]
		status, out := ask(t, http.MethodPost, strings.ToLower(entity), body)
		if status != http.StatusOK {
			require.Equal(t, http.StatusBadRequest, status)
			require.Contains(t, out, "Fault")
			return
		}
		id := out[entity].(object)["Id"].(string)
		status, read := ask(t, http.MethodGet, strings.ToLower(entity)+"/"+url.PathEscape(id), "")
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, id, read[entity].(object)["Id"])
		status, _ = ask(t, http.MethodGet, "query?query="+url.QueryEscape("select * from "+entity+" where Id = '"+id+"'"), "")
		require.Equal(t, http.StatusOK, status)
		if entity == "Customer" {
			sale := `{"CustomerRef":{"value":"` + id + `"},"Line":[{"DetailType":"SalesItemLineDetail","Amount":1,"SalesItemLineDetail":{"ItemRef":{"value":"1"}}}]}`
			_, _ = ask(t, http.MethodPost, "invoice", sale)
		}
	})
}
