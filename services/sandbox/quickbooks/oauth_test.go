package quickbooks_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox/quickbooks"
)

const redirect = "http://localhost:9999/callback"

func (c *client) form(path string, values url.Values, more ...func(*http.Request)) answer {
	c.t.Helper()
	req := c.request("POST", path, "application/x-www-form-urlencoded", strings.NewReader(values.Encode()))
	req.Header.Del("Authorization")
	req.SetBasicAuth(quickbooks.DefaultClientID, quickbooks.DefaultClientSecret)
	for _, change := range more {
		change(req)
	}
	return c.do(req)
}

func (c *client) refresh(token string) answer {
	c.t.Helper()
	return c.form("/oauth2/v1/tokens/bearer", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}})
}

func question(more ...string) url.Values {
	v := url.Values{
		"client_id": {quickbooks.DefaultClientID}, "response_type": {"code"}, "scope": {"com.intuit.quickbooks.accounting"},
		"redirect_uri": {redirect}, "state": {"s-1"},
	}
	for i := 0; i+1 < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	return v
}

func TestAUserConnectsACompany(t *testing.T) {
	c := serve(t, quickbooks.Options{Companies: 2})
	page := c.do(c.request("GET", "/connect/oauth2?"+question().Encode(), "", nil))
	require.Equal(t, http.StatusOK, page.status)
	for _, want := range []string{"Meridian Mechanical &amp; Fire", "Meridian Mechanical &amp; Fire 2", `name="state" value="s-1"`, "Connect", "Cancel"} {
		require.Contains(t, page.raw, want)
	}
	realm := c.stand.API.Realms()[1]
	back := c.form("/connect/oauth2", question("connect", "yes", "realm", realm))
	require.Equal(t, http.StatusFound, back.status, back.raw)
	to, err := url.Parse(back.header.Get("Location"))
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(to.String(), redirect+"?"))
	require.Equal(t, "s-1", to.Query().Get("state"))
	require.Equal(t, realm, to.Query().Get("realmId"))

	exchange := url.Values{"grant_type": {"authorization_code"}, "code": {to.Query().Get("code")}, "redirect_uri": {redirect}}
	wrong := c.form("/oauth2/v1/tokens/bearer", url.Values{"grant_type": {"authorization_code"}, "code": exchange["code"], "redirect_uri": {"http://localhost/other"}})
	require.Equal(t, http.StatusBadRequest, wrong.status)
	tokens := c.form("/oauth2/v1/tokens/bearer", exchange, func(r *http.Request) { r.Header.Set("x-include-refresh-token-hard-expires-in", "true") })
	require.Equal(t, http.StatusOK, tokens.status, tokens.raw)
	require.Equal(t, "bearer", tokens.body["token_type"])
	require.Equal(t, "3600", text(tokens.body["expires_in"]))
	require.Equal(t, "8726400", text(tokens.body["x_refresh_token_expires_in"]))
	require.Equal(t, "157680000", text(tokens.body["x_refresh_token_hard_expires_in"]))
	again := c.form("/oauth2/v1/tokens/bearer", exchange)
	require.Equal(t, http.StatusBadRequest, again.status)
	require.Equal(t, "invalid_grant", again.body["error"], "a code works once")

	c.realm, c.token = realm, text(tokens.body["access_token"])
	require.Equal(t, "Meridian Mechanical & Fire 2", c.rows("select * from CompanyInfo")[0]["CompanyName"])
}

func TestWhatAUserMayAnswer(t *testing.T) {
	c := serve(t, quickbooks.Options{})
	for name, at := range map[string]struct {
		values url.Values
		want   string
	}{
		"cancel":     {question(), "error=access_denied&state=s-1"},
		"scope":      {question("scope", "openid"), "error=invalid_scope&state=s-1"},
		"type":       {question("response_type", "token"), "error=unsupported_response_type&state=s-1"},
		"stateless":  {question("state", ""), "error=invalid_request"},
		"own params": {question("redirect_uri", redirect+"?a=1"), "a=1&error=access_denied"},
	} {
		a := c.form("/connect/oauth2", at.values)
		require.Equal(t, http.StatusFound, a.status, name)
		require.Contains(t, a.header.Get("Location"), at.want, name)
	}
	for name, values := range map[string]url.Values{
		"app": question("client_id", "nobody"), "address": question("redirect_uri", "https://elsewhere.example/x"), "no address": question("redirect_uri", "javascript:alert(1)"),
	} {
		require.Equal(t, http.StatusBadRequest, c.form("/connect/oauth2", values).status, name)
	}
	auto := serve(t, quickbooks.Options{AutoConnect: true})
	require.Contains(t, auto.do(auto.request("GET", "/connect/oauth2?"+question().Encode(), "", nil)).header.Get("Location"), "code=")
}

func TestRegisteredRedirects(t *testing.T) {
	c := serve(t, quickbooks.Options{AutoConnect: true, Apps: []quickbooks.App{{ID: "a", Secret: "b", RedirectURIs: []string{"https://app.example/cb"}}}})
	require.Equal(t, http.StatusFound, c.do(c.request("GET", "/connect/oauth2?"+question("client_id", "a", "redirect_uri", "https://app.example/cb").Encode(), "", nil)).status)
	require.Equal(t, http.StatusBadRequest, c.do(c.request("GET", "/connect/oauth2?"+question("client_id", "a").Encode(), "", nil)).status)
}

func TestRefreshTokensRotate(t *testing.T) {
	now := newClock()
	c := serve(t, quickbooks.Options{Now: now.Now})
	given, err := c.stand.API.Connect(c.realm)
	require.NoError(t, err)
	take := func(token string) string {
		t.Helper()
		a := c.refresh(token)
		require.Equal(t, http.StatusOK, a.status, a.raw)
		c.token = text(a.body["access_token"])
		require.Equal(t, http.StatusOK, c.get("companyinfo/"+c.realm).status)
		return text(a.body["refresh_token"])
	}
	now.Add(23 * time.Hour)
	require.Equal(t, given.Refresh, take(given.Refresh), "the same for a day")
	now.Add(time.Hour)
	second := take(given.Refresh)
	require.NotEqual(t, given.Refresh, second)
	require.Equal(t, second, take(given.Refresh), "the replaced one gets the newest")
	now.Add(24*time.Hour - time.Second)
	require.Equal(t, second, take(given.Refresh))
	now.Add(time.Second)
	dead := c.refresh(given.Refresh)
	require.Equal(t, http.StatusBadRequest, dead.status)
	require.Equal(t, object{"error": "invalid_grant", "error_description": "Incorrect or invalid refresh token"}, dead.body)
	require.NotEmpty(t, dead.header.Get("intuit_tid"))
	third := take(second)
	require.NotEqual(t, second, third)
	now.Add(102 * 24 * time.Hour)
	require.Equal(t, "invalid_grant", c.refresh(third).body["error"], "nobody came for 101 days")
	grants := c.stand.API.Grants(c.realm)
	require.Equal(t, 2, grants[1].Rotations)
}

func TestAConnectionEndsAfterFiveYears(t *testing.T) {
	now := newClock()
	c := serve(t, quickbooks.Options{Now: now.Now})
	given, err := c.stand.API.Connect(c.realm)
	require.NoError(t, err)
	token := given.Refresh
	for range 18 {
		now.Add(100 * 24 * time.Hour)
		a := c.refresh(token)
		require.Equal(t, http.StatusOK, a.status, a.raw)
		token = text(a.body["refresh_token"])
	}
	now.Add(25 * 24 * time.Hour)
	require.Equal(t, "invalid_grant", c.refresh(token).body["error"])
}

func TestFastRotation(t *testing.T) {
	c := serve(t, quickbooks.Options{RotateAfter: -1, RefreshGrace: -1})
	given, err := c.stand.API.Connect(c.realm)
	require.NoError(t, err)
	second := text(c.refresh(given.Refresh).body["refresh_token"])
	require.NotEqual(t, given.Refresh, second)
	require.Equal(t, "invalid_grant", c.refresh(given.Refresh).body["error"], "no grace")
	require.Equal(t, http.StatusOK, c.refresh(second).status)
}

func TestTokensEnd(t *testing.T) {
	now := newClock()
	c := serve(t, quickbooks.Options{Now: now.Now})
	given, err := c.stand.API.Connect(c.realm)
	require.NoError(t, err)
	c.token = given.Access
	now.Add(time.Hour)
	require.Equal(t, http.StatusUnauthorized, c.get("item/1").status)
	c.token = text(c.refresh(given.Refresh).body["access_token"])
	require.Equal(t, http.StatusOK, c.get("item/1").status)

	c.stand.API.ExpireAccess(c.realm)
	require.Equal(t, http.StatusUnauthorized, c.get("item/1").status)
	c.token = text(c.refresh(given.Refresh).body["access_token"])
	c.stand.API.ExpireRefresh(c.realm)
	require.Equal(t, "invalid_grant", c.refresh(given.Refresh).body["error"])
	require.Equal(t, http.StatusOK, c.get("item/1").status, "access tokens live on")

	given, err = c.stand.API.Connect(c.realm)
	require.NoError(t, err)
	c.token = given.Access
	c.stand.API.Disconnect(c.realm)
	require.Equal(t, http.StatusUnauthorized, c.get("item/1").status)
	require.Equal(t, "invalid_grant", c.refresh(given.Refresh).body["error"])
}

func TestRevoke(t *testing.T) {
	c := serve(t, quickbooks.Options{})
	given, err := c.stand.API.Connect(c.realm)
	require.NoError(t, err)
	req := c.request("POST", "/v2/oauth2/tokens/revoke", "application/json", strings.NewReader(`{"token":"`+given.Refresh+`"}`))
	req.SetBasicAuth(quickbooks.DefaultClientID, quickbooks.DefaultClientSecret)
	require.Equal(t, http.StatusOK, c.do(req).status)
	require.Equal(t, "invalid_grant", c.refresh(given.Refresh).body["error"])
	require.Equal(t, http.StatusBadRequest, c.form("/v2/oauth2/tokens/revoke", url.Values{"token": {"nothing"}}).status)
}
