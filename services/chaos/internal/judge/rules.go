package judge

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tradepost/tradepost/services/chaos/internal/target"
	"github.com/tradepost/tradepost/services/chaos/internal/world"
)

// books: nothing is there twice, and nothing that should not be there.
func (c *court) books() {
	made := 0
	for _, e := range c.Books {
		if e.What == target.Created {
			made++
		}
	}
	if made > 1 {
		c.say(Doubled, fmt.Sprintf("%d documents were created", made))
	}
	if made > 0 && len(c.sends()) == 0 {
		c.say(Stray, "a document of an invoice that was never sent")
	}
}

// status: the last thing that a user did decides.
func (c *court) status() {
	last := c.lastWish()
	switch {
	case last == nil:
	case c.Final.Status == pending:
		if c.Waits == "" {
			c.say(Lost, "still pending at the end, and nothing says what it waits for")
		}
	case last.Kind == StepMove:
		// hands tells whether the product may have written after it.
		if c.Final.Status != last.Status && !slices.ContainsFunc(c.writes(), func(w world.Call) bool { return w.Ended.After(last.Began) }) {
			c.say(WrongStatus, fmt.Sprintf("a user left it %s, it is %s, and nobody wrote that", last.Status, c.Final.Status))
		}
	case c.Final.Status == processed:
		c.wasProcessed()
	case c.Final.Status == failed:
		c.hasFailed()
	default:
		c.say(WrongStatus, fmt.Sprintf("a user sent it, and it is %s", c.Final.Status))
	}
}

// lastWish is the last step that chose a status.
func (c *court) lastWish() *Step {
	for _, s := range slices.Backward(c.Steps) {
		if s.Kind != StepEdit {
			return &s
		}
	}
	return nil
}

// writes are the status changes that took effect.
func (c *court) writes() []world.Call {
	var all []world.Call
	for _, call := range c.Calls {
		if call.Kind == world.CallStatus && call.Applied {
			all = append(all, call)
		}
	}
	return all
}

// seenBefore is what the process that wrote may have read last before it did.
func (c *court) seenBefore(w world.Call) []Step {
	from := w.Began
	if r := c.lastRead(w); r != nil {
		from = r.Began
	}
	return c.shown(from, w.Ended)
}

func (c *court) lastRead(w world.Call) *world.Call {
	var last *world.Call
	for _, call := range c.Calls {
		if call.Kind == world.CallRead && call.Applied && call.Process == w.Process && call.Ended.Before(w.Began) &&
			(last == nil || call.Ended.After(last.Ended)) {
			last = &call
		}
	}
	return last
}

// wasProcessed: there is a document, over what ServiceTrade showed.
func (c *court) wasProcessed() {
	w := c.lastWrite(processed)
	if w == nil {
		c.say(WrongStatus, "processed, and nobody wrote that")
		return
	}
	if len(c.Live) == 0 || c.firstMade().After(w.Ended) {
		c.say(WrongStatus, "processed without a document")
		return
	}
	seen := c.seenBefore(*w)
	if !slices.ContainsFunc(seen, func(s Step) bool { return s.Verdict == Good }) {
		c.say(WrongStatus, fmt.Sprintf("processed, and it is %s", seen[0].Verdict))
	}
	if !slices.ContainsFunc(seen, func(s Step) bool { return sameAmount(s.Total, c.Live[len(c.Live)-1]) }) {
		c.say(WrongTotal, fmt.Sprintf("the document's total is %s, and ServiceTrade's %s", c.Live[len(c.Live)-1], seen[len(seen)-1].Total))
	}
}

// firstMade is when the first document was created; the zero time when none was.
func (c *court) firstMade() time.Time {
	for _, e := range c.Books {
		if e.What == target.Created {
			return e.At
		}
	}
	return time.Time{}
}

// hasFailed: it was bad, or the books hold another version of it that the product
// no longer knows to be its own.
func (c *court) hasFailed() {
	w := c.lastWrite(failed)
	if w == nil {
		c.say(WrongStatus, "failed, and nobody wrote that")
		return
	}
	seen := c.seenBefore(*w)
	if slices.ContainsFunc(seen, func(s Step) bool { return s.Verdict != Good }) || c.otherKind(seen) || c.forgotten(*w) {
		return
	}
	c.say(WrongStatus, "failed, and it is good")
}

// otherKind tells whether a document of the other kind is in the way: an invoice
// whose total changed its sign has to wait for a bookkeeper, who takes it out.
func (c *court) otherKind(seen []Step) bool {
	return slices.ContainsFunc(seen, func(s Step) bool {
		return len(c.Live) > 0 && strings.HasPrefix(s.Total, "-") != strings.HasPrefix(c.Live[0], "-")
	})
}

// forgotten tells whether the product lost its knowledge of the document after it
// was made, so that it may not update it any more.
func (c *court) forgotten(w world.Call) bool {
	for _, e := range c.Books {
		for _, loss := range c.losses {
			if e.What != target.Refused && loss.After(e.At.Add(-time.Minute)) && loss.Before(w.Ended) {
				return !sameAmount(c.Live[0], c.shown(w.Began, w.Ended)[0].Total)
			}
		}
	}
	return false
}

func (c *court) lastWrite(status string) *world.Call {
	for _, w := range slices.Backward(c.writes()) {
		if w.Status == status {
			return &w
		}
	}
	return nil
}
