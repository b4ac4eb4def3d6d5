package bus_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
)

// mischief is what handlers and the world do wrong; a message's first deliveries do
// what its invoice id says.
var mischief = []func(ctx context.Context) error{
	func(context.Context) error { return nil },
	func(context.Context) error { return errors.New("failed") },
	func(context.Context) error { panic("crashed") },
	func(context.Context) error { return bus.RetryAfter(7*time.Second, errors.New("wait")) },
	func(context.Context) error { return bus.Poison("x.y", errors.New("poison")) },
	func(context.Context) error { <-time.After(50 * time.Second); return nil },
	func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
}

// world is one router under disturbance.
type world struct {
	broker *bustest.Broker
	js     jetstream.JetStream
	c      bus.Consumer
	next   int64
	// gate, when set, holds every message until as many are there as there are slots.
	gate   atomic.Pointer[chan struct{}]
	inside atomic.Int32
}

func (w *world) handle(ctx context.Context, m bus.Message) error {
	if gate := w.gate.Load(); gate != nil {
		if w.inside.Add(1) == int32(w.c.MaxInFlight) {
			close(*gate)
		}
		<-*gate
		return nil
	}
	if m.Delivered > 2 {
		return nil
	}
	return mischief[m.Subject.InvoiceID%int64(len(mischief))](ctx)
}

func (w *world) put(t require.TestingT, n int) {
	for range n {
		w.next++
		_, err := w.js.Publish(context.Background(), ready(w.next).String(), nil)
		require.NoError(t, err)
	}
}

// raced tells a disturbance that came to nothing because the router made, or the server
// removed, the consumer at the same time: the server (2.15.2) answers a change of a
// consumer whose folder it is removing with the operating system's "no such file".
func raced(err error) bool {
	return errors.Is(err, jetstream.ErrConsumerNotFound) || errors.Is(err, jetstream.ErrConsumerDoesNotExist) ||
		err != nil && strings.Contains(err.Error(), "no such file or directory")
}

// disturb does one thing that goes wrong in the life of a service.
func (w *world) disturb(t *rapid.T, tt testing.TB) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	switch what := rapid.SampledFrom([]string{"work", "delete", "restart", "outage", "reconnect", "pause", "limit", "time"}).Draw(t, "what"); what {
	case "work":
		w.put(t, rapid.IntRange(1, 12).Draw(t, "messages"))
	case "delete":
		if err := w.js.DeleteConsumer(ctx, w.c.Stream, w.c.Durable); !raced(err) {
			require.NoError(t, err)
		}
	case "restart":
		w.broker.Restart(tt)
		w.awaitServer(tt)
	case "outage":
		w.broker.Stop()
		<-time.After(time.Duration(rapid.IntRange(1, 100).Draw(t, "seconds")) * time.Second)
		w.broker.StartAgain(tt)
		w.awaitServer(tt)
	case "reconnect":
		require.NoError(t, w.js.Conn().ForceReconnect())
		w.awaitServer(tt)
	case "pause":
		_, err := w.js.PauseConsumer(ctx, w.c.Stream, w.c.Durable, time.Now().Add(20*time.Second))
		if !raced(err) {
			require.NoError(t, err)
		}
	case "limit": // Another version of the service, with another limit.
		other := w.c.MaxInFlight + rapid.IntRange(-3, 3).Draw(t, "difference")
		_, err := w.js.UpdateConsumer(ctx, w.c.Stream, jetstream.ConsumerConfig{
			Durable: w.c.Durable, FilterSubject: w.c.Filter, AckPolicy: jetstream.AckExplicitPolicy, AckWait: 30 * time.Second,
			MaxAckPending: other, MaxDeliver: -1, MaxWaiting: 2048,
		})
		if !raced(err) {
			require.NoError(t, err)
		}
	case "time":
		<-time.After(time.Duration(rapid.IntRange(1, 200).Draw(t, "seconds")) * time.Second)
	}
}

func (w *world) awaitServer(t testing.TB) {
	bustest.EventuallyWithin(t, time.Minute, func() error {
		_, err := w.js.AccountInfo(context.Background())
		return err
	})
}

// settle waits until nothing is left to do.
func (w *world) settle(t testing.TB) {
	bustest.EventuallyWithin(t, time.Hour, func() error {
		<-time.After(time.Second)
		consumer, err := w.js.Consumer(context.Background(), w.c.Stream, w.c.Durable)
		if err != nil {
			return err
		}
		if i := consumer.CachedInfo(); i.NumPending+uint64(i.NumAckPending) > 0 {
			return fmt.Errorf("pending %d, unacked %d", i.NumPending, i.NumAckPending)
		}
		return nil
	})
}

// checks sets how many cases a slow property tries.
func checks(t testing.TB, n string) {
	t.Helper()
	const name = "rapid.checks"
	before := flag.Lookup(name).Value.String()
	require.NoError(t, flag.Set(name, n))
	t.Cleanup(func() { require.NoError(t, flag.Set(name, before)) })
}

// However often and whatever went wrong: afterwards every slot of the consumer works.
func TestNoSlotIsLost(t *testing.T) {
	checks(t, "25")
	bustest.FakeTime(t, func(t *testing.T, s *bustest.Broker) {
		js := s.JS(t)
		s.Ageless(t, js)
		w := &world{broker: s, js: js, c: readyConsumer(5)}
		w.c.Timeout = time.Minute
		r := newRouter(t, js)
		require.NoError(t, r.Handle(w.c, w.handle))
		stop := run(t, r)
		// In the bubble a test has no deadline to ask for.
		rapid.Check(struct{ testing.TB }{t}, func(rt *rapid.T) {
			w.put(rt, 3)
			for range rapid.IntRange(1, 8).Draw(rt, "disturbances") {
				w.disturb(rt, t)
			}
			w.put(rt, 3)
			w.settle(t)
			require.NoError(rt, r.Healthy())
			require.NoError(rt, r.Ready())
			w.useAllSlots(t)
		})
		require.NoError(t, stop())
	})
}

// useAllSlots needs all slots at the same time: with one less it would wait for ever.
func (w *world) useAllSlots(t testing.TB) {
	t.Helper()
	gate := make(chan struct{})
	w.inside.Store(0)
	w.gate.Store(&gate)
	w.put(t, w.c.MaxInFlight)
	timer := time.NewTimer(10 * time.Minute)
	defer timer.Stop()
	select {
	case <-gate:
	case <-timer.C:
		t.Errorf("only %d of %d slots work", w.inside.Load(), w.c.MaxInFlight)
		close(gate)
	}
	w.settle(t)
	w.gate.Store(nil)
	stream, err := w.js.Stream(context.Background(), w.c.Stream)
	require.NoError(t, err)
	require.NoError(t, stream.Purge(context.Background()))
}
