package servicetrade

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestLoginIsSharedByConcurrentCalls(t *testing.T) {
	f := newFake(t, always(http.StatusOK, smallInvoice))
	c, _ := newTestClient(t, f)
	readTogether(t, c, 20)
	require.Equal(t, 1, f.loginCount())

	f.expire("")
	readTogether(t, c, 20)
	require.Equal(t, 2, f.loginCount(), "one new login for all that met the dead session")
}

func readTogether(t *testing.T, c *Client, n int) {
	t.Helper()
	var group sync.WaitGroup
	faults := make([]error, n)
	for i := range n {
		group.Go(func() { _, faults[i] = c.Invoice(t.Context(), bigID) })
	}
	group.Wait()
	for _, err := range faults {
		require.NoError(t, err)
	}
}

func TestDeadSessionIsRenewedOnceForWritesToo(t *testing.T) {
	f := newFake(t, always(http.StatusOK, smallInvoice))
	c, _ := newTestClient(t, f)
	_, err := c.Login(t.Context())
	require.NoError(t, err)
	f.expire("")
	_, err = c.SetStatus(t.Context(), bigID, StatusChange{Status: StatusProcessed})
	require.NoError(t, err)
	require.Equal(t, 2, f.loginCount())
	puts := f.made(http.MethodPut, "/invoice/2687264638045999")
	require.Len(t, puts, 2, "the refused one and the one with the new session")
	require.Equal(t, "PHPSESSID=token-2", puts[1].Header.Get("Cookie"))
}

func TestSecondRefusalIsASignOut(t *testing.T) {
	f := newFake(t, always(http.StatusUnauthorized, `{}`))
	c, clk := newTestClient(t, f)
	_, err := c.Invoice(t.Context(), bigID)
	require.True(t, IsSignedOut(err))
	require.Equal(t, 2, f.loginCount())

	_, err = c.Invoice(t.Context(), bigID)
	require.True(t, IsSignedOut(err))
	require.Equal(t, 2, f.loginCount(), "no login within the pause")
	clk.move(loginPause)
	f.handle = always(http.StatusOK, smallInvoice)
	_, err = c.Invoice(t.Context(), bigID)
	require.NoError(t, err)
}

func TestFailedLoginPausesTheNext(t *testing.T) {
	f := newFake(t, always(http.StatusOK, smallInvoice))
	c, clk := newTestClient(t, f, func(cfg *Config) { cfg.Password = "wrong" })
	_, err := c.Login(t.Context())
	require.True(t, IsSignedOut(err))
	require.False(t, IsForbidden(err))
	require.False(t, IsInvalid(err))

	clk.move(10 * time.Second)
	_, err = c.SetStatus(t.Context(), bigID, StatusChange{Status: StatusFailed})
	require.True(t, IsSignedOut(err))
	require.False(t, WriteUncertain(err))
	var e *Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, 20*time.Second, e.RetryAfter)
	require.Equal(t, 1, f.loginCount())

	clk.move(20 * time.Second)
	_, err = c.Login(t.Context())
	require.True(t, IsSignedOut(err))
	require.Equal(t, 2, f.loginCount())
}

func TestSuccessfulLoginsAreNotDelayed(t *testing.T) {
	f := newFake(t, always(http.StatusOK, smallInvoice))
	c, _ := newTestClient(t, f)
	for n := 1; n <= 3; n++ {
		_, err := c.Invoice(t.Context(), bigID)
		require.NoError(t, err)
		require.Equal(t, n, f.loginCount())
		f.expire("")
	}
}

func TestLoginThatNeverArrivedIsNotPaused(t *testing.T) {
	f := newFake(t, always(http.StatusOK, smallInvoice))
	c, _ := newTestClient(t, f, func(cfg *Config) { cfg.URL = "http://127.0.0.1:1" })
	_, err := c.Login(t.Context())
	require.Error(t, err)
	require.False(t, IsSignedOut(err))
	require.Nil(t, c.keeper.resting(c.now()))
	require.Nil(t, c.keeper.known().Failure)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = c.Login(ctx)
	require.ErrorIs(t, err, context.Canceled)
	require.Nil(t, c.keeper.resting(c.now()))
	require.Nil(t, c.keeper.known().Failure)
}

func TestLoginAnswers(t *testing.T) {
	cases := map[string]struct {
		status    int
		body      string
		cookie    string
		signedOut bool
		fails     bool
		token     string
	}{
		"token in the body":    {200, `{"data":{"authenticated":true,"authToken":"abc"}}`, "", false, false, "abc"},
		"token in the cookie":  {200, `{"data":{"authenticated":1}}`, "PHPSESSID=fromcookie; path=/", false, false, "fromcookie"},
		"not authenticated":    {200, `{"data":{"authenticated":false,"authToken":null}}`, "", true, true, ""},
		"no token at all":      {200, `{"data":{"authenticated":true}}`, "", false, true, ""},
		"token no cookie":      {200, `{"data":{"authToken":"a;b"}}`, "", false, true, ""},
		"no JSON":              {200, `<html>`, "", false, true, ""},
		"missing credentials":  {400, `{"messages":{"error":"username missing"}}`, "", true, true, ""},
		"server away":          {503, ``, "", false, true, ""},
		"nothing of the like":  {404, `nope`, "", false, true, ""},
		"user without company": {200, `{"data":{"authToken":"abc","user":{"id":"2687264638045999"}}}`, "", false, false, "abc"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, nil)
			f.onLogin = func(w http.ResponseWriter, _ int) bool {
				if tc.cookie != "" {
					w.Header().Set("Set-Cookie", tc.cookie)
				}
				answer(w, tc.status, tc.body)
				return true
			}
			c, _ := newTestClient(t, f)
			_, err := c.Login(t.Context())
			require.Equal(t, tc.fails, err != nil, "%v", err)
			require.Equal(t, tc.signedOut, IsSignedOut(err))
			require.False(t, IsNotFound(err))
			require.Equal(t, tc.token, c.keeper.known().Access.Token)
			require.Equal(t, 1, f.loginCount(), "a login is never repeated by itself")
		})
	}
}

func TestLoginTellsTheUser(t *testing.T) {
	f := newFake(t, nil)
	c, _ := newTestClient(t, f)
	want := User{ID: 7, Name: "Trade Post", Username: "tradepost", CompanyID: 77, CompanyName: "Acme Mechanical"}
	for range 2 {
		user, err := c.Login(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, user)
	}
	require.Equal(t, 1, f.loginCount())
}

func TestLogout(t *testing.T) {
	f := newFake(t, always(http.StatusOK, smallInvoice))
	c, _ := newTestClient(t, f)
	require.NoError(t, c.Logout(t.Context()), "nothing to end")
	require.Empty(t, f.made(http.MethodDelete, authPath))

	_, err := c.Login(t.Context())
	require.NoError(t, err)
	alive, err := c.SessionAlive(t.Context())
	require.NoError(t, err)
	require.True(t, alive)
	require.NoError(t, c.Logout(t.Context()))
	require.Len(t, f.made(http.MethodDelete, authPath), 1)
	alive, err = c.SessionAlive(t.Context())
	require.NoError(t, err)
	require.False(t, alive)

	_, err = c.Invoice(t.Context(), bigID)
	require.NoError(t, err, "a later call logs in again")
}

func TestSecretsStayOutOfErrorsAndLogs(t *testing.T) {
	var log bytes.Buffer
	f := newFake(t, always(http.StatusBadRequest, `{"messages":{"error":["session token-2 of tradepost"]}}`))
	c, clk := newTestClient(t, f, logTo(&log), func(cfg *Config) { cfg.Password = "hunter2hunter2" })
	_, err := c.Login(t.Context())
	require.ErrorContains(t, err, "Wrong password ***")
	c.password = fakePassword
	clk.move(loginPause)
	_, err = c.Invoice(t.Context(), bigID)
	require.True(t, IsInvalid(err))
	require.ErrorContains(t, err, "session *** of tradepost")

	cfg := Config{URL: f.URL, Username: fakeUser, Password: fakePassword}
	shown := fmt.Sprintf("%v %+v %#v %v %#v %s", cfg, cfg, cfg, c, c, cfg.LogValue()) + log.String() + err.Error()
	require.NotContains(t, shown, fakePassword)
	require.NotContains(t, shown, "hunter2")
	require.NotContains(t, shown, "token-2")
	require.NotContains(t, shown, "token-1")
	require.Contains(t, shown, "called ServiceTrade")
}
