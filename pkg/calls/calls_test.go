package calls_test

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/calls"
	"github.com/tradepost/tradepost/pkg/servicetrade"
)

var quiet = slog.New(slog.DiscardHandler)

// fake runs test in fake time, and lets the last pulls end.
func fake(t *testing.T, test func(*testing.T, *bustest.Broker)) {
	t.Helper()
	bustest.FakeTime(t, func(t *testing.T, s *bustest.Broker) {
		test(t, s)
		<-time.After(10 * time.Second)
	})
}

// office is processes that share an account.
type office struct {
	limiters []*calls.Limiter
	flying   atomic.Int64
	most     atomic.Int64
	made     atomic.Int64
}

func newOffice(t *testing.T, s *bustest.Broker, n int, limits calls.Limits) *office {
	t.Helper()
	o := &office{}
	limits.Account = "acme"
	for range n {
		o.limiters = append(o.limiters, calls.New(s.JS(t), limits, quiet))
	}
	return o
}

// work lets each process make calls with so many workers until ctx ends.
func (o *office) work(ctx context.Context, t *testing.T, workers int, takes time.Duration) {
	var group sync.WaitGroup
	for _, l := range o.limiters {
		for range workers {
			group.Go(func() {
				for ctx.Err() == nil {
					o.one(ctx, t, l, takes)
				}
			})
		}
	}
	group.Wait()
}

func (o *office) one(ctx context.Context, t *testing.T, l *calls.Limiter, takes time.Duration) {
	done, err := l.Take(ctx)
	if err != nil {
		if ctx.Err() == nil {
			t.Errorf("take: %v", err)
		}
		return
	}
	defer done()
	o.made.Add(1)
	now := o.flying.Add(1)
	for seen := o.most.Load(); now > seen && !o.most.CompareAndSwap(seen, now); seen = o.most.Load() {
	}
	select {
	case <-time.After(takes):
	case <-ctx.Done():
	}
	o.flying.Add(-1)
}

func TestCallsUnderWayAreLimitedOverAllProcesses(t *testing.T) {
	fake(t, func(t *testing.T, s *bustest.Broker) {
		o := newOffice(t, s, 5, calls.Limits{Parallel: 4})
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		o.work(ctx, t, 4, 100*time.Millisecond)
		require.Equal(t, int64(4), o.most.Load())
		require.Greater(t, o.made.Load(), int64(4*200*9/10), "nobody waits without need")
	})
}

func TestLongCallsKeepTheirPlace(t *testing.T) {
	fake(t, func(t *testing.T, s *bustest.Broker) {
		o := newOffice(t, s, 3, calls.Limits{Parallel: 2})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		o.work(ctx, t, 2, 2*time.Minute)
		require.Equal(t, int64(2), o.most.Load(), "much longer than the ack wait")
	})
}

func TestWhatADeadProcessHeldComesBack(t *testing.T) {
	fake(t, func(t *testing.T, s *bustest.Broker) {
		dead := s.JS(t)
		o := newOffice(t, s, 1, calls.Limits{Parallel: 1})
		l := calls.New(dead, calls.Limits{Account: "acme", Parallel: 1}, quiet)
		done, err := l.Take(t.Context())
		require.NoError(t, err)
		dead.Conn().Close()
		began := time.Now()
		o.one(t.Context(), t, o.limiters[0], 0)
		require.InDelta(t, 30, time.Since(began).Seconds(), 5)
		done()
	})
}

func TestRateOverAllProcesses(t *testing.T) {
	fake(t, func(t *testing.T, s *bustest.Broker) {
		o := newOffice(t, s, 3, calls.Limits{Parallel: 4, PerMinute: 60})
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
		defer cancel()
		o.work(ctx, t, 4, 10*time.Millisecond)
		require.InDelta(t, 242, o.made.Load(), 6, "a burst of four, and then the rate")
	})
}

func TestEverybodyWaitsWhenServiceTradeAsks(t *testing.T) {
	fake(t, func(t *testing.T, s *bustest.Broker) {
		o := newOffice(t, s, 3, calls.Limits{Parallel: 4})
		for _, l := range o.limiters {
			o.one(t.Context(), t, l, 0)
		}
		began := time.Now()
		o.limiters[0].Hold(t.Context(), 20*time.Second)
		o.limiters[1].Hold(t.Context(), 5*time.Second) // a shorter one changes nothing
		for _, l := range o.limiters {
			o.one(t.Context(), t, l, 0)
			require.GreaterOrEqual(t, time.Since(began), 19*time.Second)
		}
		require.Less(t, time.Since(began), 25*time.Second)

		o.limiters[0].Hold(t.Context(), 10*time.Minute)
		for _, l := range append(o.limiters, newOffice(t, s, 1, calls.Limits{Parallel: 4}).limiters...) {
			began = time.Now()
			_, err := l.Take(t.Context())
			var held *servicetrade.HeldError
			require.ErrorAs(t, err, &held, "longer than anybody waits")
			require.Greater(t, held.For, 9*time.Minute)
			require.Less(t, time.Since(began), 5*time.Second)
		}
		<-time.After(10 * time.Minute)
		o.one(t.Context(), t, o.limiters[2], 0)
	})
}

func TestACallerThatGoesAwayTakesNothingWithIt(t *testing.T) {
	fake(t, func(t *testing.T, s *bustest.Broker) {
		l := newOffice(t, s, 1, calls.Limits{Parallel: 1}).limiters[0]
		done, err := l.Take(t.Context())
		require.NoError(t, err)
		for range 5 {
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			_, err = l.Take(ctx)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			cancel()
		}
		done()
		done()
		began := time.Now()
		done, err = l.Take(t.Context())
		require.NoError(t, err)
		require.Less(t, time.Since(began), 3*time.Second)
		done()
	})
}

func TestAnotherLimitIsInForceAtOnce(t *testing.T) {
	fake(t, func(t *testing.T, s *bustest.Broker) {
		for _, limit := range []int{4, 2, 6, 2} {
			o := newOffice(t, s, 2, calls.Limits{Parallel: limit})
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			o.work(ctx, t, 6, time.Second)
			cancel()
			require.Equal(t, int64(limit), o.most.Load())
		}
	})
}

func TestDeletedThingsComeBack(t *testing.T) {
	for name, spoil := range map[string]func(*testing.T, jetstream.JetStream, jetstream.Stream){
		"messages": func(t *testing.T, _ jetstream.JetStream, s jetstream.Stream) {
			require.NoError(t, s.Purge(t.Context()))
		},
		"consumer": func(t *testing.T, js jetstream.JetStream, _ jetstream.Stream) {
			require.NoError(t, js.DeleteConsumer(t.Context(), bus.StreamCalls, "calls-acme-2"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			fake(t, func(t *testing.T, s *bustest.Broker) {
				js := s.JS(t)
				o := newOffice(t, s, 2, calls.Limits{Parallel: 2})
				for _, l := range o.limiters {
					o.one(t.Context(), t, l, 0)
				}
				stream, err := js.Stream(t.Context(), bus.StreamCalls)
				require.NoError(t, err)
				spoil(t, js, stream)
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				o.work(ctx, t, 2, time.Second)
				cancel()
				require.LessOrEqual(t, o.most.Load(), int64(2))
				require.GreaterOrEqual(t, o.made.Load(), int64(100))
			})
		})
	}
}

func TestAloneWhileNATSIsAway(t *testing.T) {
	s := bustest.Server(t)
	js := s.JS(t)
	log := &lockedBuffer{}
	l := calls.New(js, calls.Limits{Account: "acme", Parallel: 4}, slog.New(slog.NewTextHandler(log, nil)))
	take := func() {
		done, err := l.Take(t.Context())
		require.NoError(t, err)
		done()
	}
	take()
	s.Stop()
	require.Eventually(t, func() bool { return !js.Conn().IsConnected() }, time.Minute, 10*time.Millisecond)
	for range 100 {
		take()
	}
	require.Contains(t, log.String(), "held in this process only")
	s.StartAgain(t)
	require.Eventually(t, func() bool {
		take()
		return bytes.Contains([]byte(log.String()), []byte("over all processes again"))
	}, time.Minute, 50*time.Millisecond)
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
