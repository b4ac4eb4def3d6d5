package record_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/record"
)

// However often it is tried, parked, in doubt or delivered again, a send keeps the
// time of its first trouble until it gets on.
func TestASendRemembersSinceWhenItWaits(t *testing.T) {
	first := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	c := record.Claiming{Owner: "a", Lasts: time.Second}
	late := record.Waits{Reason: "unreachable", Since: first.Add(time.Hour)}
	r := openedRecord(t)
	do := func(steps ...record.Transition) {
		for _, step := range steps {
			var err error
			r, err = step(r)
			require.NoError(t, err)
		}
	}
	do(record.Claim(c, nil), record.Renew(c, nil), record.Release("a", record.Waits{Reason: "throttled", Since: first}))
	for _, again := range []record.Transition{record.Release("a", late), record.Park("a", late), record.Doubt("a", late)} {
		do(record.Claim(c, nil))
		require.Equal(t, time.Minute, record.Waited(r, first.Add(time.Minute)), "while an attempt is under way")
		do(record.Renew(c, nil), again)
		require.Equal(t, 2*time.Hour, record.Waited(r, first.Add(2*time.Hour)))
	}
	do(record.Claim(c, nil), record.Conclude("a", &tradepostv1.RecordedOutcome{Kind: tradepostv1.OutcomeKind_OUTCOME_KIND_POSTED}))
	require.Zero(t, record.Waited(r, first.Add(2*time.Hour)), "it got on")
	do(record.Settle(c), record.Unsettle("a", late), record.Settle(c), record.DoubtWrite("a", time.Minute, record.Waits{Since: first.Add(9 * time.Hour)}))
	require.Equal(t, time.Minute, record.Waited(r, late.Since.Add(time.Minute)))
}

func openedRecord(t *testing.T) *tradepostv1.Record {
	t.Helper()
	r, err := record.OpenSend(opens(7))(nil)
	require.NoError(t, err)
	return r
}

func TestThePaceGrowsWithTheTimeWaited(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		waited := time.Duration(rapid.Int64Range(0, int64(48*time.Hour)).Draw(t, "waited"))
		d := record.Pace(waited)
		want := min(max(waited, time.Second), 5*time.Minute)
		if waited >= record.Budget {
			want = 30 * time.Minute
		}
		require.GreaterOrEqual(t, d, want)
		require.LessOrEqual(t, d, want+want/4)
	})
}

// A thousand sends that failed together do not come back together.
func TestThePaceIsSpread(t *testing.T) {
	seen := map[time.Duration]bool{}
	for range 100 {
		seen[record.Pace(time.Minute)/(100*time.Millisecond)] = true
	}
	require.Greater(t, len(seen), 30)
}
