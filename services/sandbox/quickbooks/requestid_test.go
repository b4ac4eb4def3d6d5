package quickbooks_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox/quickbooks"
)

func TestARequestIDIsAnsweredOnce(t *testing.T) {
	c := serve(t, quickbooks.Options{Companies: 2})
	first := c.post("invoice?requestid=abc", sale("10"))
	require.Equal(t, http.StatusOK, first.status)
	again := c.post("invoice?requestid=abc", sale("99"))
	require.Equal(t, first.raw, again.raw, "whatever the body says")
	require.NotEqual(t, first.header.Get("intuit_tid"), again.header.Get("intuit_tid"))
	require.Len(t, c.rows("select * from Invoice"), 1)

	c.made("Invoice", sale("1"), "requestid=def")
	c.made("Invoice", sale("1"))
	c.made("Invoice", sale("1"))
	require.Len(t, c.rows("select * from Invoice"), 4, "without an id nothing is remembered")

	other := c.at(c.stand.API.Realms()[1])
	other.made("Invoice", sale("5"), "requestid=abc")
	require.Len(t, other.rows("select * from Invoice"), 1, "ids are of a company")
}

func TestARefusalIsReplayed(t *testing.T) {
	c := serve(t, quickbooks.Options{})
	bad := c.post("invoice?requestid=x", sale("1", object{"CustomerRef": object{"value": "9999"}}))
	requireFault(t, bad, http.StatusBadRequest, "2500")
	mended := c.post("invoice?requestid=x", sale("1"))
	require.Equal(t, bad.raw, mended.raw, "the old error comes again though the body is good now")
	c.made("Invoice", sale("1"), "requestid=y")
}

func TestRequestIDsAreForgotten(t *testing.T) {
	now := newClock()
	c := serve(t, quickbooks.Options{Now: now.Now})
	c.configure(func(s *quickbooks.Settings) { s.RequestIDMemory = time.Minute })
	c.made("Invoice", sale("1"), "requestid=a")
	now.Add(59 * time.Second)
	c.made("Invoice", sale("1"), "requestid=a")
	require.Len(t, c.rows("select * from Invoice"), 1)
	now.Add(time.Second)
	c.made("Invoice", sale("1"), "requestid=a")
	require.Len(t, c.rows("select * from Invoice"), 2)
	c.stand.API.ForgetRequestIDs(c.realm)
	c.made("Invoice", sale("1"), "requestid=a")
	require.Len(t, c.rows("select * from Invoice"), 3)
	c.configure(func(s *quickbooks.Settings) { s.RequestIDMemory = -1 })
	c.made("Invoice", sale("1"), "requestid=a")
	require.Len(t, c.rows("select * from Invoice"), 4)
}

func TestRequestIDsThatAreRefused(t *testing.T) {
	c := serve(t, quickbooks.Options{})
	for _, id := range []string{strings.Repeat("x", 51), "a%20b", "%C3%A4"} {
		requireFault(t, c.post("invoice?requestid="+id, sale("1")), http.StatusBadRequest, "2130")
	}
	c.made("Invoice", sale("1"), "requestid="+strings.Repeat("x", 50))
	requireFault(t, c.post("batch?requestid="+strings.Repeat("x", 37), object{}), http.StatusBadRequest, "2130")
}

func TestTheSameRequestAtTheSameTime(t *testing.T) {
	c := serve(t, quickbooks.Options{Work: 2 * time.Millisecond})
	var wg sync.WaitGroup
	raw := make([]string, 20)
	for i := range raw {
		wg.Go(func() {
			a, err := c.try(c.request("POST", c.path("invoice?requestid=same"), "application/json", strings.NewReader(`{"CustomerRef":{"value":"1"},"Line":[{"DetailType":"SalesItemLineDetail","Amount":1,"SalesItemLineDetail":{"ItemRef":{"value":"1"}}}]}`)))
			if err == nil {
				raw[i] = a.raw
			}
		})
	}
	wg.Wait()
	for _, one := range raw {
		require.Contains(t, one, `"DocNumber":"1001"`)
	}
	require.Len(t, c.rows("select * from Invoice"), 1)
}

func TestALostAnswerIsReplayed(t *testing.T) {
	c := serve(t, quickbooks.Options{})
	for _, kind := range []quickbooks.Order{
		{Fault: quickbooks.FaultCutAfter, Resource: "invoice", Method: "POST", Next: 1},
		{Fault: quickbooks.FaultErrorAfter, Status: 504, Delay: time.Millisecond, Resource: "invoice", Method: "POST", Next: 1},
	} {
		_, err := c.stand.API.Order(kind)
		require.NoError(t, err)
		id := "requestid=lost-" + string(kind.Fault)
		a, err := c.try(c.request("POST", c.path("invoice?"+id), "application/json", strings.NewReader(`{"CustomerRef":{"value":"1"},"DocNumber":"`+string(kind.Fault)+`","Line":[{"DetailType":"SalesItemLineDetail","Amount":1,"SalesItemLineDetail":{"ItemRef":{"value":"1"}}}]}`)))
		if kind.Fault == quickbooks.FaultCutAfter {
			require.Error(t, err)
		} else {
			require.NoError(t, err)
			require.Equal(t, 504, a.status)
			require.NotEmpty(t, a.header.Get("intuit_tid"))
		}
		found := c.rows("select * from Invoice where DocNumber = '" + string(kind.Fault) + "'")
		require.Len(t, found, 1, "it was made all the same")
		replayed := c.made("Invoice", sale("1"), id)
		require.Equal(t, found[0], replayed)
	}
}

func TestBatch(t *testing.T) {
	c := serve(t, quickbooks.Options{})
	a := c.post("batch?requestid=b1&minorversion=75", object{"BatchItemRequest": []any{
		object{"bId": "1", "operation": "create", "Invoice": sale("10", object{"DocNumber": "B1"})},
		object{"bId": "2", "operation": "create", "Invoice": sale("10", object{"DocNumber": "B1"})},
		object{"bId": "3", "operation": "create", "Invoice": sale("10", object{"DocNumber": "B1"}), "optionsData": "allowduplicatedocnum"},
		object{"bId": "4", "Query": "select * from Invoice"},
		object{"bId": "5", "Query": "select * from Item where Name in ('I-1001', 'I-1002')"},
		object{"bId": "this-is-too-long", "Query": "select * from Item"},
		object{"bId": "7"},
	}})
	require.Equal(t, http.StatusOK, a.status, a.raw)
	items := a.body["BatchItemResponse"].([]any)
	require.Len(t, items, 7)
	code := func(i int) string {
		code, _, _ := answer{body: items[i].(object)}.fault()
		return code
	}
	require.Equal(t, "1", items[0].(object)["bId"])
	require.Contains(t, items[0], "Invoice")
	require.Equal(t, "6140", code(1))
	require.Contains(t, items[2], "Invoice")
	require.Equal(t, object{}, items[3].(object)["QueryResponse"], "what the batch made before is not seen")
	require.Len(t, items[4].(object)["QueryResponse"].(object)["Item"], 2)
	require.Equal(t, "2130", code(5))
	require.Equal(t, "500", code(6))
	require.Equal(t, a.raw, c.post("batch?requestid=b1", object{}).raw)
	void := c.post("batch", object{"BatchItemRequest": []any{
		object{"bId": "1", "operation": "update", "optionsData": "void", "Invoice": object{"Id": "1", "SyncToken": "0"}},
	}})
	require.Contains(t, void.raw, `"PrivateNote":"Voided"`)
	requireFault(t, c.post("batch", object{}), http.StatusBadRequest, "2020")
	many := make([]any, 31)
	requireFault(t, c.post("batch", object{"BatchItemRequest": many}), http.StatusBadRequest, "1040")
}
