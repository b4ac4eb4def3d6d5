package grant

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// crasher ends a process at a random step, as if it had been killed there: no further
// statement of it runs, and nothing of its memory is used again.
type crasher struct {
	mu     sync.Mutex
	rng    *rand.Rand
	counts map[string]int
}

// Others stand still for so long that their claim is over.
func (c *crasher) crash(w *world, point map[string]float64, one float64) func(string) {
	dead := false
	return func(at string) {
		if c.chance(.06) {
			w.clock.pass(2 * usualClaim)
			runtime.Gosched()
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		if !dead && c.rng.Float64() < max(one, point[at]) {
			dead = true
			c.counts[at]++
		}
		if dead {
			runtime.Goexit()
		}
	}
}

func (c *crasher) chance(p float64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rng.Float64() < p
}

func (c *crasher) below(n int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rng.IntN(n)
}

func (c *crasher) total() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, count := range c.counts {
		n += count
	}
	return n
}

// crashes is how many crashes TestNoCrashLosesAConnection makes: TRADEPOST_TEST_CRASHES,
// else enough for each step to be met often.
func crashes(t *testing.T) int {
	if text := os.Getenv("TRADEPOST_TEST_CRASHES"); text != "" {
		n, err := strconv.Atoi(text)
		require.NoError(t, err)
		return n
	}
	return 1500
}

func seed(t *testing.T) uint64 {
	n := uint64(1)
	if text := os.Getenv("TRADEPOST_TEST_SEED"); text != "" {
		var err error
		n, err = strconv.ParseUint(text, 10, 64)
		require.NoError(t, err)
	}
	return n
}

// points are the steps of a renewal.
var points = []string{"claim", "claimed", "call", "answer", "store", "stored", "overtaken", "refused", "give up", "given up"}

// Processes die at every step of a renewal or stand still there until others take over,
// several work at the same time, the vendor is busy, loses answers, takes refresh tokens
// back, and NATS fails writes or loses the answers of writes: the connection is never lost.
func TestNoCrashLosesAConnection(t *testing.T) {
	var mu sync.Mutex
	died := map[string]int{}
	t.Run("rotation", func(t *testing.T) {
		for name, r := range map[string]rotation{"daily": daily, "always": always, "strict": strict} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				counts := crashMany(t, r, crashes(t)/3+1)
				mu.Lock()
				defer mu.Unlock()
				for point, n := range counts {
					died[point] += n
				}
			})
		}
	})
	for _, point := range points {
		require.Positive(t, died[point], "nothing died at %q", point)
	}
	t.Logf("died at %v", died)
}

func crashMany(t *testing.T, r rotation, n int) map[string]int {
	w := newWorld(t, r)
	c := &crasher{rng: rand.New(rand.NewPCG(seed(t), uint64(r))), counts: map[string]int{}}
	w.signIn()
	lost, rounds := 0, 0
	for ; c.total() < n; rounds++ {
		w.round(c)
		w.vendor.change(func() { w.vendor.trick = func() trick { return plain } })
		w.fail = nil
		if err := w.works(); err != nil {
			lost++
			t.Errorf("round %d, seed %d: %v", rounds, seed(t), err)
			w.signIn()
		}
	}
	t.Logf("%d crashes in %d rounds, %d calls to the vendor: %d connections lost", c.total(), rounds, w.vendor.called(), lost)
	return c.counts
}

// rare steps are died at more often, to have died there at all.
var rare = map[string]float64{"refused": .4, "overtaken": .4, "give up": .2, "given up": .2}

// round lets time pass and has one to three processes ask for a token, each of which
// may die anywhere.
func (w *world) round(c *crasher) {
	w.clock.pass(time.Duration(c.below(90)) * time.Minute)
	if c.chance(.1) {
		w.clock.pass(time.Duration(c.below(20)) * time.Hour)
	}
	trouble := c.chance(.3)
	w.vendor.change(func() {
		w.vendor.trick = func() trick {
			if !trouble || c.chance(.5) {
				return plain
			}
			return trick(1 + c.below(4))
		}
	})
	if c.chance(.2) {
		w.fail = func() (before, after bool) { return c.chance(.2), c.chance(.2) }
	}
	var group sync.WaitGroup
	for range 1 + c.below(3) {
		h := w.process(c.crash(w, rare, .1))
		group.Go(func() {
			for range 3 {
				asked := w.clock.now()
				if token, err := h.Token(w.t.Context()); err == nil && !w.vendor.acceptsAt(token, asked) {
					panic(fmt.Sprintf("a token that the vendor does not know, or that was over before it was asked for: %s", token))
				}
			}
		})
	}
	group.Wait()
}
