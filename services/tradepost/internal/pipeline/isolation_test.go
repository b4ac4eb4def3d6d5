package pipeline

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/pause"
	"github.com/tradepost/tradepost/pkg/record"
)

// The promise: one connection whose accounting system hangs raises another's median
// time to settle by no more than 10 % or 250 ms.
const (
	mostSlower = 1.10
	mostLater  = 250 * time.Millisecond

	// isolated is how many invoices are sent on each connection, isolatedEvery how often.
	isolated      = 40
	isolatedEvery = 150 * time.Millisecond
	bookTime      = 20 * time.Millisecond
	// rounds is how often it is measured before it counts as not kept: other work on
	// the machine moves a median by more than the promise allows. A connection that
	// really holds up another does so by seconds, in every round.
	rounds = 3
)

// sendAll presses Send on one invoice of each account after the other, at a steady pace.
func (w *twins) sendAll() {
	pace := time.NewTicker(isolatedEvery)
	defer pace.Stop()
	quick, slow := w.sites["quick"].API.Invoices(), w.sites["slow"].API.Invoices()
	for i := range quick {
		<-pace.C
		require.NoError(w.t, w.sites["quick"].API.Send("", quick[i].ID))
		require.NoError(w.t, w.sites["slow"].API.Send("", slow[i].ID))
	}
}

// timesToSettle waits until all invoices of the quick connection are closed, and
// returns how long each took, the shortest first.
func (w *twins) timesToSettle() []time.Duration {
	took := map[int64]time.Duration{}
	bustest.EventuallyWithin(w.t, 2*time.Minute, func() error {
		for _, inv := range w.sites["quick"].API.Invoices() {
			if took[inv.ID] > 0 {
				continue
			}
			e, err := w.store.Get(w.t.Context(), record.Key{Account: "quick", InvoiceID: inv.ID})
			if err != nil {
				return err
			}
			if e.State() != record.Closed {
				return fmt.Errorf("invoice %d is %s", inv.ID, record.StateName(e.State()))
			}
			took[inv.ID] = e.Record.GetClosedAt().AsTime().Sub(e.Record.GetOpenedAt().AsTime())
		}
		return nil
	})
	return slices.Sorted(maps.Values(took))
}

func median(sorted []time.Duration) time.Duration { return sorted[len(sorted)/2] }

// One connection's accounting system hangs, or is signed out, for as long as the test
// lasts; the other connection, in the same processes, hardly feels it.
func TestAConnectionInTroubleDelaysNoOther(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	measure := func(slow mood) time.Duration {
		w, stop := startTwins(t, slow)
		defer stop()
		w.sendAll()
		took := w.timesToSettle()
		t.Logf("the other connection %s: median %s, 90 %% within %s, longest %s", slow,
			median(took), took[len(took)*9/10], took[len(took)-1])
		w.requireMood(slow)
		return median(took)
	}
	fine := measure(moodFine)
	for _, slow := range []mood{moodHangs, moodSignedOut} {
		var told []string
		for round := range rounds {
			if round > 0 {
				fine = measure(moodFine)
			}
			troubled := measure(slow)
			if troubled <= max(time.Duration(float64(fine)*mostSlower), fine+mostLater) {
				told = nil
				break
			}
			told = append(told, fmt.Sprintf("%s while fine, %s while it %s", fine, troubled, slow))
		}
		require.Empty(t, told)
	}
}

// requireMood makes sure that the slow connection really was what it should be.
func (w *twins) requireMood(slow mood) {
	counts := w.sites["slow"].API.Counts()
	p, err := w.pauses.Get(w.t.Context(), "slow-books")
	require.NoError(w.t, err)
	if slow == moodFine {
		require.Nil(w.t, p)
		return
	}
	posted := counts["processed"]
	require.Zero(w.t, posted, "nothing of it is posted")
	require.NotZero(w.t, counts["pending_accounting"])
	require.Equal(w.t, slow == moodSignedOut, pause.InForce(p, time.Now()), "%v", p)
}

// A signed-out connection is paused as a whole: its invoices do not knock one by one.
// When somebody has signed it in, it goes on by itself, and all of them are posted.
func TestASignedOutConnectionGoesOnByItself(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for a probe")
	}
	w, _ := startTwins(t, moodSignedOut)
	ids, err := w.sites["slow"].API.SendAll("")
	require.NoError(t, err)
	paused := func() bool {
		p, err := w.pauses.Get(t.Context(), "slow-books")
		require.NoError(t, err)
		return pause.InForce(p, time.Now())
	}
	bustest.EventuallyWithin(t, time.Minute, func() error {
		if counts := w.states("slow"); !paused() || counts["open"] < len(ids) {
			return fmt.Errorf("paused %v, %v", paused(), counts)
		}
		return nil
	})
	require.LessOrEqual(t, w.slow.calls.Load(), int64(2*w.slow.Describe().MaxInFlight), "only what was under way has knocked")
	w.slow.mood.Store(moodFine)
	bustest.EventuallyWithin(t, 2*time.Minute, func() error {
		if n := w.sites["slow"].API.Counts()["pending_accounting"]; n > 0 {
			return fmt.Errorf("%d of %d are still pending", n, len(ids))
		}
		return nil
	})
	require.False(t, paused())
	require.Equal(t, map[string]int{}, unposted(w.states("slow")))
}

// states counts the records of an account by state.
func (w *twins) states(account string) map[string]int {
	counts := map[string]int{}
	require.NoError(w.t, w.store.Each(w.t.Context(), func(e record.Entry) error {
		if e.Key.Account == account {
			counts[record.StateName(e.State())]++
		}
		return nil
	}))
	return counts
}

// unposted leaves out what came to its end, or is about to.
func unposted(counts map[string]int) map[string]int {
	for _, done := range []string{"closed", "settling", "outcome"} {
		delete(counts, done)
	}
	return counts
}
