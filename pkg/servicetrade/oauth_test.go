package servicetrade

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func withOAuth(cfg *Config) {
	cfg.Auth, cfg.ClientID, cfg.ClientSecret, cfg.Username, cfg.Password = AuthOAuth2, fakeUser, fakePassword, "", ""
}

func TestOAuthCallsCarryTheToken(t *testing.T) {
	f := newFake(t, always(http.StatusOK, smallInvoice))
	c, _ := newTestClient(t, f, withOAuth)
	readTogether(t, c, 20)
	require.Equal(t, 1, f.loginCount())
	asked := f.made(http.MethodPost, tokenPath)
	require.Len(t, asked, 1)
	require.JSONEq(t, `{"grant_type":"client_credentials","client_id":"`+fakeUser+`","client_secret":"`+fakePassword+`"}`, asked[0].Body)
	require.Equal(t, "application/json", asked[0].Header.Get("Content-Type"))
	got := f.made(http.MethodGet, "/invoice/2687264638045999")
	require.Equal(t, "Bearer token-1", got[0].Header.Get("Authorization"))
	require.Empty(t, got[0].Header.Get("Cookie"))
}

func TestOAuthRenewsFiveMinutesBeforeTheEnd(t *testing.T) {
	f := newFake(t, always(http.StatusOK, smallInvoice))
	c, clk := newTestClient(t, f, withOAuth)
	readTogether(t, c, 1)
	clk.move(54 * time.Minute)
	readTogether(t, c, 5)
	require.Equal(t, 1, f.loginCount())
	clk.move(time.Minute)
	readTogether(t, c, 5)
	require.Equal(t, 2, f.loginCount())
	require.Contains(t, f.made(http.MethodPost, tokenPath)[1].Body, `"refresh_token":"refresh-1"`)

	f.expire("")
	readTogether(t, c, 5)
	require.Equal(t, 3, f.loginCount(), "one renewal for all that met the dead token")
	require.Contains(t, f.made(http.MethodPost, tokenPath)[2].Body, `"refresh_token":"refresh-2"`, "the newest")
}

func TestOAuthRefreshThatIsRefusedBeginsAnew(t *testing.T) {
	f := newFake(t, always(http.StatusOK, smallInvoice))
	c, _ := newTestClient(t, f, withOAuth)
	readTogether(t, c, 1)
	f.expire("")
	clear(f.refresh)
	readTogether(t, c, 1)
	asked := f.made(http.MethodPost, tokenPath)
	require.Len(t, asked, 3)
	require.Contains(t, asked[2].Body, "client_credentials")
}

func TestOAuthKeepsTheTokenWhoseRenewalFailed(t *testing.T) {
	f := newFake(t, always(http.StatusOK, smallInvoice))
	c, clk := newTestClient(t, f, withOAuth)
	readTogether(t, c, 1)
	clk.move(56 * time.Minute)
	f.onLogin = func(w http.ResponseWriter, _ int) bool { answer(w, http.StatusServiceUnavailable, ``); return true }
	readTogether(t, c, 5)
	require.Equal(t, 2, f.loginCount(), "one renewal, and then the pause")
	clk.move(4 * time.Minute)
	_, err := c.Invoice(t.Context(), bigID)
	require.Error(t, err, "it is of no use any more")
	require.False(t, IsSignedOut(err), "ServiceTrade is away")
}

func TestOAuthRefusal(t *testing.T) {
	f := newFake(t, nil)
	c, clk := newTestClient(t, f, withOAuth, func(cfg *Config) { cfg.ClientSecret = "hunter2hunter2" })
	_, err := c.Invoice(t.Context(), bigID)
	require.True(t, IsSignedOut(err))
	require.ErrorContains(t, err, "invalid_client: no such client as ***")
	require.NotContains(t, err.Error(), "hunter2")
	_, err = c.Invoice(t.Context(), bigID)
	require.True(t, IsSignedOut(err))
	require.Equal(t, 1, f.loginCount())
	clk.move(loginPause)
	_, err = c.Login(t.Context())
	require.True(t, IsSignedOut(err))
	require.Equal(t, 2, f.loginCount())
}

func TestOAuthLogoutRevokes(t *testing.T) {
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api"+userinfoPath {
			answer(w, http.StatusOK, `{"sub":7,"name":"Trade Post","preferred_username":"tradepost","company":{"id":77,"name":"Acme"}}`)
			return
		}
		answer(w, http.StatusNotFound, `{}`)
	})
	c, _ := newTestClient(t, f, withOAuth)
	user, err := c.Login(t.Context())
	require.NoError(t, err)
	require.Equal(t, User{ID: 7, Name: "Trade Post", Username: "tradepost", CompanyID: 77, CompanyName: "Acme"}, user)
	_, err = c.Invoice(t.Context(), bigID)
	require.True(t, IsNotFound(err), "the token was asked whether it lives")
	require.NoError(t, c.Logout(t.Context()))
	require.Empty(t, f.alive)
	alive, err := c.SessionAlive(t.Context())
	require.NoError(t, err)
	require.False(t, alive)
}

func TestTokenLife(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	jwt := func(claims string) string {
		return "h." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".s"
	}
	for name, tc := range map[string]struct {
		body          string
		lives, renews time.Duration
	}{
		"expires_in":         {`{"access_token":"a","expires_in":86400}`, 24 * time.Hour, 24*time.Hour - 5*time.Minute},
		"expires_in as text": {`{"access_token":"a","expires_in":"600"}`, 10 * time.Minute, 5 * time.Minute},
		"short":              {`{"access_token":"a","expires_in":60}`, time.Minute, 30 * time.Second},
		"nothing":            {`{"access_token":"a"}`, time.Hour, 55 * time.Minute},
		"jwt": {
			fmt.Sprintf(`{"access_token":%q}`, jwt(`{"exp":1800007200}`)), 2 * time.Hour, 115 * time.Minute,
		},
		"jwt of another clock": {
			fmt.Sprintf(`{"access_token":%q}`, jwt(`{"iat":1700000000,"exp":1700007200}`)), 2 * time.Hour, 115 * time.Minute,
		},
		"jwt that is over":  {fmt.Sprintf(`{"access_token":%q}`, jwt(`{"exp":1}`)), time.Hour, 55 * time.Minute},
		"expires_in absurd": {`{"access_token":"a","expires_in":9223372036854775807}`, maxTokenLife, maxTokenLife - 5*time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := decodeToken([]byte(tc.body), now)
			require.NoError(t, err)
			require.Equal(t, tc.lives, a.Expires.Sub(now))
			require.Equal(t, tc.renews, a.Renew.Sub(now))
		})
	}
	for _, bad := range []string{``, `[]`, `{}`, `{"access_token":"a b"}`, `{"access_token":"a","token_type":"mac"}`} {
		_, err := decodeToken([]byte(bad), now)
		require.Error(t, err, bad)
	}
}

func FuzzDecodeToken(f *testing.F) {
	f.Add([]byte(`{"access_token":"a.b.c","expires_in":1}`))
	f.Add([]byte(`{"access_token":"h.eyJleHAiOjF9.s"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		now := time.Unix(1_800_000_000, 0)
		a, err := decodeToken(body, now)
		if err == nil && (a.Token == "" || !a.Expires.After(now) || a.Renew.After(a.Expires)) {
			t.Fatalf("%+v", a)
		}
	})
}
