package quickbooks_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox/quickbooks"
)

// entry is a write as the control API tells it.
type entry struct {
	Number    int
	Arrived   time.Time
	At        time.Time
	What      string
	Entity    string
	RequestID string
	Code      string
	Object    object
}

func (c *client) control(method, path string, body any) answer {
	c.t.Helper()
	data, err := json.Marshal(body)
	require.NoError(c.t, err)
	return c.do(c.request(method, "/_quickbooks/companies/"+c.realm+path, "application/json", bytes.NewReader(data)))
}

func (c *client) journal(query string) []entry {
	c.t.Helper()
	a := c.do(c.request("GET", "/_quickbooks/companies/"+c.realm+"/journal"+query, "", nil))
	require.Equal(c.t, http.StatusOK, a.status, a.raw)
	var out struct{ Entries []entry }
	require.NoError(c.t, json.Unmarshal([]byte(a.raw), &out))
	return out.Entries
}

// The journal tells every write in its order, also one whose answer was lost, and none
// that was answered from memory.
func TestTheJournalTellsWhatWasWritten(t *testing.T) {
	now := newClock()
	c := serve(t, quickbooks.Options{Now: now.Now})
	c.order(quickbooks.Order{Fault: quickbooks.FaultLatency, Delay: time.Millisecond, Next: 1})
	c.order(quickbooks.Order{Fault: quickbooks.FaultCutAfter, Next: 1, Method: "POST"})
	_, err := c.try(c.request("POST", c.path("invoice?requestid=first"), "application/json", bytes.NewReader(encoded(t, sale("10", object{"PrivateNote": "st-1"})))))
	require.Error(t, err, "its answer is lost")
	now.Add(time.Second)
	inv := c.made("Invoice", sale("99"), "requestid=first")
	c.made("Invoice", object{"Id": inv["Id"], "SyncToken": "0", "sparse": true, "CustomerMemo": object{"value": "more"}})
	requireFault(t, c.post("invoice", object{"Id": inv["Id"], "SyncToken": "0", "sparse": true}), http.StatusBadRequest, "5010")
	memo := c.made("CreditMemo", sale("5"))
	require.Equal(t, http.StatusOK, c.control("POST", "/objects/creditmemo/"+text(memo["Id"])+"/delete", nil).status)
	c.made("Invoice", object{"Id": inv["Id"], "SyncToken": "1"}, "operation=void")
	c.made("Customer", object{"DisplayName": "Nobody's sale"})

	all := c.journal("")
	var what []string
	for i, e := range all {
		require.Equal(t, i+1, e.Number)
		what = append(what, e.Entity+" "+e.What+e.Code)
	}
	require.Equal(t, []string{
		"Invoice created", "Invoice updated", "Invoice refused5010", "CreditMemo created", "CreditMemo deleted", "Invoice voided",
	}, what)
	require.Equal(t, "first", all[0].RequestID)
	require.Equal(t, "10", text(all[0].Object["TotalAmt"]))
	require.Equal(t, now.Now().Add(-time.Second), all[0].Arrived)
	require.Equal(t, "st-1", all[2].Object["PrivateNote"], "whose it is, although the body did not say")
	require.Equal(t, "5", text(all[4].Object["TotalAmt"]), "as it was")
	require.Zero(t, all[4].Arrived, "by hand")
	require.Equal(t, "0", text(all[5].Object["TotalAmt"]))
	require.Equal(t, all[2:4], c.journal("?after=2&limit=2"))
	require.Empty(t, c.journal("?after=6"))
	require.Len(t, c.stand.API.Journal(c.realm, 4), 2)
	require.Nil(t, c.stand.API.Journal("1", 0))
	for _, query := range []string{"?after=x", "?limit=-1"} {
		require.Equal(t, http.StatusBadRequest, c.do(c.request("GET", "/_quickbooks/companies/"+c.realm+"/journal"+query, "", nil)).status)
	}
}

func encoded(t *testing.T, body any) []byte {
	t.Helper()
	data, err := json.Marshal(body)
	require.NoError(t, err)
	return data
}

// A bookkeeper opens the closed books for one document, and the preferences keep quiet
// about the date where that is wanted.
func TestClosedBooksThatAdmitOneDocument(t *testing.T) {
	c := serve(t, quickbooks.Options{})
	closed := func(note string) object { return sale("1", object{"TxnDate": "2021-06-15", "PrivateNote": note}) }
	require.Equal(t, http.StatusOK, c.control("PATCH", "", object{"closedThrough": "2021-12-31"}).status)
	require.Contains(t, c.get("preferences").raw, "BookCloseDate")
	require.Equal(t, http.StatusOK, c.control("PATCH", "", object{"closedUntold": true}).status)
	require.NotContains(t, c.get("preferences").raw, "BookCloseDate")
	requireFault(t, c.post("invoice", closed("[st-1 x]")), http.StatusBadRequest, "6200")

	require.Equal(t, http.StatusOK, c.control("POST", "/admit", object{"note": "[st-1 "}).status)
	requireFault(t, c.post("invoice", closed("[st-11 x]")), http.StatusBadRequest, "6200")
	made := c.made("Invoice", closed("[st-1 x]"))
	require.Equal(t, http.StatusOK, c.control("POST", "/objects/invoice/"+text(made["Id"])+"/delete", nil).status)
	require.Equal(t, http.StatusBadRequest, c.control("POST", "/admit", object{}).status)
	require.Equal(t, http.StatusBadRequest, c.control("POST", "/admit", object{"text": "x"}).status)
}
