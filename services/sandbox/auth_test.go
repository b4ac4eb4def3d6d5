package sandbox_test

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox"
)

func TestLoginTakesJSONFormAndQuery(t *testing.T) {
	_, c := serve(t, sandbox.Options{})
	good := url.Values{"username": {sandbox.DefaultUsername}, "password": {sandbox.DefaultPassword}}
	for name, a := range map[string]answered{
		"json":  c.send("POST", "/api/auth", map[string]string{"username": sandbox.DefaultUsername, "password": sandbox.DefaultPassword}),
		"form":  c.form("/api/auth", good),
		"query": c.send("POST", "/api/auth?"+good.Encode(), ""),
	} {
		require.Equal(t, 200, a.status, name)
		require.Equal(t, true, a.data()["authenticated"], name)
		token := a.data()["authToken"].(string)
		require.Contains(t, a.header.Get("Set-Cookie"), "PHPSESSID="+token+";", name)
		require.Contains(t, a.raw, `"messages":[]`, "an empty map looks like PHP's")
		company := a.data()["user"].(map[string]any)["company"].(map[string]any)
		require.NotEmpty(t, company["name"])
	}
}

func TestLoginRefusals(t *testing.T) {
	_, c := serve(t, sandbox.Options{})
	bad := c.send("POST", "/api/auth", map[string]string{"username": sandbox.DefaultUsername, "password": "wrong"})
	require.Equal(t, 403, bad.status)
	require.Equal(t, "Invalid credentials provided", bad.errorText())
	require.Equal(t, false, bad.data()["authenticated"])
	require.Nil(t, bad.data()["authToken"])
	require.Equal(t, 400, c.send("POST", "/api/auth", map[string]string{"username": "x"}).status)
	require.Equal(t, 400, c.send("POST", "/api/auth", `[1]`).status)
	require.Equal(t, 400, c.send("POST", "/api/auth", `{`).status)
}

func TestSessionLife(t *testing.T) {
	s, c := serve(t, sandbox.Options{})
	require.Equal(t, 404, c.get("/api/auth").status, "no session yet")
	require.Equal(t, 401, c.get("/api/invoice").status)
	c.login()
	require.Equal(t, c.cookie, c.get("/api/auth").data()["authToken"])
	require.Equal(t, 200, c.get("/api/invoice").status)
	out := c.send("DELETE", "/api/auth", "")
	require.Equal(t, 204, out.status)
	require.Empty(t, out.raw)
	require.Equal(t, 401, c.get("/api/invoice").status, "after logout")
	require.Equal(t, 404, c.get("/api/auth").status)
	c.login()
	s.API.ExpireSessions()
	require.Equal(t, 401, c.get("/api/invoice").status, "after the sessions died")
	require.Zero(t, s.API.Sessions())
}

func TestOldestSessionGoesFirst(t *testing.T) {
	s, c := serve(t, sandbox.Options{SessionsPerUser: 3})
	var tokens []string
	for range 5 {
		tokens = append(tokens, c.login())
	}
	require.Equal(t, 3, s.API.Sessions())
	for i, token := range tokens {
		c.cookie = token
		want := 200
		if i < 2 {
			want = 401
		}
		require.Equal(t, want, c.get("/api/user").status, "session %d", i)
	}
}

func TestSessionsEndWithTheirLifetime(t *testing.T) {
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	_, c := serve(t, sandbox.Options{SessionLifetime: time.Hour, Now: func() time.Time { return now }})
	c.login()
	now = now.Add(59 * time.Minute)
	require.Equal(t, 200, c.get("/api/user").status)
	now = now.Add(time.Minute)
	require.Equal(t, 401, c.get("/api/user").status)
}

func TestOAuth(t *testing.T) {
	_, c := serve(t, sandbox.Options{})
	credentials := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {sandbox.DefaultClientID}, "client_secret": {sandbox.DefaultClientSecret},
	}
	byForm := c.form("/api/oauth2/token", credentials)
	byJSON := c.send("POST", "/api/oauth2/token", map[string]string{
		"grant_type": "client_credentials", "client_id": sandbox.DefaultClientID, "client_secret": sandbox.DefaultClientSecret,
	})
	for _, a := range []answered{byForm, byJSON} {
		require.Equal(t, 200, a.status)
		require.NotContains(t, a.body, "data", "OAuth2 answers have no envelope")
		require.Equal(t, "Bearer", a.body["token_type"])
		require.Equal(t, "86400", number(a.body["expires_in"]))
		require.Greater(t, expiry(t, a.body["access_token"].(string)), time.Now().Add(23*time.Hour).Unix())
	}
	c.bearer = byForm.body["access_token"].(string)
	require.Equal(t, 200, c.get("/api/invoice").status)
	require.NotEmpty(t, c.get("/api/oauth2/userinfo").body["name"])

	refresh := map[string]string{"grant_type": "refresh_token", "refresh_token": byForm.body["refresh_token"].(string)}
	next := c.send("POST", "/api/oauth2/token", refresh)
	require.Equal(t, 200, next.status)
	again := c.send("POST", "/api/oauth2/token", refresh)
	require.Equal(t, 400, again.status, "a refresh token works once")
	require.Equal(t, "invalid_grant", again.body["error"])

	c.form("/api/oauth2/revoke", url.Values{"token": {next.body["refresh_token"].(string)}})
	require.Equal(t, 401, c.get("/api/invoice").status, "revoking ends the whole family")
	require.Equal(t, 401, c.get("/api/oauth2/userinfo").status)
	c.bearer = byJSON.body["access_token"].(string)
	require.Equal(t, 200, c.get("/api/invoice").status, "another family lives on")
}

func TestOAuthRefusals(t *testing.T) {
	_, c := serve(t, sandbox.Options{})
	wrong := c.form("/api/oauth2/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {"x"}, "client_secret": {"y"}})
	require.Equal(t, 401, wrong.status)
	require.Equal(t, "invalid_client", wrong.body["error"])
	password := c.form("/api/oauth2/token", url.Values{"grant_type": {"password"}})
	require.Equal(t, 400, password.status)
	require.Equal(t, "unsupported_grant_type", password.body["error"])
}

func expiry(t *testing.T, token string) int64 {
	t.Helper()
	parts := strings.Split(token, ".")
	require.Len(t, parts, 3)
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	require.NoError(t, err)
	var claims struct {
		Exp int64 `json:"exp"`
	}
	require.NoError(t, json.Unmarshal(payload, &claims))
	return claims.Exp
}
