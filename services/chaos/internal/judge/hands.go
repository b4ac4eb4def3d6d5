package judge

import (
	"time"

	"github.com/tradepost/tradepost/services/chaos/internal/world"
)

// window is the longest time between the product's last look and its write:
// ServiceTrade has no conditional write, so that what a user does in between cannot
// be seen. It is the time of a claim to settle, and a little for a slow machine.
const window = 45 * time.Second

// hands: where a user moved the invoice out of pending_accounting, nothing is
// written any more by a process that could have seen it.
func (c *court) hands() {
	for i, s := range c.Steps {
		if s.Kind != StepMove {
			continue
		}
		until := time.Now()
		for _, later := range c.Steps[i+1:] {
			if later.Kind == StepSend {
				until = later.Began
				break
			}
		}
		for _, w := range c.writes() {
			if w.Began.After(s.Ended) && w.Began.Before(until) && c.couldSee(w, s) {
				c.sayf(Overwritten, "moved to %s by hand, and %s wrote %s", s.Status, w.Process, w.Status)
			}
		}
	}
}

// couldSee tells whether the last look before the write was after the step, or too
// long ago to count.
func (c *court) couldSee(w world.Call, s Step) bool {
	r := c.lastRead(w)
	return r == nil || r.Began.After(s.Ended) || w.Began.Sub(r.Ended) > window
}
