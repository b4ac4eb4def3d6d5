package pauses_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/pause"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/services/deliver/internal/pauses"
)

const connection = "acme-books"

// system is an accounting system that can be away.
type system struct {
	away   atomic.Bool
	hangs  atomic.Bool
	probes atomic.Int64
}

func (s *system) probe(ctx context.Context) error {
	s.probes.Add(1)
	if s.hangs.Load() {
		<-ctx.Done()
		return ctx.Err()
	}
	if s.away.Load() {
		return errors.New("signed out")
	}
	return nil
}

// watched is what a test of one connection needs, in fake time.
type watched struct {
	*system
	t        *testing.T
	js       jetstream.JetStream
	store    *pause.Store
	registry *prometheus.Registry
	replicas []*pauses.Keeper
	pauses   *pauses.Connection // of the first replica
}

func inFakeTime(t *testing.T, replicas int, test func(t *testing.T, w *watched)) {
	t.Helper()
	bustest.FakeTime(t, func(t *testing.T, s *bustest.Broker) {
		w := &watched{t: t, js: s.JS(t), system: &system{}, registry: prometheus.NewRegistry()}
		var err error
		w.store, err = pause.Open(t.Context(), w.js)
		require.NoError(t, err)
		records, err := record.Open(t.Context(), w.js)
		require.NoError(t, err)
		c := bus.ReadyConsumer(connection, 1)
		_, err = w.js.CreateConsumer(t.Context(), c.Stream, jetstream.ConsumerConfig{Durable: c.Durable, FilterSubject: c.Filter, AckPolicy: jetstream.AckExplicitPolicy})
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		defer running.Wait()
		defer cancel()
		for i := range replicas {
			k := &pauses.Keeper{Store: w.store, Records: records, Owner: string(rune('a' + i)), Log: slog.New(slog.DiscardHandler)}
			if i == 0 {
				k.Metrics = pauses.NewMetrics(w.registry)
			}
			c := k.For(connection, w.probe)
			if i == 0 {
				w.pauses = c
			}
			w.replicas = append(w.replicas, k)
			running.Go(func() { _ = k.Run(ctx) })
		}
		test(t, w)
	})
}

func (w *watched) paused() bool {
	w.t.Helper()
	until, err := w.store.Consumer(w.t.Context(), connection)
	require.NoError(w.t, err)
	return !until.IsZero()
}

func (w *watched) stop(reason string, lasts time.Duration) {
	w.t.Helper()
	until := time.Time{}
	if lasts > 0 {
		until = time.Now().Add(lasts)
	}
	require.NoError(w.t, w.pauses.Stop(w.t.Context(), reason, until))
	require.True(w.t, w.paused())
	require.True(w.t, w.pauses.InForce())
}

func (w *watched) metric() int {
	return testutil.CollectAndCount(w.registry, "tradepost_connection_paused")
}

// A signed-out connection stays paused for as long as it takes, and goes on by itself
// as soon as a probe says that it can. One replica probes.
func TestAProbeEndsASignOut(t *testing.T) {
	inFakeTime(t, 3, func(t *testing.T, w *watched) {
		w.away.Store(true)
		w.stop("signed_out", 0)
		for range 20 {
			time.Sleep(5 * time.Minute) // fake time
			require.True(t, w.paused())
			// A probe may be making it longer at this very moment.
			require.Eventually(t, func() bool { return w.metric() == 1 }, 10*time.Second, 100*time.Millisecond)
		}
		tried := w.probes.Load()
		require.Greater(t, tried, int64(40))
		require.Less(t, tried, int64(90), "only one of three replicas probes, ever more slowly")
		w.away.Store(false)
		time.Sleep(3 * time.Minute) // fake time
		require.False(t, w.paused())
		require.False(t, w.pauses.InForce())
		require.Zero(t, w.metric())
		p, err := w.store.Get(t.Context(), connection)
		require.NoError(t, err)
		require.Nil(t, p)
	})
}

// What the accounting system asked for is honoured: nobody probes before, and it is
// over by itself.
func TestATimeThatWasAskedForIsHonoured(t *testing.T) {
	inFakeTime(t, 1, func(t *testing.T, w *watched) {
		w.stop("throttled", time.Hour)
		time.Sleep(59 * time.Minute) // fake time
		require.True(t, w.paused())
		require.Zero(t, w.probes.Load())
		time.Sleep(90 * time.Second) // fake time
		require.False(t, w.paused())
		require.False(t, w.pauses.InForce())
		require.Zero(t, w.metric())
		w.pauses.Works(t.Context())
		p, err := w.store.Get(t.Context(), connection)
		require.NoError(t, err)
		require.Nil(t, p, "an attempt that came through forgets it")
	})
}

func TestNobodyButAPersonEndsAPersonsPause(t *testing.T) {
	inFakeTime(t, 1, func(t *testing.T, w *watched) {
		_, err := w.store.Set(t.Context(), connection, &tradepostv1.Pause{By: pause.Operator, Reason: "month end"}, time.Now())
		require.NoError(t, err)
		time.Sleep(2 * time.Hour) // fake time
		w.pauses.Works(t.Context())
		require.NoError(t, w.pauses.Stop(t.Context(), "throttled", time.Now().Add(time.Minute)))
		time.Sleep(2 * time.Hour) // fake time
		require.True(t, w.paused())
		require.True(t, w.pauses.InForce())
		require.Zero(t, w.probes.Load())
		_, err = w.store.Lift(t.Context(), connection)
		require.NoError(t, err)
		require.False(t, w.paused())
	})
}

// With nobody there to probe, a connection does not sleep for ever.
func TestAPauseWithoutAProbeEnds(t *testing.T) {
	inFakeTime(t, 1, func(t *testing.T, w *watched) {
		w.replicas[0].Forget(connection)
		w.stop("signed_out", 0)
		time.Sleep(11 * time.Minute) // fake time
		require.False(t, w.paused())
		require.Zero(t, w.probes.Load())
	})
}

// A system that hangs holds up its own probe, not that of others.
func TestAHangingProbeHoldsUpNobody(t *testing.T) {
	inFakeTime(t, 1, func(t *testing.T, w *watched) {
		other := &system{}
		_, err := w.store.Set(t.Context(), "other-books", &tradepostv1.Pause{
			By: pause.Deliver, Probed: true, Until: timestamppb.New(time.Now().Add(10 * time.Minute)),
		}, time.Now())
		require.NoError(t, err)
		w.replicas[0].For("other-books", other.probe)
		w.hangs.Store(true)
		w.stop("unreachable", 0)
		time.Sleep(30 * time.Second) // fake time
		require.EqualValues(t, 1, w.probes.Load())
		require.EqualValues(t, 1, other.probes.Load())
		p, err := w.store.Get(t.Context(), "other-books")
		require.NoError(t, err)
		require.Nil(t, p)
		require.True(t, w.paused())
	})
}

// The consumer is made anew after it was lost: binding it pauses it again.
func TestBindingPausesAConsumerThatWasMadeAnew(t *testing.T) {
	inFakeTime(t, 1, func(t *testing.T, w *watched) {
		w.stop("throttled", time.Hour)
		time.Sleep(time.Second) // fake time: the watch has seen the pause, and pauses nothing late
		c := bus.ReadyConsumer(connection, 1)
		require.NoError(t, w.js.DeleteConsumer(t.Context(), c.Stream, c.Durable))
		_, err := w.js.CreateConsumer(t.Context(), c.Stream, jetstream.ConsumerConfig{Durable: c.Durable, FilterSubject: c.Filter, AckPolicy: jetstream.AckExplicitPolicy})
		require.NoError(t, err)
		require.False(t, w.paused())
		require.NoError(t, w.pauses.Bound(t.Context()))
		require.True(t, w.paused())
	})
}
