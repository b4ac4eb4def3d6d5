package servicetrade

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
)

func TestWritesAreNeverRepeatedAndTheirDoubtIsSaid(t *testing.T) {
	redirect := func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/api/invoice/2687264638045999", http.StatusFound)
	}
	for name, tc := range map[string]struct {
		handle    http.HandlerFunc
		uncertain bool
	}{
		"cut":               {cut, true},
		"short body":        {shortBody, true},
		"500":               {always(500, `{}`), true},
		"504":               {always(504, ``), true},
		"answer is no JSON": {always(200, `<html>ok</html>`), true},
		"answer is empty":   {always(204, ``), true},
		"other invoice":     {always(200, `{"data":{"id":5}}`), true},
		"throttled":         {always(429, `{}`), false},
		"refused":           {always(409, `{}`), false},
		"redirect":          {redirect, false},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, tc.handle)
			c, clk := newTestClient(t, f)
			_, err := c.SetStatus(t.Context(), bigID, StatusChange{Status: StatusProcessed})
			require.Error(t, err)
			require.Equal(t, tc.uncertain, WriteUncertain(err), "%v", err)
			require.Len(t, f.made(http.MethodPut, "/invoice/2687264638045999"), 1)
			require.Empty(t, f.made(http.MethodGet, "/invoice/2687264638045999"))
			require.Empty(t, clk.pauses)
		})
	}
}

func TestTimeoutOfAWriteIsUncertain(t *testing.T) {
	release := make(chan struct{})
	arrived := make(chan struct{})
	f := newFake(t, func(http.ResponseWriter, *http.Request) { close(arrived); <-release })
	defer close(release)
	c, _ := newTestClient(t, f)
	_, err := c.Login(t.Context())
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-arrived; cancel() }()
	_, err = c.AddPrivateComment(ctx, 14, bigID, "text")
	require.True(t, WriteUncertain(err))
	require.ErrorIs(t, err, context.Canceled)
}

func TestWriteThatNeverLeftIsCertain(t *testing.T) {
	f := newFake(t, always(http.StatusOK, smallInvoice))
	c, _ := newTestClient(t, f)
	_, err := c.Login(t.Context())
	require.NoError(t, err)
	c.base, err = parseBase("http://127.0.0.1:1") // nobody listens there
	require.NoError(t, err)
	_, err = c.SetStatus(t.Context(), bigID, StatusChange{Status: StatusProcessed})
	require.Error(t, err)
	require.False(t, WriteUncertain(err))
}

// silent is a transport that reports nothing about its connections.
type silent struct{}

func (silent) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("lost") }

func TestUnknownTransportLeavesTheDoubt(t *testing.T) {
	c := New(Config{URL: "https://st.example", HTTPClient: &http.Client{Transport: silent{}}})
	c.keeper.see(SignIn{Access: Access{Token: "abc"}})
	_, err := c.SetStatus(t.Context(), bigID, StatusChange{Status: StatusProcessed})
	require.True(t, WriteUncertain(err))
}

func TestFenceStopsWritesOnly(t *testing.T) {
	f := newFake(t, always(http.StatusOK, smallInvoice))
	c, _ := newTestClient(t, f)
	ctx := connector.WithFence(t.Context(), func() error { return connector.ErrFenced })
	_, err := c.Invoice(ctx, bigID)
	require.NoError(t, err)
	_, err = c.SetStatus(ctx, bigID, StatusChange{Status: StatusProcessed})
	require.ErrorIs(t, err, connector.ErrFenced)
	require.False(t, WriteUncertain(err))
	require.Empty(t, f.made(http.MethodPut, "/invoice/2687264638045999"))
}
