package bus

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
)

// A loop that stands still is found, one that was stopped is not.
func TestStallIsUnhealthy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &Subscriber{o: SubscriberOptions{Log: slog.New(slog.DiscardHandler), Consumer: ReadyConsumer("acme", 1)}}
		l := newLoop(context.Background(), s)
		s.loops = []*loop{l}
		require.NoError(t, s.Healthy())
		require.ErrorContains(t, s.Ready(), "consumer deliver-acme of INVOICE_READY: not bound yet")
		<-time.After(59 * time.Second)
		require.NoError(t, s.Healthy())
		<-time.After(2 * time.Second)
		require.EqualError(t, s.Healthy(), "consumer deliver-acme of INVOICE_READY: the fetch loop has not moved for 1m1s")
		l.alive()
		require.NoError(t, s.Healthy())
		<-time.After(time.Hour)
		l.stop()
		require.NoError(t, s.Healthy())
		l.kill()
	})
}

// Waiting for a free slot is no stall, however long the handlers take.
func TestWaitingForASlotIsAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLoop(context.Background(), &Subscriber{o: SubscriberOptions{Consumer: ReadyConsumer("acme", 1)}})
		l.slots <- struct{}{}
		ended := make(chan error, 1)
		go func() {
			_, err := l.takeSlots()
			ended <- err
		}()
		<-time.After(time.Hour)
		require.NoError(t, l.healthy())
		l.stop()
		require.ErrorIs(t, <-ended, errStopped)
		l.kill()
	})
}

func TestBackoff(t *testing.T) {
	for delivered, base := range map[int]time.Duration{
		0: time.Second, 1: time.Second, 2: 2 * time.Second, 5: 16 * time.Second, 9: 240 * time.Second, 17: 240 * time.Second, 1 << 40: 240 * time.Second,
	} {
		for range 50 {
			d := Backoff(delivered)
			require.GreaterOrEqual(t, d, base, "delivery %d", delivered)
			require.LessOrEqual(t, d, base*5/4, "delivery %d", delivered)
		}
	}
}

func TestDifferences(t *testing.T) {
	want := Streams(3)[1]
	have := want
	require.Empty(t, differences(want, have))
	have.Metadata = map[string]string{"_nats.level": "5"}
	have.NoAck = true
	require.Empty(t, differences(want, have), "what we leave open is the server's affair")
	have.Replicas, have.AllowMsgTTL, have.Retention = 1, false, jetstream.WorkQueuePolicy
	require.Equal(t, []string{
		"retention is WorkQueue, wanted Limits", "num_replicas is 1, wanted 3", "allow_msg_ttl is false, wanted true",
	}, differences(want, have))
}
