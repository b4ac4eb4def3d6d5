package grant

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
)

func TestTheVendorIsAway(t *testing.T) {
	w := newWorld(t, daily)
	w.signIn()
	h := w.process(nil)
	w.vendor.change(func() { w.vendor.trick = func() trick { return busy } })
	w.clock.pass(57 * time.Minute)
	calls := w.vendor.called()
	for range 5 {
		token, err := h.Token(t.Context())
		require.NoError(t, err, "the token of before still works")
		require.True(t, w.vendor.accepts(token))
	}
	require.Equal(t, calls+1, w.vendor.called())
	w.clock.pass(30 * time.Minute)
	_, err := h.Token(t.Context())
	require.Equal(t, ReasonAway, faultOf(t, err).Reason)
	require.Equal(t, connector.ReasonUnreachable, waitOf(t, err).Reason)
	require.ErrorContains(t, err, "HTTP 503")
	w.vendor.change(func() { w.vendor.trick = func() trick { return plain } })
	require.NoError(t, w.works())
}

func TestTheAppIsRefused(t *testing.T) {
	w := newWorld(t, daily)
	w.signIn()
	w.vendor.change(func() { w.vendor.badApp = true })
	w.clock.pass(2 * time.Hour)
	h := w.process(nil)
	_, err := h.Token(t.Context())
	require.Equal(t, ReasonApp, faultOf(t, err).Reason)
	require.ErrorContains(t, err, "client_id")
	calls := w.vendor.called()
	mended := w.vendor.app()
	mended.ClientSecret = "another"
	_, err = h.keeper.Tokens(conn, mended).Token(t.Context())
	require.Equal(t, ReasonApp, faultOf(t, err).Reason)
	require.Equal(t, calls+1, w.vendor.called(), "a mended secret is tried at once")
	w.vendor.change(func() { w.vendor.badApp = false })
	_, err = h.Token(t.Context())
	require.NoError(t, err, "the first secret is another one than that which failed last")
}

// The accounting system does not accept a token that is not old yet.
func TestARefusedTokenIsReplaced(t *testing.T) {
	w := newWorld(t, daily)
	w.signIn()
	h := w.process(nil)
	first, err := h.Token(t.Context())
	require.NoError(t, err)
	w.clock.pass(10 * time.Minute)
	h.Refused(t.Context(), "some other token")
	same, err := h.Token(t.Context())
	require.NoError(t, err)
	require.Equal(t, first, same)
	h.Refused(t.Context(), first)
	second, err := h.Token(t.Context())
	require.NoError(t, err)
	require.NotEqual(t, first, second)
	h.Refused(t.Context(), second)
	_, err = h.Token(t.Context())
	require.Equal(t, ReasonToken, faultOf(t, err).Reason, "new ones that are refused at once are not fetched without end")
	require.Equal(t, connector.ReasonSignedOut, waitOf(t, err).Reason)
	w.clock.pass(time.Minute)
	_, err = h.Token(t.Context())
	require.NoError(t, err)
}

// NATS goes away between the vendor's answer and the write: the new tokens are kept in
// memory, nobody uses them, and they are stored once NATS is back.
func TestAPairThatCannotBeStoredIsStoredLater(t *testing.T) {
	w := newWorld(t, strict)
	w.signIn()
	h := w.process(nil)
	w.clock.pass(2 * time.Hour)
	writes := 0
	fail := func() (bool, bool) { writes++; return writes == 2, false }
	h.keeper.vault.(*timed).fail = func() (bool, bool) { return fail() }
	_, err := h.Token(t.Context())
	require.Equal(t, ReasonStore, faultOf(t, err).Reason)
	require.Equal(t, connector.ReasonUnreachable, waitOf(t, err).Reason)
	calls := w.vendor.called()
	fail = func() (bool, bool) { return false, false }
	token, err := h.Token(t.Context())
	require.NoError(t, err)
	require.True(t, w.vendor.accepts(token))
	require.Equal(t, calls, w.vendor.called(), "it is stored, not renewed once more")
	require.NoError(t, w.works())
}

// A caller that gives up does not break a renewal off: the answer would be lost.
func TestACallerThatGivesUpBreaksNothingOff(t *testing.T) {
	w := newWorld(t, strict)
	w.signIn()
	w.clock.pass(2 * time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	h := w.process(func(point string) {
		if point == "answer" {
			cancel()
		}
	})
	_, err := h.Token(ctx)
	if err != nil { // else it was ready at the same moment
		require.ErrorIs(t, ctx.Err(), context.Canceled)
	}
	h.keeper.renewals.Wait()
	kept, err := h.keeper.vault.load(t.Context(), conn)
	require.NoError(t, err)
	require.Nil(t, kept.Claim)
	require.True(t, w.vendor.accepts(kept.Access.Token))
}

// A person signs in while another process renews the old sign-in: the new one stays.
func TestASignInWinsOverARenewal(t *testing.T) {
	w := newWorld(t, daily)
	w.signIn()
	w.clock.pass(2 * time.Hour)
	once := sync.Once{}
	h := w.process(func(point string) {
		if point == "answer" {
			once.Do(w.signIn)
		}
	})
	token, err := h.Token(t.Context())
	require.NoError(t, err)
	require.True(t, w.vendor.accepts(token))
	kept, err := h.keeper.vault.load(t.Context(), conn)
	require.NoError(t, err)
	require.EqualValues(t, 1, kept.Pairs)
	require.NoError(t, w.works())
}

func TestUpkeepRenewsWhatNobodyAsksFor(t *testing.T) {
	w := newWorld(t, daily)
	w.signIn()
	h := w.process(nil)
	h.upkeep(t.Context())
	calls := w.vendor.called()
	w.clock.pass(idleFor + time.Minute)
	h.upkeep(t.Context())
	require.Equal(t, calls+1, w.vendor.called())
	h.upkeep(t.Context())
	require.Equal(t, calls+1, w.vendor.called())

	// Another process died after its claim: what it may have been given is not waited for.
	dead := w.process(nil)
	kept, err := dead.keeper.vault.load(t.Context(), conn)
	require.NoError(t, err)
	kept.Claim = &Claim{Owner: "dead", Lasts: usualClaim}
	_, err = dead.keeper.vault.swap(t.Context(), conn, kept, kept.Entry)
	require.NoError(t, err)
	h.upkeep(t.Context())
	require.Equal(t, calls+1, w.vendor.called(), "it may be alive")
	w.clock.pass(usualClaim + claimMargin)
	h.upkeep(t.Context())
	require.Equal(t, calls+2, w.vendor.called())
}
