package model

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// play runs the actions in fake time, and then lets things calm down.
func play(t *testing.T, m mutant, how books, fates []int, all []action) (w *world) {
	t.Helper()
	synctest.Test(t, func(*testing.T) {
		w = newWorld(m, fates)
		w.books = how
		w.apply(action{do: "send"})
		for _, a := range all {
			w.apply(a)
			if len(w.broken) > 0 {
				break
			}
		}
		if len(w.broken) == 0 {
			w.calm()
		}
		for _, one := range w.workers {
			one.kill()
		}
	})
	return w
}

// example plays the schedule of that number, always the same; every third is of books that
// are given files.
func example(t *testing.T, m mutant, seed int) *world {
	t.Helper()
	return play(t, m, books{filed: seed%3 == 2}, fates().Example(seed), actions().Example(seed+another))
}

func fates() *rapid.Generator[[]int] { return rapid.SliceOfN(rapid.IntRange(0, 119), 0, 60) }

// searches is how many times rapid looks for a broken promise, each with as many
// schedules as -rapid.checks says.
const searches = 10

// TestModel looks for a schedule that breaks a promise of the protocols as they are.
func TestModel(t *testing.T) {
	for range searches {
		rapid.Check(t, func(rt *rapid.T) {
			how := books{keyed: rapid.Bool().Draw(rt, "keyed"), filed: rapid.Bool().Draw(rt, "filed")}
			f, all := fates().Draw(rt, "fates"), actions().Draw(rt, "actions")
			if w := play(t, sound, how, f, all); len(w.broken) > 0 {
				rt.Log(w.trace())
				rt.Fatal(w.broken[0])
			}
		})
	}
}

// teeth is each step that is left out, and what must be seen then.
var teeth = map[mutant]string{
	omitFind:         "live documents",
	omitFence:        "live documents",
	omitCAS:          "live documents",
	omitTakeOver:     "live documents",
	forgetDoubt:      "live documents",
	earlyLook:        "live documents",
	earlySecondLook:  "is there twice",
	omitComment:      "and the comment",
	omitRead:         "a user's hand",
	omitCommentLook:  "is there twice",
	omitSettlingTime: "live documents",
	omitHeal:         "rounds without trouble",
	omitRecover:      "rounds without trouble",
	omitEndedClaims:  "rounds without trouble",
	omitSecondRead:   "a user's hand",
	forgetHanded:     "live documents",
	believeHanded:    "there never was a document",
	omitEvidence:     "rounds without trouble",
	omitWithdraw:     "rounds without trouble",
}

// another keeps the actions of an example from following its fates.
const another = 4000

// tries is how many schedules a mutant has until it must be found.
const tries = 16000

func TestTeeth(t *testing.T) {
	for m, want := range teeth {
		t.Run(string(m), func(t *testing.T) {
			for seed := range tries {
				w := example(t, m, seed)
				if slices.ContainsFunc(w.broken, func(b string) bool { return strings.Contains(b, want) }) {
					t.Logf("found with schedule %d: %v", seed, w.broken)
					return
				}
			}
			require.Fail(t, "the model does not see that a step is left out")
		})
	}
}

// steps are what the model has to get to.
var steps = []string{
	"open a send: absent -> opening", "open a send: closed -> opening", "mark as open: opening -> open",
	"publish again: opening -> opening", "publish again: open -> opening", "publish again: parked -> opening", "publish again: claimed -> claimed",
	"reject: opening -> outcome", "reject: open -> outcome",
	"claim: opening -> claimed", "claim: open -> claimed", "claim: parked -> claimed", "claim: claimed -> claimed", "claim: outcome -> claimed",
	"renew: claimed -> claimed", "note: claimed -> claimed", "note as gone: claimed -> claimed", "resolve: claimed -> claimed",
	"give back: claimed -> open", "doubt: claimed -> claimed", "park: claimed -> parked", "release: claimed -> open", "conclude: claimed -> outcome",
	"hold: open -> held", "hold: parked -> held", "hold: claimed -> held", "release: held -> opening", "release: held -> claimed",
	"settle: outcome -> settling", "settle: settling -> settling", "give back: settling -> outcome", "give back: settling -> settling",
	"close: settling -> closed", "update", "second generation",
	"withdraw: opening -> outcome", "withdraw: open -> outcome",
	"hand: claimed -> handed", "conclude: handed -> outcome", "start over: handed -> opening", "start over: held -> opening",
	"settle by hand: handed -> outcome", "settle by hand: held -> outcome",
}

// TestReach makes sure that the model gets to what it is about: a step that no
// schedule reaches is not checked.
func TestReach(t *testing.T) {
	missing := map[string]bool{}
	for _, want := range steps {
		missing[want] = true
	}
	for seed := 0; len(missing) > 0; seed++ {
		require.Less(t, seed, tries, "no schedule reaches %v", missing)
		w := example(t, sound, seed)
		require.Empty(t, w.broken, w.trace())
		maps.DeleteFunc(missing, func(step string, _ bool) bool { return w.reached[step] })
	}
}
