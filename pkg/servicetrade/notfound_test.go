package servicetrade

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNotFoundNeedsALiveSession(t *testing.T) {
	f := newFake(t, always(http.StatusNotFound, `{"messages":{"error":["No such invoice"]}}`))
	c, _ := newTestClient(t, f)
	_, err := c.Invoice(t.Context(), bigID)
	require.True(t, IsNotFound(err))
	require.False(t, IsInvalid(err))
	require.Len(t, f.made(http.MethodGet, authPath), 1)
	_, err = c.SetStatus(t.Context(), bigID, StatusChange{Status: StatusProcessed})
	require.True(t, IsNotFound(err))
	require.False(t, WriteUncertain(err))
}

// deadAs404 answers 404 to calls with a dead session, as ServiceTrade was seen to.
func deadAs404(t *testing.T, f *fake) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cookie, err := r.Cookie(sessionCookie)
		f.mu.Lock()
		dead := err != nil || !f.alive[cookie.Value]
		f.mu.Unlock()
		if dead && r.URL.Path != "/api/auth" {
			answer(w, http.StatusNotFound, `{}`)
			return
		}
		f.serve(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func TestNotFoundOfADeadSessionIsRepeated(t *testing.T) {
	f := newFake(t, always(http.StatusOK, smallInvoice))
	s := deadAs404(t, f)
	c, _ := newTestClient(t, f, func(cfg *Config) { cfg.URL = s.URL })
	_, err := c.Login(t.Context())
	require.NoError(t, err)
	f.expire("")
	_, err = c.Invoice(t.Context(), bigID)
	require.NoError(t, err)
	require.Equal(t, 2, f.loginCount())
}

func TestNotFoundIsNotBelievedWhileTheSessionCannotBeAsked(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/api/auth" && r.Method == http.MethodPost:
			answer(w, http.StatusOK, `{"data":{"authToken":"abc"}}`)
		case r.URL.Path == "/api/auth":
			answer(w, http.StatusBadGateway, ``)
		default:
			answer(w, http.StatusNotFound, `{}`)
		}
	}))
	t.Cleanup(s.Close)
	c := New(Config{URL: s.URL})
	c.pause = (&clock{}).pause
	_, err := c.Invoice(t.Context(), bigID)
	require.Error(t, err)
	require.False(t, IsNotFound(err))
	require.False(t, IsSignedOut(err))
}
