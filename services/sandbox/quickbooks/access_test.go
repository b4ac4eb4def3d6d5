package quickbooks_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox/quickbooks"
)

func TestAppsAreChecked(t *testing.T) {
	c := serve(t, quickbooks.Options{})
	wrong := func(r *http.Request) { r.SetBasicAuth(quickbooks.DefaultClientID, "wrong") }
	a := c.form("/oauth2/v1/tokens/bearer", url.Values{"grant_type": {"refresh_token"}}, wrong)
	require.Equal(t, http.StatusUnauthorized, a.status)
	require.Equal(t, "invalid_client", a.body["error"])
	a = c.form("/oauth2/v1/tokens/bearer", url.Values{"grant_type": {"password"}})
	require.Equal(t, "unsupported_grant_type", a.body["error"])
	a = c.form("/oauth2/v1/tokens/bearer", url.Values{}, func(r *http.Request) { r.Header.Set("Content-Type", "application/json") })
	require.Equal(t, "invalid_request", a.body["error"])
	found := c.do(c.request("GET", "/.well-known/openid_configuration", "", nil))
	require.Equal(t, c.base+"/oauth2/v1/tokens/bearer", found.body["token_endpoint"])
}

func TestWhoIsNotLetIn(t *testing.T) {
	c := serve(t, quickbooks.Options{Companies: 2})
	other := c.at(c.stand.API.Realms()[1])
	other.realm = c.realm
	a := other.get("item/1")
	require.Equal(t, http.StatusForbidden, a.status, "the token is of another company")
	require.Contains(t, a.raw, "errorCode=003100")
	for name, at := range map[string]struct{ token, accept, kind, want string }{
		"JSON":      {"eyJ00000000000000000000000000000000000000", "application/json", "application/json", `"type":"AUTHENTICATION"`},
		"XML":       {"", "application/xml", "application/xml", `<Fault type="AUTHENTICATION"><Error code="3200">`},
		"too short": {"x", "application/json", "application/json", "Malformed bearer token: too short or too long"},
	} {
		c.token, c.accept = at.token, at.accept
		a := c.get("item/1")
		require.Equal(t, http.StatusUnauthorized, a.status, name)
		require.Contains(t, a.header.Get("Content-Type"), at.kind, name)
		require.Contains(t, a.raw, at.want, name)
		require.NotEmpty(t, a.header.Get("intuit_tid"))
	}
}

func TestAnswersAreXMLUnlessJSONIsWanted(t *testing.T) {
	c := serve(t, quickbooks.Options{})
	c.accept = ""
	a := c.get("item/1")
	require.Contains(t, a.header.Get("Content-Type"), "application/xml")
	require.Contains(t, a.raw, `<Item domain="QBO" sparse="false"><Active>true</Active>`)
	require.Contains(t, a.raw, `<IncomeAccountRef name="Services">1</IncomeAccountRef>`)
	a = c.query("select * from Nothing")
	require.Equal(t, http.StatusBadRequest, a.status)
	require.Contains(t, a.raw, `<Fault type="ValidationFault"><Error code="4001">`)
	c.accept = "application/json"
	requireFault(t, c.get("surprise"), http.StatusBadRequest, "500")
	requireFault(t, c.do(c.request("PUT", c.path("invoice"), "", nil)), http.StatusBadRequest, "500")
	requireFault(t, c.do(c.request("POST", c.path("invoice"), "application/xml", strings.NewReader("<x/>"))), http.StatusUnsupportedMediaType, "1050")
}
