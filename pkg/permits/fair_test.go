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

// Four companies want more than the app may call. One has many more callers than the
// others, and they are not at the same replicas.
func TestNoCompanyWaitsLongerThanTwiceItsShare(t *testing.T) {
	fake(t, func(t *testing.T, s *bustest.Broker) {
		limits := documented()
		limits.PerApp = []connector.Rate{{Calls: 600, Per: time.Minute}}
		o := newOffice(t, s, 3, limits)
		defer o.close()
		const lasts = 2 * time.Minute
		ctx, cancel := context.WithTimeout(t.Context(), lasts)
		var group sync.WaitGroup
		defer func() { cancel(); group.Wait() }()
		for i := range o.replicas {
			o.work(ctx, &group, i, "1001", 20, 100*time.Millisecond) // the greedy one
		}
		o.work(ctx, &group, 0, "1002", 6, 100*time.Millisecond)
		o.work(ctx, &group, 1, "1003", 6, 100*time.Millisecond)
		o.work(ctx, &group, 2, "1004", 6, 100*time.Millisecond)
		group.Wait()
		o.within(limits.PerApp, o.all())
		for _, company := range companies {
			o.within(limits.PerCompany, o.of(company))
		}
		require.GreaterOrEqual(t, len(o.all()), 1200*9/10, "of what the app is permitted")
		// In any stretch of time a company has at least half of its share, which is a
		// quarter: so nobody waits longer than twice as long as with that quarter.
		for _, company := range companies {
			for from := 5 * time.Second; from+10*time.Second <= lasts; from += time.Second {
				n := o.between(company, from, from+10*time.Second)
				require.GreaterOrEqual(t, n, 100/4/2, "company %s from %s on", company, from)
			}
			t.Logf("company %s: %d calls", company, len(o.of(company)))
		}
	})
}

// A company that comes anew while others use all that the app has.
func TestANewcomerIsServedInItsTurn(t *testing.T) {
	fake(t, func(t *testing.T, s *bustest.Broker) {
		limits := documented()
		limits.PerApp = []connector.Rate{{Calls: 600, Per: time.Minute}}
		o := newOffice(t, s, 3, limits)
		defer o.close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		var group sync.WaitGroup
		defer func() { cancel(); group.Wait() }()
		for i := range o.replicas {
			o.work(ctx, &group, i, "1001", 10, 100*time.Millisecond)
			o.work(ctx, &group, i, "1002", 10, 100*time.Millisecond)
		}
		<-time.After(10 * time.Second)
		const calls = 20
		began, l := time.Now(), o.limiter(2, "1003")
		for range calls {
			require.NoError(t, o.one(ctx, l, "1003", 0))
		}
		share := calls * 3 * time.Minute / 600
		require.Less(t, time.Since(began), 2*share+window, "twice its share, and what was given out before it came")
		cancel()
		group.Wait()
		o.within(limits.PerApp, o.all())
	})
}

// A company that can use little leaves the rest to the others.
func TestWhatOneDoesNotUseOthersGet(t *testing.T) {
	fake(t, func(t *testing.T, s *bustest.Broker) {
		limits := documented()
		limits.PerApp = []connector.Rate{{Calls: 600, Per: time.Minute}}
		o := newOffice(t, s, 2, limits)
		defer o.close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		var group sync.WaitGroup
		defer func() { cancel(); group.Wait() }()
		o.work(ctx, &group, 0, "1001", 1, 4*time.Second)
		o.work(ctx, &group, 1, "1002", 16, 100*time.Millisecond)
		group.Wait()
		require.GreaterOrEqual(t, len(o.of("1001")), 10)
		require.GreaterOrEqual(t, len(o.of("1002")), 450, "its own limit, as if it were alone")
	})
}
