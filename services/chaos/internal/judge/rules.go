package judge

import (
	"slices"

	"github.com/tradepost/tradepost/services/chaos/internal/world"
)

// status: the last thing that a person did decides how it has to end.
func (c *court) status() {
	last := c.lastWish()
	switch {
	case last == nil:
	case c.Final.Status == pending:
		if c.Waits == "" {
			c.sayf(Lost, "still pending at the end, and nothing says what it waits for")
		}
	case last.Kind == StepMove:
		// hands tells whether the product may have written after it.
		if c.Final.Status != last.Status && !c.wroteAfter(last, "") {
			c.sayf(WrongStatus, "a user left it %s, it is %s, and nobody wrote that", last.Status, c.Final.Status)
		}
	case last.Kind == StepRetry:
		c.triedAgain(last)
	case c.Final.Status != processed && c.Final.Status != failed:
		c.sayf(WrongStatus, "a user sent it, and it is %s", c.Final.Status)
	case !c.wroteAfter(last, c.Final.Status):
		c.sayf(WrongStatus, "%s, and nobody wrote that", c.Final.Status)
	}
}

// lastWish is the last step that chose a status, or asked for one.
func (c *court) lastWish() *Step {
	for _, s := range slices.Backward(c.Steps) {
		if s.Kind == StepSend || s.Kind == StepMove || s.Kind == StepRetry {
			return &s
		}
	}
	return nil
}

// wroteAfter tells whether the product wrote a status, or any, after a step began.
func (c *court) wroteAfter(s *Step, status string) bool {
	return slices.ContainsFunc(c.writes(), func(w world.Call) bool {
		return w.Ended.After(s.Began) && (status == "" || w.Status == status)
	})
}

// triedAgain: a retry of an invoice that is good by now has it processed; any other
// leaves it failed. An order that was lost with its stream, or that came to a record
// which was lost, does nothing, and one that may not have been stored may do nothing.
func (c *court) triedAgain(retry *Step) {
	switch c.Final.Status {
	case processed:
		if !c.wroteAfter(retry, processed) {
			c.sayf(WrongStatus, "processed, and nobody wrote that")
		}
	case failed:
		lost := retry.Unsure || slices.ContainsFunc(append(slices.Clone(c.losses), c.cleared...), retry.Began.Before)
		if retry.Verdict == Good && !lost && !c.changedAfter(retry) {
			c.sayf(Lost, "an operator had the invoice tried again, it is good, and it is still failed")
		}
	default:
		c.sayf(WrongStatus, "an operator had it tried again, and it is %s", c.Final.Status)
	}
}

// changedAfter tells whether a user changed the invoice after a step: it has to be sent
// again then.
func (c *court) changedAfter(s *Step) bool {
	return slices.ContainsFunc(c.Steps, func(later Step) bool { return later.Kind == StepEdit && later.Ended.After(s.Began) })
}
