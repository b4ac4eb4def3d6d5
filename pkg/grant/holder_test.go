package grant

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/pause"
)

func faultOf(t testing.TB, err error) *Error {
	t.Helper()
	fault, is := errors.AsType[*Error](err)
	require.True(t, is, "%v", err)
	return fault
}

// waitOf is the answer that a connector gives for an error.
func waitOf(t testing.TB, err error) connector.Wait {
	t.Helper()
	a, ok := connector.AnswerOf(err)
	require.True(t, ok)
	w, ok := a.(connector.Wait)
	require.True(t, ok)
	require.Equal(t, tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION, w.Scope)
	return w
}

func TestManyProcessesRenewOnce(t *testing.T) {
	w := newWorld(t, always)
	w.signIn()
	w.clock.pass(2 * time.Hour)
	calls := w.vendor.called()
	tokens := make(chan string, 40)
	var group sync.WaitGroup
	for range 8 {
		h := w.process(nil)
		h.keeper.sleep = sleep // the claim of one that works is waited for
		for range 5 {
			group.Go(func() {
				token, err := h.Token(t.Context())
				if err != nil {
					token = err.Error()
				}
				tokens <- token
			})
		}
	}
	group.Wait()
	close(tokens)
	first := <-tokens
	require.True(t, w.vendor.accepts(first), first)
	for token := range tokens {
		require.Equal(t, first, token)
	}
	require.Equal(t, calls+1, w.vendor.called())
	h := w.process(nil)
	company, err := h.Company(t.Context())
	require.NoError(t, err)
	require.Equal(t, "9130", company)
	require.Equal(t, calls+1, w.vendor.called(), "what works is not renewed")
}

func TestNobodySignedInYet(t *testing.T) {
	w := newWorld(t, daily)
	_, err := w.process(nil).Token(t.Context())
	require.Equal(t, ReasonNever, faultOf(t, err).Reason)
	require.Equal(t, connector.ReasonSignedOut, waitOf(t, err).Reason)
	require.ErrorContains(t, err, "tradepost connect quickbooks acme-qbo")
	require.Zero(t, w.vendor.called())
}

func (w *world) withPauses(h *Holder) *pause.Store {
	w.t.Helper()
	store, err := pause.Open(w.t.Context(), w.js)
	require.NoError(w.t, err)
	h.keeper.pauses = store
	return store
}

// A person disconnects Tradepost at the vendor: the connection is paused and says why,
// the vendor is not knocked at again and again, and a new sign-in lets it go on.
func TestSignedOutAndInAgain(t *testing.T) {
	w := newWorld(t, daily)
	w.signIn()
	h := w.process(nil)
	pauses := w.withPauses(h)
	w.vendor.change(func() { w.vendor.revoked = true })
	token := h.seen.Access.Token
	w.clock.pass(2 * time.Hour)
	_, err := h.Token(t.Context())
	require.Equal(t, ReasonRefused, faultOf(t, err).Reason)
	require.Equal(t, connector.ReasonSignedOut, waitOf(t, err).Reason)
	require.ErrorContains(t, err, "invalid_grant")
	require.ErrorContains(t, err, "request tid-")
	require.ErrorContains(t, err, "tradepost connect quickbooks acme-qbo")
	require.NotContains(t, err.Error(), "refresh-", "the vendor repeats tokens in its texts")

	p, err := pauses.Get(t.Context(), conn)
	require.NoError(t, err)
	require.Equal(t, pause.Deliver, p.GetBy())
	require.Equal(t, connector.ReasonSignedOut, p.GetReason())
	require.True(t, p.GetProbed())
	require.Contains(t, p.GetMessage(), "somebody disconnected Tradepost there")
	require.Contains(t, h.keeper.Notice().Error(), "tradepost connect quickbooks acme-qbo")

	calls := w.vendor.called()
	for range 10 {
		_, err = h.Token(t.Context())
		require.Equal(t, ReasonRefused, faultOf(t, err).Reason)
	}
	require.Equal(t, calls, w.vendor.called(), "within the pause nobody asks")
	kept, err := h.keeper.vault.load(t.Context(), conn)
	require.NoError(t, err)
	require.NotEmpty(t, kept.Refresh, "nothing is thrown away")

	other := w.process(nil) // a command, in another process
	other.keeper.pauses = pauses
	require.NoError(t, other.keeper.signIn(t.Context(), other, w.vendor.code(), "9130", false))
	p, err = pauses.Get(t.Context(), conn)
	require.NoError(t, err)
	require.Nil(t, p)
	again, err := h.Token(t.Context())
	require.NoError(t, err)
	require.NotEqual(t, token, again)
	require.True(t, w.vendor.accepts(again))
	require.NoError(t, h.keeper.Notice())
}

// The vendor was wrong for a while: nobody has to do anything.
func TestARefusalThatIsTakenBack(t *testing.T) {
	w := newWorld(t, daily)
	w.signIn()
	h := w.process(nil)
	w.vendor.change(func() { w.vendor.revoked = true })
	w.clock.pass(2 * time.Hour)
	_, err := h.Token(t.Context())
	require.True(t, faultOf(t, err).SignedOut())
	w.vendor.change(func() { w.vendor.revoked = false })
	w.clock.pass(2 * firstOutPause)
	_, err = h.Token(t.Context())
	require.NoError(t, err)
}

func TestASignInThatEndedSaysSo(t *testing.T) {
	w := newWorld(t, daily)
	w.signIn()
	w.clock.pass((hardYears*365 + 1) * day)
	h := w.process(nil)
	_, err := h.Token(t.Context())
	require.Equal(t, ReasonEnded, faultOf(t, err).Reason)

	w.signIn()
	w.clock.pass((idleDays - 20) * day)
	h = w.process(nil)
	require.NoError(t, w.works())
	kept, err := h.keeper.vault.load(t.Context(), conn)
	require.NoError(t, err)
	require.WithinDuration(t, w.clock.now().Add(idleDays*day), kept.RefreshEnds(), time.Minute, "each renewal begins the countdown anew")
	require.WithinDuration(t, w.clock.now().Add((hardYears*365-idleDays+20)*day), kept.Ends, time.Minute)
	_, soon := kept.endsBefore(w.clock.now().Add(endsSoon))
	require.False(t, soon)
	_, soon = kept.endsBefore(w.clock.now().Add((idleDays + 1) * day))
	require.True(t, soon)
}
