// Package plan makes the whole schedule of a chaos run from its seed before
// anything is started: what the users of ServiceTrade do to which invoice, and
// what goes wrong when. The same options give the same plan.
package plan

import (
	"hash/fnv"
	"math/rand/v2"
	"time"
)

// Options of a run.
type Options struct {
	Seed int64
	// Invoices is how many are sent.
	Invoices int
	// Rate is how many are sent in a second.
	Rate float64
	// Gap is the time between two faults.
	Gap time.Duration
	// Patient allows faults that heal only after the product's quarter of an hour:
	// a lost stream whose records are still there, and the other way round.
	Patient bool
	// Processes and Nodes are the names of what can be killed.
	Processes []string
	Nodes     []string
}

// Plan is everything that will be done, sorted by time.
type Plan struct {
	Options Options
	// Length is how long users and faults go on.
	Length  time.Duration
	Actions []Action
	Faults  []Fault
}

// least is the shortest run: below it faults would only hit each other.
const least = 75 * time.Second

// Make makes the plan.
func Make(o Options) *Plan {
	p := &Plan{Options: o, Length: max(least, time.Duration(float64(o.Invoices)/o.Rate*float64(time.Second)))}
	p.users()
	p.faults()
	return p
}

// rng gives an own stream of chance to each part of the plan, so that one part can
// change without changing the others.
func (o Options) rng(part string, n int) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(part))                                                         // A hash never fails.
	return rand.New(rand.NewPCG(uint64(o.Seed), h.Sum64()+uint64(n)*0x9e3779b97f4a7c15)) //nolint:gosec // a schedule, no secret
}

// Chance tells whether something with probability p happens to the nth occurrence
// of what key names: the same seed gives the same answer, in whatever order the
// processes ask.
func (o Options) Chance(key string, n int, p float64) bool {
	return o.rng(key, n).Float64() < p
}

// Draw is a number in [0, 1) for the nth occurrence of what key names.
func (o Options) Draw(key string, n int) float64 { return o.rng(key, n).Float64() }

func between(r *rand.Rand, from, to time.Duration) time.Duration {
	return from + time.Duration(r.Int64N(int64(to-from)))
}
