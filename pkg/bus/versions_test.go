package bus_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Two versions of a service at once, with another limit and another AckWait: both go
// on working whoever had the last word, nothing is delivered twice for it, and once
// the older one is gone the limit is the newer one's, without a restart.
func TestTwoVersionsAtOnce(t *testing.T) {
	bustest.FakeTime(t, func(t *testing.T, s *bustest.Broker) {
		const total = 300
		js := s.JS(t)
		var mu sync.Mutex
		handled := map[int64]int{}
		handle := func(_ context.Context, m bus.Message) error {
			<-time.After(3 * time.Second)
			mu.Lock()
			defer mu.Unlock()
			handled[m.Subject.InvoiceID]++
			return nil
		}
		older, newer := readyConsumer(10), readyConsumer(1)
		older.AckWait = time.Minute
		r := newRouter(t, service(t, s, "older"))
		require.NoError(t, r.Handle(older, handle))
		stopOlder := run(t, r)
		r = newRouter(t, service(t, s, "newer"))
		require.NoError(t, r.Handle(newer, handle))
		stopNewer := run(t, r)

		limits := map[int]bool{}
		for id := range int64(total) {
			put(t, js, ready(id+1).String(), good(t), nil)
			<-time.After(5 * time.Second)
			limits[configured(t, js, newer).MaxAckPending] = true
		}
		require.Equal(t, map[int]bool{1: true, 10: true}, limits, "they have the last word in turn")
		require.NoError(t, stopOlder())
		_, err := js.UpdateConsumer(context.Background(), newer.Stream, jetstream.ConsumerConfig{
			Durable: newer.Durable, FilterSubject: newer.Filter, AckPolicy: jetstream.AckExplicitPolicy,
			AckWait: time.Minute, MaxAckPending: 10, MaxDeliver: -1, MaxWaiting: 2048,
		})
		require.NoError(t, err, "the older one's last word")
		<-time.After(4 * time.Minute)
		require.Equal(t, 1, configured(t, js, newer).MaxAckPending)
		require.Equal(t, 30*time.Second, configured(t, js, newer).AckWait)
		settled(t, js, newer)
		require.NoError(t, stopNewer())
		require.Len(t, handled, total)
		for id, n := range handled {
			require.Equal(t, 1, n, "invoice %d", id)
		}
	})
}

func configured(t testing.TB, js jetstream.JetStream, c bus.Consumer) jetstream.ConsumerConfig {
	t.Helper()
	consumer, err := js.Consumer(context.Background(), c.Stream, c.Durable)
	require.NoError(t, err)
	return consumer.CachedInfo().Config
}

// A message that a newer version made and an older one parks or sends on has all its
// fields still.
func TestMessagesKeepWhatIsNotKnown(t *testing.T) {
	js := bustest.Server(t).JS(t)
	p := bus.NewPublisher(js, quiet)
	body := []byte(`{"followsSend": "1", "by": "ann", "urgent": true, "refresh": {"deep": {"levels": 3}}}`)
	c := &tradepostv1.InvoiceCommand{}
	require.NoError(t, bus.Decode(bus.Message{Body: body}, c))
	require.NoError(t, p.Send(within(t), ready(1), "", c))
	require.JSONEq(t, string(body), string(last(t, js, ready(1)).Data))
	require.NoError(t, p.Schedule(within(t), ready(2), time.Now().Add(time.Hour), c))
	require.JSONEq(t, string(body), string(last(t, js, ready(2).To(bus.StageLater)).Data))
}

// Replicas are replaced one after the other under load, as in a roll-out: whatever a
// replica has begun it finishes, what it has not begun the others have at once, and
// nothing is handled twice.
func TestRollOutUnderLoad(t *testing.T) {
	const total = 300
	js := bustest.Server(t, unsynced).JS(t)
	for id := range int64(total) {
		put(t, js, ready(id+1).String(), good(t), nil)
	}
	handled := make(chan int64, 2*total)
	start := func() func() error {
		r := newRouter(t, js)
		require.NoError(t, r.Handle(readyConsumer(6), func(ctx context.Context, m bus.Message) error {
			select {
			case <-time.After(20 * time.Millisecond):
				handled <- m.Subject.InvoiceID
				return nil
			case <-ctx.Done():
				return fmt.Errorf("not finished: %w", ctx.Err())
			}
		}))
		return run(t, r)
	}
	began := time.Now()
	replicas := []func() error{start(), start()}
	seen := map[int64]int{}
	for n := 0; len(seen) < total; n++ {
		seen[bustest.Receive(t, handled)]++
		if n%20 == 19 {
			i := n / 20 % len(replicas)
			require.NoError(t, replicas[i]())
			replicas[i] = start()
		}
	}
	settled(t, js, readyConsumer(6))
	require.Less(t, time.Since(began), 25*time.Second, "nothing waited for its AckWait")
	require.Empty(t, handled)
	for id, n := range seen {
		require.Equal(t, 1, n, "invoice %d", id)
	}
}
