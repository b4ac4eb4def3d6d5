package permits

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/connector"
)

// A replica dies with all places and many permits; the others go on.
func TestWhatADeadReplicaHeldComesBack(t *testing.T) {
	fake(t, func(t *testing.T, s *bustest.Broker) {
		o := newOffice(t, s, 2, documented())
		defer o.close()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
		var group sync.WaitGroup
		defer func() { cancel(); group.Wait() }()
		o.work(ctx, &group, 0, "1001", 30, 30*time.Second)
		<-time.After(20 * time.Second)
		require.Equal(t, 10, o.atOnce("1001"))
		o.conns[0].Close()
		died, first := time.Now(), len(o.of("1001"))
		o.work(ctx, &group, 1, "1001", 10, 200*time.Millisecond)
		<-time.After(time.Minute)
		calls := o.of("1001")[first:]
		require.NotEmpty(t, calls)
		require.Less(t, calls[0].Sub(died), seatLease+signOfLife, "its places come back")
		o.within(o.limits.PerCompany, o.of("1001"))
		require.Greater(t, len(calls), 300, "and then all goes on at the full rate")
	})
}

func TestAllReplicasObeyAPauseAndReturnSlowly(t *testing.T) {
	fake(t, func(t *testing.T, s *bustest.Broker) {
		o := newOffice(t, s, 3, documented())
		defer o.close()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		var group sync.WaitGroup
		defer func() { cancel(); group.Wait() }()
		work := func(lasts time.Duration) {
			ctx, cancel := context.WithTimeout(ctx, lasts)
			defer cancel()
			for i := range o.replicas {
				l := o.limiter(i, "1001")
				for range 4 {
					group.Go(func() {
						for ctx.Err() == nil {
							err := o.one(ctx, l, "1001", 50*time.Millisecond)
							if a, held := connector.AnswerOf(err); held {
								wait, is := a.(connector.Wait)
								require.True(o.t, is)
								require.Equal(o.t, connector.ReasonThrottled, wait.Reason)
								<-time.After(wait.For)
							}
						}
					})
				}
			}
			group.Wait()
		}
		work(10 * time.Second)
		held := time.Now()
		for _, i := range []int{0, 1, 2, 0} { // each meets it
			o.limiter(i, "1001").Hold(ctx, 30*time.Second)
		}
		work(4 * time.Minute)
		since := held.Sub(o.began)
		require.Zero(t, o.between("1001", since+100*time.Millisecond, since+29*time.Second), "the pause counts for all")
		first := o.between("1001", since+30*time.Second, since+40*time.Second)
		require.InDelta(t, 48, first, 6, "it begins with 60 %% of the rate: one pause, met by several")
		require.InDelta(t, 80, o.between("1001", since+140*time.Second, since+150*time.Second), 3, "and is back later")
		o.within(o.limits.PerCompany, o.of("1001"))
	})
}

func TestAShortPauseIsWaitedFor(t *testing.T) {
	fake(t, func(t *testing.T, s *bustest.Broker) {
		o := newOffice(t, s, 2, documented())
		defer o.close()
		a, b := o.limiter(0, "1001"), o.limiter(1, "1001")
		require.NoError(t, o.one(t.Context(), a, "1001", 0))
		a.Hold(t.Context(), 4*time.Second)
		began := time.Now()
		require.NoError(t, o.one(t.Context(), b, "1001", 0))
		require.InDelta(t, 4, time.Since(began).Seconds(), 1)
		require.NoError(t, o.one(t.Context(), o.limiter(0, "1002"), "1002", 0), "another company")
	})
}

// Somebody deletes the book, or writes nonsense into it.
func TestALostBookExceedsNothing(t *testing.T) {
	fake(t, func(t *testing.T, s *bustest.Broker) {
		o := newOffice(t, s, 3, documented())
		defer o.close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		var group sync.WaitGroup
		defer func() { cancel(); group.Wait() }()
		for i := range o.replicas {
			o.work(ctx, &group, i, "1001", 4, 100*time.Millisecond)
		}
		kv := o.replicas[0].shelf.kv
		for range 5 {
			<-time.After(5 * time.Second)
			require.NoError(t, kv.Delete(ctx, "quickbooksonline.app"))
			<-time.After(5 * time.Second)
			_, err := kv.PutString(ctx, "quickbooksonline.app", "{")
			require.NoError(t, err)
		}
		group.Wait()
		o.within(o.limits.PerCompany, o.of("1001"))
		require.LessOrEqual(t, o.atOnce("1001"), 10)
		require.Greater(t, o.between("1001", 50*time.Second, time.Minute), 60)
	})
}

// The clock that all go by is set, as when another server of a cluster takes over.
func TestAClockThatJumpsExceedsNothing(t *testing.T) {
	fake(t, func(t *testing.T, s *bustest.Broker) {
		o := newOffice(t, s, 3, documented())
		defer o.close()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		var group sync.WaitGroup
		defer func() { cancel(); group.Wait() }()
		for i := range o.replicas {
			o.work(ctx, &group, i, "1001", 4, 100*time.Millisecond)
		}
		for i, p := range o.replicas { // each believed in another time, and finds out one by one
			<-time.After(7 * time.Second)
			p.clock.mu.Lock()
			p.clock.low += span(time.Duration(i-1) * 20 * time.Second)
			p.clock.high += span(time.Duration(i-1) * 20 * time.Second)
			p.clock.mu.Unlock()
		}
		group.Wait()
		require.LessOrEqual(t, most(o.of("1001"), time.Minute), 500)
		require.Greater(t, o.between("1001", 90*time.Second, 2*time.Minute), 200)
	})
}

func TestCallsWaitWhileNATSIsAway(t *testing.T) {
	s := bustest.Server(t)
	p, err := Open(t.Context(), Options{JS: s.JS(t), Instance: "a", Log: quiet})
	require.NoError(t, err)
	defer p.Close()
	l := documented()
	l.Company = "1001"
	limiter := p.For(l)
	done, err := limiter.Take(t.Context())
	require.NoError(t, err)
	done()
	s.Stop()
	bustest.Eventually(t, func() error { // what was given out before may still be used
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		if _, err := limiter.Take(ctx); err != nil {
			return nil
		}
		return context.DeadlineExceeded
	})
	s.StartAgain(t)
	done, err = limiter.Take(t.Context())
	require.NoError(t, err)
	done()
}
