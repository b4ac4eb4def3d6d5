package sandbox_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox"
)

func TestWebhookRegistration(t *testing.T) {
	_, c := ready(t, sandbox.Options{})
	require.Empty(t, c.get("/api/webhook").list("webhooks"), "off unless registered")
	made := c.send("POST", "/api/webhook", map[string]any{
		"hookUrl": "https://example.com/hook", "includeChangesets": true,
		"entityEvents": []any{map[string]any{"entityType": 13, "actions": []string{"updated"}}},
	})
	require.Equal(t, 200, made.status, made.raw)
	require.Equal(t, true, made.data()["confirmed"])
	require.Equal(t, true, made.data()["enabled"])
	at := "/api/webhook/" + number(made.data()["id"])
	require.Len(t, c.get("/api/webhook").list("webhooks"), 1)
	require.Equal(t, made.data(), c.get(at).data())
	require.Equal(t, 400, c.send("PUT", at, `{"hookUrl":"https://example.com/other"}`).status)
	changed := c.send("PUT", at, `{"enabled":false,"entityEvents":null}`)
	require.Equal(t, false, changed.data()["enabled"])
	require.Nil(t, changed.data()["entityEvents"])
	gone := c.send("DELETE", at, "")
	require.Equal(t, 204, gone.status)
	require.Empty(t, gone.raw)
	require.Equal(t, 404, c.send("DELETE", at, "").status)
	for name, body := range map[string]string{
		"no address": `{}`, "no host": `{"hookUrl":"/x"}`, "scheme": `{"hookUrl":"ftp://x/y"}`,
		"action":  `{"hookUrl":"https://x/y","entityEvents":[{"entityType":3,"actions":["seen"]}]}`,
		"actions": `{"hookUrl":"https://x/y","entityEvents":[{"entityType":3}]}`,
		"type":    `{"hookUrl":"https://x/y","entityEvents":5}`,
	} {
		require.Equal(t, 400, c.send("POST", "/api/webhook", body).status, name)
	}
}

func TestWebhookTellsOfChanges(t *testing.T) {
	got := make(chan map[string]any, 100)
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var m map[string]any
		dec := json.NewDecoder(r.Body)
		dec.UseNumber()
		if err := dec.Decode(&m); err == nil {
			got <- m
		}
		w.WriteHeader(http.StatusUnauthorized) // counts as delivered
	}))
	defer hook.Close()
	s, c := ready(t, sandbox.Options{InvoiceEntityType: 21})
	ids := []int64{s.API.Invoices()[0].ID, s.API.Invoices()[1].ID}
	require.Equal(t, 200, c.send("POST", "/api/webhook", map[string]any{
		"hookUrl": hook.URL, "entityEvents": []any{map[string]any{"entityType": 21, "actions": []string{"updated"}}},
	}).status)
	c.send("PUT", "/api/job/"+strconv.FormatInt(s.API.Book().Jobs[0].ID, 10), `{"customerPo":"not wanted"}`)
	require.NoError(t, s.API.Send("", ids...))
	events := (<-got)["data"].([]any)
	require.Len(t, events, 2)
	entity := events[0].(map[string]any)["entity"].(map[string]any)
	require.Equal(t, "invoice", entity["type"])
	require.Equal(t, strconv.FormatInt(ids[0], 10), number(entity["id"]))
	require.NotContains(t, events[0], "changeset", "the status of invoices is not tracked")
	// A client's own writes come back as events, in order.
	c.send("POST", "/api/comment", `{"entityId":`+strconv.FormatInt(ids[0], 10)+`,"entityType":21,"content":"x","visibility":[]}`)
	c.send("PUT", path("invoice", ids[1]), `{"status":"failed"}`)
	for _, id := range ids {
		m := <-got
		require.Equal(t, strconv.FormatInt(id, 10), number(m["data"].([]any)[0].(map[string]any)["entity"].(map[string]any)["id"]))
	}
}
