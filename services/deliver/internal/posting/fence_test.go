package posting_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/stage"
	"github.com/tradepost/tradepost/services/deliver/internal/posting"
)

// farAway is a broker whose answers to changes of a record come late: the change
// counts at once, but whoever made it hears of it much later.
type farAway struct {
	jetstream.JetStream
	// late tells how long the answer to the n-th change takes.
	late func(n int) time.Duration
}

func (f farAway) KeyValue(ctx context.Context, bucket string) (jetstream.KeyValue, error) {
	kv, err := f.JetStream.KeyValue(ctx, bucket)
	return &farBucket{KeyValue: kv, late: f.late}, err
}

type farBucket struct {
	jetstream.KeyValue
	late    func(n int) time.Duration
	changes int
}

func (b *farBucket) Update(ctx context.Context, key string, body []byte, revision uint64) (uint64, error) {
	rev, err := b.KeyValue.Update(ctx, key, body, revision)
	b.changes++
	time.Sleep(b.late(b.changes)) // fake time
	return rev, err
}

// posterFarAway is a poster that hears late of its n-th change only.
func (w *workbench) posterFarAway(n int, late time.Duration) *posting.Poster {
	w.t.Helper()
	store, err := record.Open(w.t.Context(), farAway{w.js, func(i int) time.Duration {
		if i == n {
			return late
		}
		return 0
	}})
	require.NoError(w.t, err)
	p := w.poster("far away")
	p.Gate = &stage.Gate{Store: store, Bus: w.gate.Bus, Log: w.gate.Log, Account: w.gate.Account}
	return p
}

// takenOver is from when on others may take over a claim: the call's 10 s, 10 s
// more, the settling time and the margin.
const takenOver = 20*time.Second + settling + record.Margin

// race handles the same message with a worker that hears late of its n-th change,
// and with an heir.
func (w *workbench) race(n int) {
	w.t.Helper()
	m := w.last(bus.StreamReady, w.subject())
	done := make(chan error)
	late := w.posterFarAway(n, takenOver+time.Second)
	go func() { done <- late.Handle(context.WithoutCancel(w.t.Context()), m) }()
	time.Sleep(time.Millisecond) // fake time; the claim is taken
	w.deliver(w.poster("heir"), m)
	require.Error(w.t, <-done, "it lost its claim")
}

// The claim counts from before it was written: a worker that hears of its own claim
// when others may have taken over already must not write.
func TestAClaimIsMeasuredFromBeforeItWasWritten(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.open()
		w.race(1)
		require.Equal(t, 1, w.books.creates)
	})
}

// The same for a claim that is renewed: here because the document that the record
// knows is gone, and the next generation begins (claim, note, renew).
func TestARenewedClaimIsMeasuredFromBeforeItWasWritten(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.deliver(w.poster("a"), w.open())
		time.Sleep(time.Minute) // fake time
		w.books.remove()
		w.books.creates = 0
		w.open()
		w.race(3)
		require.Equal(t, 1, w.books.creates)
	})
}

// zombie handles the last message with a worker that stands still once in a call
// and wakes up after an heir has done the work.
func (w *workbench) zombie(hook func(stand func())) {
	w.t.Helper()
	m := w.last(bus.StreamReady, w.subject())
	var stopped atomic.Bool
	hook(func() {
		if !stopped.Swap(true) {
			time.Sleep(10 * time.Minute) // fake time; it listens to no deadline
		}
	})
	done := make(chan error)
	go func() { done <- w.poster("zombie").Handle(context.WithoutCancel(w.t.Context()), m) }()
	time.Sleep(time.Second) // fake time
	w.deliver(w.poster("heir"), m)
	require.Error(w.t, <-done)
}

func TestAnUpdateOfAZombieIsFencedOff(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.deliver(w.poster("a"), w.open())
		w.edit("600.00")
		w.open()
		w.zombie(func(stand func()) { w.books.onUpdate = stand })
		require.Equal(t, 1, w.books.updates, "the zombie wrote")
		require.Equal(t, "600.00", w.books.entries[0].found.Total)
	})
}

func TestACreateUnderARenewedClaimIsFencedOff(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.deliver(w.poster("a"), w.open())
		time.Sleep(time.Minute) // fake time
		w.books.remove()
		w.books.creates = 0
		w.open()
		w.zombie(func(stand func()) {
			w.books.before = func(context.Context, connector.Posting) connector.Answer { stand(); return nil }
		})
		require.Equal(t, 1, w.books.creates, "the zombie wrote")
	})
}
