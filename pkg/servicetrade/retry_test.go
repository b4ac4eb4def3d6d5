package servicetrade

import (
	"context"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// failing answers with bad for the first n calls, then with the invoice.
func failing(n int32, bad http.HandlerFunc) (http.HandlerFunc, *atomic.Int32) {
	var calls atomic.Int32
	return func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1) <= n {
			bad(w, r)
			return
		}
		answer(w, http.StatusOK, smallInvoice)
	}, &calls
}

func shortBody(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	w.WriteHeader(http.StatusOK)
	_, _ = io.WriteString(w, `{"data":`)
}

func TestReadsAreRepeated(t *testing.T) {
	for name, bad := range map[string]http.HandlerFunc{
		"500": always(500, `oops`), "502": always(502, ``), "503": always(503, `{}`),
		"429": always(429, `{}`), "cut": cut, "short body": shortBody,
	} {
		t.Run(name, func(t *testing.T) {
			handle, calls := failing(maxTries-1, bad)
			f := newFake(t, handle)
			c, clk := newTestClient(t, f)
			_, err := c.Invoice(t.Context(), bigID)
			require.NoError(t, err)
			require.EqualValues(t, maxTries, calls.Load())
			if name != "cut" { // of which net/http repeats one by itself
				require.Len(t, clk.pauses, maxTries-1)
			}
			for i, p := range clk.pauses {
				full := defaultRetryDelay << i
				require.GreaterOrEqual(t, p, full/2)
				require.LessOrEqual(t, p, full)
			}
		})
	}
}

func TestReadsEndAfterFourTries(t *testing.T) {
	f := newFake(t, always(http.StatusServiceUnavailable, `{"messages":["down"]}`))
	c, _ := newTestClient(t, f)
	_, err := c.Invoice(t.Context(), bigID)
	var e *Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, http.StatusServiceUnavailable, e.Status)
	require.Equal(t, []string{"down"}, e.Messages)
	require.Len(t, f.made(http.MethodGet, "/invoice/2687264638045999"), maxTries)
	require.False(t, WriteUncertain(err))
}

func TestRetryAfterIsHonoured(t *testing.T) {
	throttle := func(after string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", after)
			answer(w, http.StatusTooManyRequests, `{}`)
		}
	}
	handle, _ := failing(1, throttle("17"))
	f := newFake(t, handle)
	c, clk := newTestClient(t, f)
	_, err := c.Invoice(t.Context(), bigID)
	require.NoError(t, err)
	require.Equal(t, []time.Duration{17 * time.Second}, clk.pauses)

	f.handle = throttle("600")
	_, err = c.Invoice(t.Context(), bigID)
	require.True(t, IsThrottled(err))
	var e *Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, 10*time.Minute, e.RetryAfter, "too long to wait here: the caller's")
	require.Len(t, clk.pauses, 1)
}

func TestRefusalsAreNotRepeated(t *testing.T) {
	for status, is := range map[int]func(error) bool{
		400: IsInvalid, 403: IsForbidden, 409: IsInvalid, 422: IsInvalid,
	} {
		f := newFake(t, always(status, `{"messages":{"validation":{"status":"no such status"}}}`))
		c, _ := newTestClient(t, f)
		_, err := c.SetStatus(t.Context(), bigID, StatusChange{Status: "x"})
		require.True(t, is(err), "%d: %v", status, err)
		require.ErrorContains(t, err, "status: no such status")
		require.False(t, WriteUncertain(err))
		_, err = c.Invoice(t.Context(), bigID)
		require.True(t, is(err))
		require.Len(t, f.made(http.MethodGet, "/invoice/2687264638045999"), 1)
	}
}

func TestTooLargeAnswer(t *testing.T) {
	before := maxAnswer
	maxAnswer = 1000
	t.Cleanup(func() { maxAnswer = before })
	f := newFake(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(make([]byte, 1001))
	})
	c, _ := newTestClient(t, f)
	_, err := c.Invoice(t.Context(), bigID)
	require.ErrorIs(t, err, ErrTooLarge)
	require.Len(t, f.made(http.MethodGet, "/invoice/2687264638045999"), 1)
}

func TestAtMostMaxParallelCalls(t *testing.T) {
	var now, most atomic.Int32
	entered := make(chan struct{}, 20)
	release := make(chan struct{})
	f := newFake(t, func(w http.ResponseWriter, _ *http.Request) {
		most.Store(max(most.Load(), now.Add(1)))
		entered <- struct{}{}
		<-release
		now.Add(-1)
		answer(w, http.StatusOK, smallInvoice)
	})
	c, _ := newTestClient(t, f, func(cfg *Config) { cfg.MaxParallel = 3 })
	done := make(chan struct{})
	go func() { defer close(done); readTogether(t, c, 12) }()
	for range 3 {
		<-entered
	}
	close(release)
	<-done
	require.EqualValues(t, 3, most.Load())
}

func TestWaitingDoesNotOutlastTheDeadline(t *testing.T) {
	f := newFake(t, always(http.StatusServiceUnavailable, ``))
	c, clk := newTestClient(t, f, func(cfg *Config) { cfg.RetryDelay = time.Hour })
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	_, err := c.Invoice(ctx, bigID)
	require.Error(t, err)
	require.Empty(t, clk.pauses)
}

func TestPauseEndsWithTheContext(t *testing.T) {
	require.NoError(t, pause(t.Context(), time.Nanosecond))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, pause(ctx, time.Hour), context.Canceled)
}

func TestRetryAfterHeader(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"":                              0,
		"5":                             5 * time.Second,
		" 5 ":                           5 * time.Second,
		"-5":                            0,
		"soon":                          0,
		"9999999999999":                 maxRetryAfter,
		"Sun, 01 Mar 2026 12:01:00 GMT": time.Minute,
		"Sun, 01 Mar 2026 11:00:00 GMT": 0,
	} {
		require.Equal(t, want, retryAfter(header, now), header)
	}
}

func TestBackoffIsBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := time.Duration(rapid.Int64Range(1, int64(time.Hour)).Draw(t, "first"))
		n := rapid.IntRange(1, 100).Draw(t, "n")
		got := backoff(first, n)
		require.GreaterOrEqual(t, got, time.Duration(0))
		require.LessOrEqual(t, got, maxPause)
	})
}
