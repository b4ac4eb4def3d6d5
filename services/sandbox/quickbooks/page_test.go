package quickbooks_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox/quickbooks"
)

// press sends a form of the page.
func (c *client) press(path string, values url.Values) answer {
	c.t.Helper()
	return c.do(c.request("POST", path, "application/x-www-form-urlencoded", strings.NewReader(values.Encode())))
}

func (c *client) page(path string) string {
	c.t.Helper()
	a := c.do(c.request("GET", path, "", nil))
	require.Equal(c.t, http.StatusOK, a.status, a.raw)
	require.Contains(c.t, a.header.Get("Content-Type"), "text/html")
	return a.raw
}

func TestThePage(t *testing.T) {
	c := serve(t, quickbooks.Options{Companies: 2})
	inv := c.made("Invoice", sale("42.5", object{"DocNumber": "<b>7", "PrivateNote": "st-acme-7"}))
	home := "/companies/" + c.realm
	require.Contains(t, c.page("/"), "Meridian Mechanical &amp; Fire 2")
	company := c.page(home)
	for _, want := range []string{"&lt;b&gt;7", "42.5", "C-10001", "st-acme-7", "1 in all, 0 metered reads, 0 throttled", "Custom transaction numbers", "Term 5"} {
		require.Contains(t, company, want)
	}
	document := home + "/Invoice/" + text(inv["Id"])
	require.Contains(t, c.page(document), "SubTotalLineDetail")
	require.Contains(t, c.page("/requests"), "/v3/company/"+c.realm+"/invoice")
	require.Contains(t, c.do(c.request("GET", "/style.css", "", nil)).raw, "--accent")

	require.Equal(t, http.StatusSeeOther, c.press(document, url.Values{"do": {"note"}, "note": {"by hand"}}).status)
	require.Equal(t, "by hand", c.stand.API.Objects(c.realm, "Invoice")[0]["PrivateNote"])
	require.Equal(t, http.StatusSeeOther, c.press(document, url.Values{"do": {"void"}}).status)
	require.Equal(t, "0", text(c.stand.API.Objects(c.realm, "Invoice")[0]["TotalAmt"]))
	require.Equal(t, http.StatusSeeOther, c.press(document, url.Values{"do": {"delete"}}).status)
	require.Empty(t, c.stand.API.Objects(c.realm, "Invoice"))
	require.Equal(t, http.StatusBadRequest, c.press(document, url.Values{"do": {"delete"}}).status)

	form := url.Values{"salesTax": {"automated"}, "closedThrough": {"2026-01-31"}, "queryDelay": {"3s"}, "customNumbers": {"on"}}
	require.Equal(t, http.StatusSeeOther, c.press(home+"/settings", form).status)
	s := c.stand.API.Settings(c.realm)
	require.True(t, s.CustomNumbers)
	require.False(t, s.Departments)
	require.Equal(t, "automated 2026-01-31 3s", s.SalesTax+" "+s.ClosedThrough+" "+s.QueryDelay.String())
	for _, bad := range []url.Values{{"salesTax": {"x"}}, {"salesTax": {"off"}, "closedThrough": {"x"}}, {"salesTax": {"off"}, "queryDelay": {"x"}}} {
		require.Equal(t, http.StatusBadRequest, c.press(home+"/settings", bad).status)
	}

	require.Equal(t, http.StatusSeeOther, c.press("/faults", url.Values{"fault": {"refused"}, "code": {"6190"}, "resource": {"invoice"}}).status)
	require.Contains(t, c.page("/faults"), "Refused: 6190")
	requireFault(t, c.post("invoice", sale("1")), http.StatusBadRequest, "6190")
	require.Equal(t, http.StatusSeeOther, c.press("/faults/clear", nil).status)
	require.Equal(t, http.StatusSeeOther, c.press(home+"/tokens", url.Values{"do": {"disconnect"}}).status)
	require.Equal(t, http.StatusUnauthorized, c.get("item/1").status)
	require.Contains(t, c.page(home), "disconnected")
	for _, path := range []string{"/nothing", "/companies/1", home + "/Invoice/99", home + "/Nothing/1"} {
		require.Equal(t, http.StatusNotFound, c.do(c.request("GET", path, "", nil)).status, path)
	}
	foreign := c.request("POST", home+"/tokens", "application/x-www-form-urlencoded", strings.NewReader("do=disconnect"))
	foreign.Header.Set("Sec-Fetch-Site", "cross-site")
	require.Equal(t, http.StatusForbidden, c.do(foreign).status, "another site cannot press a button")
}

func TestSecretsAreNotLogged(t *testing.T) {
	c := serve(t, quickbooks.Options{})
	given, err := c.stand.API.Connect(c.realm)
	require.NoError(t, err)
	c.refresh(given.Refresh)
	log := c.page("/requests")
	require.Contains(t, log, "/oauth2/v1/tokens/bearer")
	require.NotContains(t, log, given.Refresh)
}

func TestTheControlAPI(t *testing.T) {
	c := serve(t, quickbooks.Options{})
	control := func(method, path, body string) answer {
		t.Helper()
		return c.do(c.request(method, "/_quickbooks"+path, "application/json", strings.NewReader(body)))
	}
	home := "/companies/" + c.realm
	tokens := control("POST", home+"/tokens", "")
	require.Equal(t, c.realm, tokens.body["realmId"])
	require.Equal(t, http.StatusOK, c.refresh(text(tokens.body["refresh_token"])).status)
	c.token = text(tokens.body["access_token"])
	c.made("Invoice", sale("3"))
	require.Equal(t, http.StatusOK, c.get("item/1").status)

	view := control("GET", home, "").body
	require.Equal(t, "1", text(view["objects"].(object)["Invoice"]))
	require.Equal(t, "1002", view["nextNumber"])
	require.Equal(t, "1", text(control("GET", home+"/counts", "").body["metered"]))
	require.Len(t, control("GET", home+"/objects/invoice", "").body["objects"], 1)
	made := control("POST", home+"/objects/customer", `{"DisplayName":"By hand"}`)
	require.Equal(t, http.StatusOK, made.status, made.raw)
	changed := control("POST", home+"/objects/customer", `{"Id":"`+text(made.body["Id"])+`","Active":false}`)
	require.Equal(t, "By hand", changed.body["DisplayName"])
	require.Contains(t, control("POST", home+"/objects/customer", `{"DisplayName":"by hand"}`).body["error"], "6240")
	require.Equal(t, "0", text(control("POST", home+"/objects/invoice/1/void", "").body["TotalAmt"]))
	require.Equal(t, http.StatusOK, control("POST", home+"/objects/invoice/1/delete", "").status)

	set := control("PATCH", home, `{"salesTax":"off","queryDelay":5000000000,"customFields":["A"]}`)
	require.Equal(t, http.StatusOK, set.status, set.raw)
	require.Equal(t, "off 5s true", c.stand.API.Settings(c.realm).SalesTax+" "+c.stand.API.Settings(c.realm).QueryDelay.String()+" "+text(c.stand.API.Settings(c.realm).Departments))
	require.Equal(t, http.StatusBadRequest, control("PATCH", home, `{"salesTax":"x"}`).status)
	require.Equal(t, http.StatusBadRequest, control("PATCH", home, `{"colour":"x"}`).status)

	require.Equal(t, http.StatusOK, control("PUT", "/limits", `{"perMinute":7}`).status)
	require.Equal(t, "7", text(control("GET", "/limits", "").body["perMinute"]))
	require.Equal(t, http.StatusOK, control("DELETE", "/counts", "").status)
	require.Equal(t, http.StatusOK, control("DELETE", home+"/requestids", "").status)
	require.Len(t, control("GET", home+"/tokens", "").body["tokens"], 2)
	for _, what := range []string{"expire-access", "expire-refresh", "rotate", "disconnect"} {
		require.Equal(t, http.StatusOK, control("POST", home+"/tokens/"+what, "").status)
	}
	require.Equal(t, http.StatusBadRequest, control("POST", home+"/tokens/eat", "").status)
	require.Len(t, control("POST", "/companies", "").body["realm"], 16)
	require.Len(t, control("GET", "/companies", "").body["companies"], 2)

	order := control("POST", "/faults", `{"fault":"latency","delay":"2s","resource":"token"}`)
	require.Equal(t, http.StatusOK, order.status, order.raw)
	require.Len(t, control("GET", "/faults", "").body["orders"], 1)
	require.Equal(t, http.StatusOK, control("DELETE", "/faults/"+text(order.body["id"]), "").status)
	require.Equal(t, http.StatusNotFound, control("DELETE", "/faults/99", "").status)
	require.Equal(t, http.StatusOK, control("POST", "/scenario", `{"file":"x","text":"steps:\n  - at: 0s\n    fault: revoked\n"}`).status)
	require.Equal(t, http.StatusOK, control("DELETE", "/faults", "").status)
	require.NotEmpty(t, control("GET", "/requests?method=GET&limit=5", "").body["requests"])
	require.Equal(t, http.StatusBadRequest, control("GET", "/requests?limit=x", "").status)
	require.Len(t, control("GET", home+"/history/invoice", "").body["versions"], 3)
	require.Contains(t, control("GET", "/dump", "").body[c.realm], "objects")
	require.Equal(t, http.StatusNotFound, control("GET", "/companies/1", "").status)
	require.Equal(t, http.StatusNotFound, control("GET", home+"/objects/nothing", "").status)

	require.Equal(t, http.StatusOK, control("POST", "/reset", "").status)
	require.Equal(t, "Meridian Mechanical & Fire", control("GET", home, "").body["settings"].(object)["name"])
	require.Equal(t, "manual", c.stand.API.Settings(c.realm).SalesTax)
	require.Empty(t, c.stand.API.Grants(""))
}
