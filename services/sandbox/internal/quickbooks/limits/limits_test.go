package limits_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/tradepost/tradepost/services/sandbox/internal/quickbooks/limits"
)

// However requests arrive, no second and no minute has more served ones than the
// limit, and a request is refused only when one of them is full.
func TestNoWindowIsOverfilled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
		l := limits.None()
		l.PerMinute, l.PerSecond = rapid.IntRange(1, 30).Draw(t, "minute"), rapid.IntRange(1, 5).Draw(t, "second")
		g := limits.New(l, func() time.Time { return now })
		var served []time.Time
		within := func(length time.Duration) (n int) {
			for _, at := range served {
				if at.After(now.Add(-length)) {
					n++
				}
			}
			return n
		}
		for range rapid.IntRange(1, 200).Draw(t, "requests") {
			now = now.Add(time.Duration(rapid.IntRange(0, 3000).Draw(t, "ms")) * time.Millisecond)
			full := within(time.Minute) >= l.PerMinute || within(time.Second) >= l.PerSecond
			leave, ok := g.Enter(limits.Call{Realm: "1", App: "a"})
			require.Equal(t, !full, ok)
			if ok {
				leave()
				served = append(served, now)
			}
		}
		count := g.Counts("1")
		require.Equal(t, len(served), count.Total-count.Throttled)
	})
}

func TestTheDocumentedRateIsServed(t *testing.T) {
	for name, at := range map[string]struct {
		pace      time.Duration
		throttled bool
	}{
		"just so":         {120 * time.Millisecond, false},
		"a bit too quick": {119 * time.Millisecond, true},
	} {
		t.Run(name, func(t *testing.T) {
			now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
			g := limits.New(limits.Limits{}, func() time.Time { return now })
			for range 2500 {
				if leave, ok := g.Enter(limits.Call{Realm: "1", App: "a"}); ok {
					leave()
				}
				now = now.Add(at.pace)
			}
			count := g.Counts("1")
			require.Equal(t, at.throttled, count.Throttled > 0, count.Reasons)
			require.Equal(t, 1, count.MostConcurrent)
		})
	}
}

func TestAppsHaveTheirOwnSeconds(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	g := limits.New(limits.Limits{PerSecond: 2, PerMinute: 3}, func() time.Time { return now })
	enter := func(app string) bool {
		leave, ok := g.Enter(limits.Call{Realm: "1", App: app})
		if ok {
			leave()
		}
		return ok
	}
	require.True(t, enter("a"))
	require.True(t, enter("a"))
	require.False(t, enter("a"))
	require.True(t, enter("b"), "the second is of a company and app")
	require.False(t, enter("b"), "the minute is of the company")
}
