package plan

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func options(t *rapid.T) Options {
	return Options{
		Seed: rapid.Int64().Draw(t, "seed"), Invoices: rapid.IntRange(1, 3000).Draw(t, "invoices"),
		Rate: rapid.Float64Range(1, 100).Draw(t, "rate"), Patient: rapid.Bool().Draw(t, "patient"),
		Gap:       time.Duration(rapid.Int64Range(int64(time.Second), int64(time.Minute)).Draw(t, "gap")),
		Processes: []string{"ingest-1", "ingest-2", "deliver-1", "deliver-2", "reconcile-1", "reconcile-2"},
		Nodes:     []string{"nats-1", "nats-2", "nats-3"},
	}
}

func TestTheSameSeedGivesTheSamePlan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := options(t)
		require.Equal(t, Make(o), Make(o))
		key, n := rapid.String().Draw(t, "key"), rapid.IntRange(0, 1000).Draw(t, "n")
		require.Equal(t, o.Draw(key, n), o.Draw(key, n))
	})
}

func TestAnotherSeedGivesAnotherPlan(t *testing.T) {
	o := Options{Seed: 1, Invoices: 100, Rate: 10, Gap: time.Second, Processes: []string{"deliver-1"}, Nodes: []string{"nats-1"}}
	other := o
	other.Seed = 2
	require.NotEqual(t, Make(o).Actions, Make(other).Actions)
	require.NotEqual(t, Make(o).Faults, Make(other).Faults)
}

// Whatever the size, everything is killed, the store is lost, and an old copy of it
// comes back: in this order, and while users still send.
func TestEveryPlanHasEveryFault(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := options(t)
		p := Make(o)
		first := map[FaultKind]time.Duration{}
		killed := map[string]bool{}
		for _, f := range p.Faults {
			if _, seen := first[f.Kind]; !seen {
				first[f.Kind] = f.At
			}
			if f.Kind == KillProcess || f.Kind == KillNode {
				killed[f.Who] = true
			}
			require.Less(t, f.At, p.Length)
		}
		for _, kind := range []FaultKind{
			KillProcess, KillNode, Stop, CutServiceTrade, DelayServiceTrade, CutTarget, DelayTarget, CutNATS, DelayNATS,
			SwallowNATS, Replay, Redeliver, Wipe, Backup, Restore,
		} {
			require.Contains(t, first, kind)
		}
		require.Len(t, killed, len(o.Processes)+len(o.Nodes))
		require.Less(t, first[Backup], first[Wipe])
		require.Less(t, first[Wipe], first[Restore])
		_, bucket := first[WipeBucket]
		require.Equal(t, o.Patient, bucket)
	})
}

// In the small run people do everything that they can do.
func TestPeopleDoEverything(t *testing.T) {
	done := map[ActionKind]int{}
	for _, a := range Make(Options{Seed: 1, Invoices: 2000, Rate: 20, Gap: 2500 * time.Millisecond, Processes: []string{"deliver-1"}, Nodes: []string{"nats-1"}}).Actions {
		done[a.Kind]++
	}
	for _, kind := range []ActionKind{Send, Edit, Spoil, Refuse, Mend, Move, Delete, Admit, Retry} {
		require.Greater(t, done[kind], 20, kind)
	}
}

func TestEveryInvoiceIsSentAndTimeGoesForward(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Make(options(t))
		sent := map[int]bool{}
		last := map[int]time.Duration{}
		for _, a := range p.Actions {
			require.LessOrEqual(t, a.At, p.Length)
			require.GreaterOrEqual(t, a.At, last[a.Invoice])
			last[a.Invoice] = a.At
			sent[a.Invoice] = sent[a.Invoice] || a.Kind == Send
		}
		require.Len(t, sent, p.Options.Invoices)
		require.True(t, slices.IsSortedFunc(p.Actions, func(a, b Action) int { return int(a.At - b.At) }))
		require.True(t, slices.IsSortedFunc(p.Faults, func(a, b Fault) int { return int(a.At - b.At) }))
	})
}
