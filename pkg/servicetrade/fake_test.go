package servicetrade

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	fakeUser     = "tradepost@acme.example"
	fakePassword = "correct-horse"
)

// seen is one call that the fake was asked.
type seen struct {
	Method, Path, Query, Body string
	Header                    http.Header
}

// fake is a ServiceTrade of sessions only; what its resources answer is up to
// the test.
type fake struct {
	*httptest.Server

	mu      sync.Mutex
	logins  int
	alive   map[string]bool
	calls   []seen
	refresh map[string]string                       // refresh tokens, and the access token that each came with
	onLogin func(w http.ResponseWriter, n int) bool // true: has answered
	handle  http.HandlerFunc
}

func newFake(t *testing.T, handle http.HandlerFunc) *fake {
	t.Helper()
	f := &fake{alive: map[string]bool{}, refresh: map[string]string{}, handle: handle}
	f.Server = httptest.NewServer(http.HandlerFunc(f.serve))
	t.Cleanup(f.Close)
	return f
}

func (f *fake) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	token := ""
	if cookie, err := r.Cookie(sessionCookie); err == nil {
		token = cookie.Value
	}
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		token = bearer
	}
	f.mu.Lock()
	f.calls = append(f.calls, seen{r.Method, r.URL.Path, r.URL.RawQuery, string(body), r.Header.Clone()})
	live := f.alive[token]
	f.mu.Unlock()
	r.Body = io.NopCloser(bytes.NewReader(body))
	switch {
	case r.URL.Path == "/api/auth":
		f.auth(w, r, token, live)
	case r.URL.Path == "/api"+tokenPath, r.URL.Path == "/api"+revokePath:
		f.oauth(w, r)
	case !live:
		answer(w, http.StatusUnauthorized, `{"messages":{"error":["Not authenticated"]}}`)
	default:
		f.handle(w, r)
	}
}

func (f *fake) auth(w http.ResponseWriter, r *http.Request, token string, live bool) {
	switch r.Method {
	case http.MethodGet:
		if !live {
			answer(w, http.StatusNotFound, `{"messages":[]}`)
			return
		}
		answer(w, http.StatusOK, `{"data":{"authenticated":true}}`)
	case http.MethodDelete:
		f.expire(token)
		w.WriteHeader(http.StatusNoContent)
	case http.MethodPost:
		f.login(w, r)
	}
}

func (f *fake) login(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.logins++
	n := f.logins
	f.mu.Unlock()
	if f.onLogin != nil && f.onLogin(w, n) {
		return
	}
	var given map[string]string
	if json.NewDecoder(r.Body).Decode(&given) != nil || given["username"] != fakeUser || given["password"] != fakePassword {
		answer(w, http.StatusForbidden, `{"messages":{"error":["Wrong password `+given["password"]+`"]},"data":{"authenticated":false}}`)
		return
	}
	token := fmt.Sprintf("token-%d", n)
	f.mu.Lock()
	f.alive[token] = true
	f.mu.Unlock()
	answer(w, http.StatusOK, `{"data":{"authenticated":true,"authToken":"`+token+`",
		"user":{"id":7,"name":"Trade Post","username":"tradepost","company":{"id":77,"name":"Acme Mechanical"}}}}`)
}

// oauth gives each token a life of an hour, and a refresh token that works once.
func (f *fake) oauth(w http.ResponseWriter, r *http.Request) {
	var given map[string]string
	_ = json.NewDecoder(r.Body).Decode(&given)
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.URL.Path == "/api"+revokePath {
		delete(f.alive, f.refresh[given["refresh_token"]])
		delete(f.alive, given["token"])
		answer(w, http.StatusOK, `{}`)
		return
	}
	f.logins++
	if f.onLogin != nil && f.onLogin(w, f.logins) {
		return
	}
	_, known := f.refresh[given["refresh_token"]]
	switch {
	case given["client_id"] != fakeUser || given["client_secret"] != fakePassword:
		answer(w, http.StatusUnauthorized, `{"error":"invalid_client","error_description":"no such client as `+given["client_secret"]+`"}`)
		return
	case given["grant_type"] == "refresh_token" && !known:
		answer(w, http.StatusBadRequest, `{"error":"invalid_grant"}`)
		return
	}
	delete(f.refresh, given["refresh_token"])
	token, refresh := fmt.Sprintf("token-%d", f.logins), fmt.Sprintf("refresh-%d", f.logins)
	f.alive[token], f.refresh[refresh] = true, token
	answer(w, http.StatusOK, `{"access_token":"`+token+`","token_type":"Bearer","expires_in":3600,"refresh_token":"`+refresh+`"}`)
}

// expire kills the session of token, or all of them for "".
func (f *fake) expire(token string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if token == "" {
		clear(f.alive)
	}
	delete(f.alive, token)
}

func (f *fake) loginCount() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.logins
}

// made returns the calls with this method and path (without /api).
func (f *fake) made(method, path string) []seen {
	f.mu.Lock()
	defer f.mu.Unlock()
	var found []seen
	for _, c := range f.calls {
		if c.Method == method && strings.TrimPrefix(c.Path, apiPath) == path {
			found = append(found, c)
		}
	}
	return found
}

func answer(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func always(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { answer(w, status, body) }
}

// cut closes the connection without an answer.
func cut(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

// clock is a settable time and a record of the pauses that were asked for.
type clock struct {
	mu     sync.Mutex
	at     time.Time
	pauses []time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pause(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pauses = append(c.pauses, d)
	c.at = c.at.Add(d)
	return ctx.Err()
}

func (c *clock) move(d time.Duration) { _ = c.pause(context.Background(), d) }

// newTestClient returns a client of f whose pauses only move the clock.
func newTestClient(t *testing.T, f *fake, change ...func(*Config)) (*Client, *clock) {
	t.Helper()
	clk := &clock{at: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	cfg := Config{URL: f.URL, Username: fakeUser, Password: fakePassword, Now: clk.now}
	for _, f := range change {
		f(&cfg)
	}
	c := New(cfg)
	c.pause = clk.pause
	return c, clk
}

func logTo(w io.Writer) func(*Config) {
	return func(cfg *Config) {
		cfg.Log = slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
}

const smallInvoice = `{"data":{"id":2687264638045999,"type":"invoice","status":"pending_accounting","totalPrice":522.5}}`

const bigID int64 = 2687264638045999

func TestAFakeRoundTrip(t *testing.T) {
	f := newFake(t, always(http.StatusOK, smallInvoice))
	c, _ := newTestClient(t, f, func(cfg *Config) { cfg.UserAgent = "tradepost/1.2" })
	inv, err := c.Invoice(t.Context(), bigID)
	require.NoError(t, err)
	require.Equal(t, bigID, inv.GetId())
	require.Equal(t, "522.5", inv.GetTotalPrice())

	got := f.made(http.MethodGet, "/invoice/2687264638045999")
	require.Len(t, got, 1)
	require.Equal(t, "PHPSESSID=token-1", got[0].Header.Get("Cookie"))
	require.Equal(t, "tradepost/1.2", got[0].Header.Get("User-Agent"))
	login := f.made(http.MethodPost, authPath)
	require.Len(t, login, 1)
	require.JSONEq(t, `{"username":"`+fakeUser+`","password":"`+fakePassword+`"}`, login[0].Body)
	require.Equal(t, "application/json", login[0].Header.Get("Content-Type"))
}
