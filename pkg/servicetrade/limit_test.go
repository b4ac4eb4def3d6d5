package servicetrade

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// limits is a Limiter that counts, and refuses with held.
type limits struct {
	taken, done int
	asked       []time.Duration
	held        *HeldError
}

func (l *limits) Take(context.Context) (func(), error) {
	if l.held != nil {
		return nil, l.held
	}
	l.taken++
	return func() { l.done++ }, nil
}

func (l *limits) Hold(_ context.Context, d time.Duration) { l.asked = append(l.asked, d) }

func TestEveryCallIsTakenAndGivenBack(t *testing.T) {
	f := newFake(t, always(http.StatusOK, smallInvoice))
	l := &limits{}
	c, _ := newTestClient(t, f, func(cfg *Config) { cfg.Limiter = l })
	readTogether(t, c, 1)
	_, err := c.SetStatus(t.Context(), bigID, StatusChange{Status: StatusProcessed})
	require.NoError(t, err)
	f.handle = cut
	_, err = c.SetStatus(t.Context(), bigID, StatusChange{Status: StatusProcessed})
	require.True(t, WriteUncertain(err))
	require.Equal(t, 4, l.taken, "with the login")
	require.Equal(t, l.taken, l.done)
	require.Empty(t, l.asked)
}

func TestRetryAfterHoldsEverybody(t *testing.T) {
	tries := 0
	f := newFake(t, func(w http.ResponseWriter, _ *http.Request) {
		if tries++; tries == 1 {
			w.Header().Set("Retry-After", "7")
			answer(w, http.StatusTooManyRequests, `{}`)
			return
		}
		answer(w, http.StatusOK, smallInvoice)
	})
	l := &limits{}
	c, _ := newTestClient(t, f, func(cfg *Config) { cfg.Limiter = l })
	readTogether(t, c, 1)
	require.Equal(t, []time.Duration{7 * time.Second}, l.asked)
	f.handle = always(http.StatusTooManyRequests, `{}`)
	_, err := c.Invoice(t.Context(), bigID)
	require.True(t, IsThrottled(err))
	require.Len(t, l.asked, 1, "without a time nobody else has to wait")
}

func TestAHeldAccountIsThrottledWithoutACall(t *testing.T) {
	f := newFake(t, always(http.StatusOK, smallInvoice))
	l := &limits{}
	c, clk := newTestClient(t, f, func(cfg *Config) { cfg.Limiter = l })
	readTogether(t, c, 1)
	before := len(f.calls)
	l.held = &HeldError{For: time.Minute}
	_, err := c.SetStatus(t.Context(), bigID, StatusChange{Status: StatusProcessed})
	require.True(t, IsThrottled(err))
	require.False(t, WriteUncertain(err))
	require.ErrorAs(t, err, new(*HeldError))
	_, err = c.Invoice(t.Context(), bigID)
	require.Equal(t, "servicetrade_throttled", WaitReason(err))
	require.Len(t, f.calls, before)
	require.Empty(t, clk.pauses, "the caller gives its place away")
}

func TestAHeldAccountIsNoFailedSignIn(t *testing.T) {
	f := newFake(t, always(http.StatusOK, smallInvoice))
	l := &limits{held: &HeldError{For: time.Minute}}
	c, _ := newTestClient(t, f, func(cfg *Config) { cfg.Limiter = l })
	_, err := c.Login(t.Context())
	require.True(t, IsThrottled(err))
	require.Nil(t, c.Trouble())
	l.held = nil
	readTogether(t, c, 1)
}
