package permits

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/tradepost/tradepost/pkg/connector"
)

// ratesOf draws one or two rates.
func ratesOf(t *rapid.T, name string) []connector.Rate {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) connector.Rate {
		return connector.Rate{
			Calls: rapid.IntRange(1, 700).Draw(t, "calls"),
			Per:   rapid.SampledFrom([]time.Duration{time.Second, 10 * time.Second, time.Minute}).Draw(t, "per"),
		}
	}), 1, 2).Draw(t, name)
}

// arrive draws when the calls of permits arrive: late, and by a way that takes longer
// for one than for another.
func arrive(t *rapid.T, moments []micros) []time.Time {
	arrived := make([]time.Time, 0, len(moments))
	for _, m := range moments {
		off := rapid.SampledFrom([]time.Duration{0, slack / 3, slack}).Draw(t, "off")
		arrived = append(arrived, m.time().Add(off))
	}
	slices.SortFunc(arrived, time.Time.Compare)
	return arrived
}

func within(t rapid.TB, rates []connector.Rate, calls []time.Time) {
	for _, r := range rates {
		require.LessOrEqual(t, most(calls, r.Per), r.Calls, "in %s", r.Per)
	}
}

// Whoever takes turns, whenever, and however late the calls arrive: no stretch of time
// has more of them than the rates of the company and of the app allow.
func TestNoWindowHasMoreThanItsRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		perCompany, perApp := ratesOf(t, "per company"), ratesOf(t, "per app")
		b, g, step := newBook(), gridOf(perApp), span(gap(perCompany))
		now := micros(1_800_000_000_000_000)
		given := map[string][]micros{}
		for range rapid.IntRange(1, 40).Draw(t, "turns") {
			now += span(time.Duration(rapid.IntRange(0, 1500).Draw(t, "later")) * time.Millisecond)
			asks := map[string]ask{}
			for _, id := range rapid.SliceOfNDistinct(rapid.SampledFrom(companies), 1, 4, rapid.ID).Draw(t, "companies") {
				asks[id] = ask{gap: step, want: rapid.IntRange(0, 30).Draw(t, "want")}
			}
			replica := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "replica")
			skewed := now + span(time.Duration(rapid.IntRange(-15, 15).Draw(t, "skew"))*time.Millisecond)
			for id, one := range b.turn(skewed, replica, asks, g) {
				given[id] = append(given[id], one.permits...)
			}
			if rapid.IntRange(0, 9).Draw(t, "crash") == 0 {
				raw, err := b.encode()
				require.NoError(t, err)
				b, err = decode(raw)
				require.NoError(t, err)
			}
		}
		var all []micros
		for _, moments := range given {
			within(t, perCompany, arrive(t, moments))
			all = append(all, moments...)
		}
		within(t, perApp, arrive(t, all))
	})
}

// What all replicas together have under way, or may begin, is never more than the
// company allows.
func TestPlacesNeverExceedTheLimit(t *testing.T) {
	type side struct{ places, busy int }
	rapid.Check(t, func(t *rapid.T) {
		parallel := rapid.IntRange(1, 12).Draw(t, "parallel")
		b, now := newBook(), micros(1_800_000_000_000_000)
		sides := map[string]*side{"a": {}, "b": {}, "c": {}, "d": {}}
		for range rapid.IntRange(1, 60).Draw(t, "turns") {
			now += span(time.Duration(rapid.IntRange(0, 3000).Draw(t, "later")) * time.Millisecond)
			for id, s := range sides {
				if now > b.Replicas[id].Seen+span(seatLease) {
					*s = side{} // it is dead, or has had nothing for long
				}
				s.busy = rapid.IntRange(0, max(s.busy, s.places)).Draw(t, "busy")
			}
			id := rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "replica")
			s, need := sides[id], rapid.IntRange(0, parallel).Draw(t, "need")
			asks := map[string]ask{"1001": {parallel: parallel, want: need, need: need, kept: max(s.busy, s.places)}}
			s.places = b.turn(now, id, asks, grid{})["1001"].places
			sum := 0
			for _, s := range sides {
				sum += max(s.busy, s.places)
			}
			require.LessOrEqual(t, sum, parallel)
		}
	})
}

func TestTheGapKeepsToTheNarrowestRate(t *testing.T) {
	require.InDelta(t, 0.125, gap(documented().PerCompany).Seconds(), 0.0001)
	require.Zero(t, gap(nil))
	require.Equal(t, grid{}, gridOf(nil))
	g := gridOf([]connector.Rate{{Calls: 10000, Per: time.Minute}})
	require.Greater(t, float64(g.Each)*60/g.Step.duration().Seconds(), 9500.0, "%+v", g)
}
