package pauses_test

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
)

// storeReplaced gives the connections another bucket, with fewer changes in it than the
// watch has seen, and another consumer.
func (w *watched) storeReplaced() {
	w.t.Helper()
	c := bus.ReadyConsumer(connection, 1)
	require.NoError(w.t, w.js.DeleteKeyValue(w.t.Context(), bus.BucketConnections))
	_, err := bus.Apply(w.t.Context(), w.js, bus.ApplyOptions{})
	require.NoError(w.t, err)
	require.NoError(w.t, w.js.DeleteConsumer(w.t.Context(), c.Stream, c.Durable))
	_, err = w.js.CreateConsumer(w.t.Context(), c.Stream, jetstream.ConsumerConfig{
		Durable: c.Durable, FilterSubject: c.Filter, AckPolicy: jetstream.AckExplicitPolicy,
	})
	require.NoError(w.t, err)
}

// A pause that was lost with the store is not made anew by the probes of a replica that
// remembers it: the connection posts.
func TestAPauseThatWasLostWithTheStoreIsOver(t *testing.T) {
	inFakeTime(t, 2, func(t *testing.T, w *watched) {
		w.stop("throttled", time.Second)
		time.Sleep(time.Minute)
		w.away.Store(true)
		w.stop("unreachable", 0)
		time.Sleep(time.Second)
		w.storeReplaced()
		time.Sleep(time.Minute)
		require.False(t, w.pauses.InForce(), "the record has none")
		probes := w.probes.Load()
		for range 20 {
			time.Sleep(time.Minute)
			require.False(t, w.paused())
		}
		require.Equal(t, probes, w.probes.Load(), "there is nothing to probe for")

		// A new pause of the same replica is probed, and lifted, as ever.
		w.stop("unreachable", 0)
		time.Sleep(20 * time.Minute)
		require.True(t, w.paused(), "made longer by the probes")
		w.away.Store(false)
		time.Sleep(5 * time.Minute)
		require.False(t, w.paused())
		require.False(t, w.pauses.InForce())
	})
}
