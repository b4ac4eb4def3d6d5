package posting_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/record"
)

func closedFor(d time.Duration) error {
	return connector.Stop(connector.Wait{Scope: tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION, For: d, Reason: "closed"})
}

// Somebody publishes the message of a parked send again. It is finished at once and
// holds no slot; the send goes on when its time has come.
func TestAMessageOfAParkedSendHoldsNoSlot(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.books.onFind = func() error { return closedFor(6 * time.Hour) }
		m := w.open()
		w.deliver(w.poster("a"), m)
		require.Equal(t, record.Parked, w.record().GetState())
		w.books.onFind = nil
		start := time.Now()
		replayed := w.replay(w.ready(m))
		w.deliver(w.poster("a"), replayed)
		require.Less(t, time.Since(start), time.Minute)
		require.Equal(t, record.Parked, w.record().GetState())
		require.Zero(t, w.books.finds)

		time.Sleep(6*time.Hour + time.Minute) // fake time
		fired := w.last(bus.StreamReady, m.Subject)
		require.Greater(t, fired.Sequence, replayed.Sequence)
		w.deliver(w.poster("a"), fired)
		require.Equal(t, 1, w.books.count())
	})
}

// A send is parked only when the message that wakes it is in the stream; else it
// would sleep for ever.
func TestNothingIsParkedThatNothingWakes(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		m := w.open()
		w.books.onFind = func() error {
			require.NoError(t, w.js.DeleteStream(t.Context(), bus.StreamReady))
			return closedFor(6 * time.Hour)
		}
		require.Error(t, w.poster("a").Handle(t.Context(), m))
		require.Equal(t, record.Claimed, w.record().GetState())
	})
}

// A send in doubt cannot be called parked, but its long wait must not hold a slot
// either: it is scheduled like a parked one, and the doubt is resolved when it comes.
func TestALongWaitInDoubtHoldsNoSlot(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		m := w.open()
		w.books.after = func(context.Context, connector.Posting) connector.Answer { panic("kill -9") }
		require.Panics(t, func() { _ = w.poster("dead").Handle(t.Context(), m) })
		w.books.after = nil
		time.Sleep(time.Minute)
		w.books.onFind = func() error {
			return connector.Stop(connector.Wait{Scope: tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, For: 6 * time.Hour, Reason: "closed"})
		}
		start := time.Now()
		w.deliver(w.poster("heir"), m)
		require.Less(t, time.Since(start), time.Minute)
		require.NotNil(t, w.record().GetUnresolved())
		w.books.onFind = nil
		time.Sleep(6*time.Hour + time.Minute)
		fired := w.last(bus.StreamReady, m.Subject)
		require.Greater(t, fired.Sequence, m.Sequence)
		w.deliver(w.poster("heir"), fired)
		require.Equal(t, 1, w.books.count())
		require.NotNil(t, w.outcome().GetOutcome().GetPosted())
	})
}

// A copy from before the parking takes no place of what is to wake the send, which may
// hold what an operator mended since.
func TestAnOlderCopyOfAParkedSendLeavesItsWakingAsItIs(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.books.onFind = func() error { return closedFor(6 * time.Hour) }
		m := w.open()
		w.deliver(w.poster("a"), m)
		waking := w.last(bus.StreamReady, m.Subject.To(bus.StageLater)).Sequence
		w.deliver(w.poster("b"), m)
		require.Equal(t, waking, w.last(bus.StreamReady, m.Subject.To(bus.StageLater)).Sequence)
	})
}
