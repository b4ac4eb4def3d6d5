package posting_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/record"
)

// brake writes down how the connection was stopped.
type brake struct {
	fails  error
	reason string
	until  time.Time
	stops  int
	works  int
}

func (b *brake) Stop(_ context.Context, reason string, until time.Time) error {
	b.reason, b.until, b.stops = reason, until, b.stops+1
	return b.fails
}
func (b *brake) Works(context.Context) { b.works++ }
func (b *brake) InForce() bool         { return b.stops > 0 }

func ofConnection(reason string, lasts time.Duration) error {
	return connector.Stop(connector.Wait{Scope: tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION, For: lasts, Reason: reason})
}

// Trouble of the connection as a whole stops it; its invoice is given back and comes
// again as soon as the connection goes on, not when a scheduled message fires.
func TestTroubleOfTheConnectionPausesIt(t *testing.T) {
	for name, c := range map[string]struct {
		lasts time.Duration
		fails error
		comes time.Duration
	}{
		"a time was asked for":     {6 * time.Hour, nil, 3 * time.Second},
		"nobody knows how long":    {0, nil, 3 * time.Second},
		"the pause is not written": {20 * time.Minute, errors.New("nats is away"), 25 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, func(t *testing.T, w *workbench) {
				w.books.onFind = func() error { return ofConnection("throttled", c.lasts) }
				b := &brake{fails: c.fails}
				p := w.poster("a")
				p.Pauses = b
				m := w.open()
				began := time.Now()
				d, waits := bus.RetryDelay(p.Handle(t.Context(), m))
				require.True(t, waits)
				require.LessOrEqual(t, d, c.comes)
				require.Equal(t, 1, b.stops)
				require.Equal(t, "throttled", b.reason)
				require.Zero(t, b.works)
				if c.lasts > 0 {
					require.GreaterOrEqual(t, b.until.Sub(began), c.lasts, "never sooner than it asked for")
					require.LessOrEqual(t, b.until.Sub(began), c.lasts+time.Minute)
				} else {
					require.Zero(t, b.until)
				}
				if c.fails != nil {
					require.GreaterOrEqual(t, d, c.lasts)
				}
				require.Equal(t, record.Opened, w.record().GetState())
				require.Equal(t, tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION, w.record().GetWaiting().GetScope())
				w.books.onFind = nil
				w.deliver(p, m)
				require.Equal(t, 1, b.works)
				require.Equal(t, 1, w.books.count())
			})
		})
	}
}

// Where only this replica cannot, the connection is not paused: the invoice is given
// back at once, for another replica.
func TestAReplicaWithoutTheKeyGivesTheInvoiceBack(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.books.onFind = func() error { return ofConnection(connector.ReasonKeyMissing, 0) }
		b := &brake{}
		p := w.poster("a")
		p.Pauses = b
		m := w.open()
		d, waits := bus.RetryDelay(p.Handle(t.Context(), m))
		require.True(t, waits)
		require.LessOrEqual(t, d, 3*time.Second)
		require.Zero(t, b.stops)
		require.Equal(t, record.Opened, w.record().GetState())
		w.books.onFind = nil
		w.deliver(w.poster("b"), m)
		require.Equal(t, 1, w.books.count())
	})
}

// Trouble of one invoice stops nobody else, however long it lasts. It is tried ever
// more slowly, never fails for it, and remembers since when.
func TestTroubleOfOneInvoiceIsItsOwn(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.books.onFind = func() error { return errors.New("connection refused") }
		b := &brake{}
		p := w.poster("a")
		p.Pauses = b
		m := w.open()
		began, tries := time.Now(), 0
		for time.Since(began) < 6*time.Hour {
			m = w.waitOut(p, m)
			tries++
		}
		require.Zero(t, b.stops)
		require.Less(t, tries, 50)
		require.Greater(t, tries, 20)
		require.WithinDuration(t, began, w.record().GetWaiting().GetSince().AsTime(), time.Second)
		require.Greater(t, record.Waited(w.record(), time.Now()), 6*time.Hour)
		w.books.onFind = nil
		w.deliver(p, m)
		require.NotNil(t, w.outcome().GetOutcome().GetPosted())
	})
}

// Where nobody could look, the doubt outlives the pause.
func TestADoubtOutlivesThePause(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		m := w.open()
		w.books.after = kill
		w.killed(m)
		w.books.after = nil
		time.Sleep(time.Minute) // fake time
		w.books.onFind = func() error { return ofConnection("signed_out", 0) }
		p := w.poster("heir")
		p.Pauses = &brake{}
		_, waits := bus.RetryDelay(p.Handle(t.Context(), m))
		require.True(t, waits)
		require.NotNil(t, w.record().GetUnresolved())
		w.books.onFind = nil
		w.deliver(p, m)
		require.Equal(t, 1, w.books.count())
	})
}
