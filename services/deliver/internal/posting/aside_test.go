package posting_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/record"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// The claim of a process that died in a call that may take long holds no slot of the
// connection: its message comes back when somebody may look, and what was made is found.
func TestALongClaimOfADeadProcessHoldsNoSlot(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.books.slowest = 2 * time.Minute
		m := w.open()
		w.books.after = func(context.Context, connector.Posting) connector.Answer { panic("kill -9") }
		require.Panics(t, func() { _ = w.poster("dead").Handle(t.Context(), m) })
		w.books.after = nil
		finds := w.books.finds
		require.NoError(t, w.poster("heir").Handle(t.Context(), m), "it is done with, and holds no slot")
		require.Equal(t, record.Claimed, w.record().GetState())
		require.Equal(t, finds, w.books.finds, "nobody looks before the call's time is over")

		time.Sleep(2*time.Minute + 10*time.Second + settling + record.Margin + 2*time.Second) // fake time
		fired := w.last(bus.StreamReady, w.subject())
		require.Greater(t, fired.Sequence, m.Sequence)
		require.NoError(t, w.poster("heir").Handle(t.Context(), fired))
		require.Equal(t, 1, w.books.count())
		require.True(t, w.outcome().GetOutcome().GetPosted().GetDocuments()[0].GetAdopted())
	})
}

// The process was not dead, and parks the send in the very moment in which a copy of its
// message stands aside: the send still comes back when its time has come.
func TestAParkedSendComesBackAlthoughACopyStoodAside(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.books.slowest = 2 * time.Minute
		m := w.open()
		looking, parked := make(chan struct{}), make(chan error, 1)
		w.books.onFind = func() error {
			close(looking)
			time.Sleep(time.Second) // the copy reads the record meanwhile
			w.books.onFind = nil
			return connector.Stop(connector.Wait{Scope: tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, For: time.Hour, Reason: "closed"})
		}
		go func() { parked <- w.poster("slow").Handle(t.Context(), m) }()
		<-looking
		other := w.poster("other")
		// It has read the record when it begins to log, and goes on when that is parked.
		other.Log = slog.New(beforeItLogs{slog.DiscardHandler, sync.OnceFunc(func() { require.NoError(t, <-parked) })})
		w.deliver(other, m)
		require.Equal(t, record.Parked, w.record().GetState())

		until := w.record().GetWaiting().GetUntil().AsTime()
		time.Sleep(75 * time.Minute) // fake time: an hour, and what is added to it
		fired := w.last(bus.StreamReady, m.Subject)
		require.False(t, fired.Published.Before(until), "it came at %s, when the send is parked until %s", fired.Published, until)
		w.deliver(w.poster("other"), fired)
		require.Equal(t, 1, w.books.count())
	})
}

// beforeItLogs does something before an attempt has its logger.
type beforeItLogs struct {
	slog.Handler
	do func()
}

func (b beforeItLogs) WithAttrs([]slog.Attr) slog.Handler {
	b.do()
	return slog.DiscardHandler
}

// The copy stands aside after the parked send was scheduled and before the record says so:
// what comes too early then is put off, and is not the last that is heard of the send.
func TestAParkedSendThatIsWokenTooEarlyComesBack(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.books.slowest = 2 * time.Minute
		m := w.open()
		w.books.onFind = func() error {
			w.books.onFind = nil
			return connector.Stop(connector.Wait{Scope: tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, For: time.Hour, Reason: "closed"})
		}
		slow := w.poster("slow")
		slow.Log = slog.New(onMessage{slog.DiscardHandler, "parked", sync.OnceFunc(func() { w.deliver(w.poster("other"), m) })})
		w.deliver(slow, m)
		require.Equal(t, record.Parked, w.record().GetState())
		until := w.record().GetWaiting().GetUntil().AsTime()
		time.Sleep(10 * time.Minute) // fake time: the claim's would-be end
		early := w.last(bus.StreamReady, m.Subject)
		require.True(t, early.Published.Before(until), "the copy's time has to be the one that counts")
		w.deliver(w.poster("other"), early)
		time.Sleep(75 * time.Minute) // fake time
		fired := w.last(bus.StreamReady, m.Subject)
		require.False(t, fired.Published.Before(until), "it came at %s, when the send is parked until %s", fired.Published, until)
		w.deliver(w.poster("other"), fired)
		require.Equal(t, 1, w.books.count())
	})
}

// onMessage does something when a message is logged.
type onMessage struct {
	slog.Handler
	msg string
	do  func()
}

func (o onMessage) Enabled(context.Context, slog.Level) bool { return true }

func (o onMessage) WithAttrs([]slog.Attr) slog.Handler { return o }

func (o onMessage) Handle(_ context.Context, r slog.Record) error {
	if r.Message == o.msg {
		o.do()
	}
	return nil
}
