package permits

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/connector"
)

var companies = []string{"1001", "1002", "1003", "1004"}

func TestFourCompaniesUseTheirLimitsAndNoMore(t *testing.T) {
	fake(t, func(t *testing.T, s *bustest.Broker) {
		o := newOffice(t, s, 3, documented())
		defer o.close()
		const lasts = 3 * time.Minute
		ctx, cancel := context.WithTimeout(t.Context(), lasts)
		asked := o.asked()
		var group sync.WaitGroup
		defer func() { cancel(); group.Wait() }()
		for i := range o.replicas {
			for _, company := range companies {
				o.work(ctx, &group, i, company, 3, 120*time.Millisecond)
			}
		}
		group.Wait()
		for _, company := range companies {
			o.within(o.limits.PerCompany, o.of(company))
			require.LessOrEqual(t, o.atOnce(company), 10)
			require.GreaterOrEqual(t, o.between(company, 0, lasts), 3*450, "90 %% of what is permitted, company %s", company)
		}
		perCall := float64(o.asked()-asked) / float64(len(o.all()))
		t.Logf("%d calls, %.2f messages to NATS for each", len(o.all()), perCall)
		require.Less(t, perCall, 0.5)
	})
}

func TestOneReplicaWithFewWorkersUsesTheLimit(t *testing.T) {
	fake(t, func(t *testing.T, s *bustest.Broker) {
		o := newOffice(t, s, 3, documented())
		defer o.close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		var group sync.WaitGroup
		defer func() { cancel(); group.Wait() }()
		o.work(ctx, &group, 1, "1001", 4, 200*time.Millisecond)
		group.Wait()
		o.within(o.limits.PerCompany, o.of("1001"))
		require.GreaterOrEqual(t, o.between("1001", 0, time.Minute), 450)
	})
}

// What a caller does one after the other must not take a turn for each.
func TestACallerAloneWaitsForLittle(t *testing.T) {
	fake(t, func(t *testing.T, s *bustest.Broker) {
		o := newOffice(t, s, 2, documented())
		defer o.close()
		l := o.limiter(0, "1001")
		require.NoError(t, o.one(t.Context(), l, "1001", 0)) // a new book begins with a pause
		for range 10 {
			<-time.After(time.Minute)
			began, asked := time.Now(), o.asked()
			for range 4 {
				require.NoError(t, o.one(t.Context(), l, "1001", 100*time.Millisecond))
			}
			require.Less(t, time.Since(began), 4*150*time.Millisecond+100*time.Millisecond)
			<-time.After(5 * time.Second)
			require.LessOrEqual(t, o.asked()-asked, uint64(10), "clock, turns and the good-bye")
		}
		asked := o.asked()
		<-time.After(time.Hour)
		require.Equal(t, asked, o.asked(), "nobody asks while nobody calls")
	})
}

// Replicas with a light load each, of the same company.
func TestLittleTrafficAtSeveralReplicas(t *testing.T) {
	fake(t, func(t *testing.T, s *bustest.Broker) {
		o := newOffice(t, s, 3, documented())
		defer o.close()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		var group sync.WaitGroup
		defer func() { cancel(); group.Wait() }()
		asked := o.asked()
		for i := range o.replicas {
			l := o.limiter(i, "1001")
			group.Go(func() {
				for ctx.Err() == nil { // a posting of four calls now and then
					began := time.Now()
					for range 4 {
						if o.one(ctx, l, "1001", 100*time.Millisecond) != nil {
							return
						}
					}
					assert.Less(t, time.Since(began), 4*time.Second)
					<-time.After(2 * time.Second)
				}
			})
		}
		group.Wait()
		o.within(o.limits.PerCompany, o.of("1001"))
		perCall := float64(o.asked()-asked) / float64(len(o.all()))
		t.Logf("%d calls, %.2f messages to NATS for each", len(o.all()), perCall)
		require.Greater(t, len(o.all()), 3*4*30)
		require.Less(t, perCall, 2.5)
	})
}

// Permits that nobody used are lost: a company that was idle has no burst to its credit.
func TestNothingIsSavedUp(t *testing.T) {
	fake(t, func(t *testing.T, s *bustest.Broker) {
		o := newOffice(t, s, 2, documented())
		defer o.close()
		l := o.limiter(0, "1001")
		require.NoError(t, o.one(t.Context(), l, "1001", 0))
		for range 20 {
			<-time.After(5 * time.Second)
			require.NoError(t, o.one(t.Context(), l, "1001", 0)) // some more permits come with it
			<-time.After(550 * time.Millisecond)
			var group sync.WaitGroup
			for i := range 14 {
				group.Go(func() { assert.NoError(t, o.one(t.Context(), o.limiter(i%2, "1001"), "1001", 0)) })
			}
			group.Wait()
		}
		calls := o.of("1001")
		require.LessOrEqual(t, most(calls, 900*time.Millisecond), 8, "one in an eighth of a second")
		o.within(o.limits.PerCompany, calls)
	})
}

func TestPlacesUnderWayAreShared(t *testing.T) {
	fake(t, func(t *testing.T, s *bustest.Broker) {
		limits := documented()
		limits.PerCompany = nil
		o := newOffice(t, s, 3, limits)
		defer o.close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		var group sync.WaitGroup
		defer func() { cancel(); group.Wait() }()
		for i := range o.replicas {
			o.work(ctx, &group, i, "1001", 8, 2*time.Second)
		}
		group.Wait()
		require.LessOrEqual(t, o.atOnce("1001"), 10)
		require.GreaterOrEqual(t, o.between("1001", 0, time.Minute), 10*30*8/10, "ten calls of two seconds at a time")
	})
}

func TestALaterReplicaGetsItsPart(t *testing.T) {
	fake(t, func(t *testing.T, s *bustest.Broker) {
		o := newOffice(t, s, 2, documented())
		defer o.close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		var group sync.WaitGroup
		defer func() { cancel(); group.Wait() }()
		o.work(ctx, &group, 0, "1001", 16, 900*time.Millisecond)
		<-time.After(20 * time.Second)
		l := o.limiter(1, "1001")
		for range 5 {
			began := time.Now()
			require.NoError(t, o.one(ctx, l, "1001", 0))
			require.Less(t, time.Since(began), 4*time.Second, "sixteen others wait")
		}
		group.Wait()
		o.within(o.limits.PerCompany, o.of("1001"))
		require.LessOrEqual(t, o.atOnce("1001"), 10)
	})
}

var _ = connector.Settings{Calls: (*Permits)(nil).For}
