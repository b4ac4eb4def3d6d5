package model

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// play runs the actions in fake time, and then lets things calm down. It returns
// what went wrong, and "" when nothing did.
func play(t *testing.T, m mutant, keyed bool, fates []int, all []action) (broken []string, trace string) {
	t.Helper()
	synctest.Test(t, func(*testing.T) {
		w := newWorld(m, fates)
		w.books.keyed = keyed
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
		broken, trace = w.broken, w.trace()
	})
	return broken, trace
}

func fates() *rapid.Generator[[]int] { return rapid.SliceOfN(rapid.IntRange(0, 119), 0, 60) }

// TestModel looks for a schedule that breaks a promise of the protocols as they are.
func TestModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		keyed := rapid.Bool().Draw(rt, "keyed")
		f, all := fates().Draw(rt, "fates"), actions().Draw(rt, "actions")
		if broken, trace := play(t, sound, keyed, f, all); len(broken) > 0 {
			rt.Log(trace)
			rt.Fatal(broken[0])
		}
	})
}

// teeth is each step that is left out, and what must be seen then.
var teeth = map[mutant]string{
	omitFind:         "live documents",
	omitFence:        "live documents",
	omitCAS:          "live documents",
	omitTakeOver:     "live documents",
	omitComment:      "and the comment",
	omitRead:         "a user's hand",
	omitCommentLook:  "is there twice",
	omitSettlingTime: "live documents",
	omitHeal:         "rounds without trouble",
	omitRecover:      "rounds without trouble",
	omitEndedClaims:  "rounds without trouble",
	omitSecondRead:   "a user's hand",
}

// tries is how many schedules a mutant has until it must be found.
const tries = 4000

func TestTeeth(t *testing.T) {
	for m, want := range teeth {
		t.Run(string(m), func(t *testing.T) {
			for seed := range tries {
				broken, _ := play(t, m, false, fates().Example(seed), actions().Example(seed+tries))
				if len(broken) > 0 {
					require.Contains(t, broken[0], want)
					t.Logf("found with schedule %d: %v", seed, broken)
					return
				}
			}
			require.Fail(t, "the model does not see that a step is left out")
		})
	}
}
