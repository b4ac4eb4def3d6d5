package judge

import (
	"regexp"
	"slices"
	"time"

	"github.com/tradepost/tradepost/services/chaos/internal/world"
)

var markerPattern = regexp.MustCompile(`\[tradepost [^\]]+\]`)

// comments: a send that failed has one, stored before the status was written.
func (c *court) comments() {
	sends := c.sends()
	for i, s := range sends {
		end := time.Now()
		if i+1 < len(sends) {
			end = sends[i+1].Began
		}
		c.commentsOf(i+1, s.Began, end)
	}
	c.sameTwice()
}

// commentsOf judges what was written between one send and the next.
func (c *court) commentsOf(send int, from, to time.Time) {
	var comments []world.Call
	for _, call := range c.Calls {
		if call.Kind == world.CallComment && call.Applied && call.IsFailure() && !call.Began.Before(from) && call.Began.Before(to) {
			comments = append(comments, call)
		}
	}
	for _, w := range c.writes() {
		if w.Status != failed || w.Began.Before(from) || !w.Began.Before(to) {
			continue
		}
		// A comment whose answer was lost is looked for, so that its write never comes
		// before ServiceTrade has stored it.
		stored := slices.ContainsFunc(comments, func(m world.Call) bool { return !m.Ended.After(w.Began) })
		switch {
		case stored, len(comments) == 0 && c.toldJustBefore(from, w.Ended):
		case len(comments) == 0:
			c.sayf(NoComment, "send %d failed without a comment", send)
		default:
			c.sayf(NoComment, "send %d: failed was written %s before its comment was stored", send, comments[0].Ended.Sub(w.Began))
		}
		break
	}
	// Whoever changes an invoice on its way has it judged once more.
	allowed := 1
	for _, s := range c.Steps {
		if s.Kind == StepEdit && s.Ended.After(from) && s.Began.Before(to) {
			allowed++
		}
	}
	if len(comments) > allowed {
		c.sayf(TwoComments, "send %d has %d comments", send, len(comments))
	}
}

// sameMoment is how close two events may be that ServiceTrade's whole seconds, and the
// second that our own comment may take to touch the invoice, do not tell apart.
const sameMoment = 3 * time.Second

// toldJustBefore allows a send that was asked for within moments of the last failure,
// and whose records were lost before it was settled: nothing that is left says whether
// that failure's comment is this send's own. It says the same, and is seconds old.
func (c *court) toldJustBefore(sent, settled time.Time) bool {
	lost := slices.ContainsFunc(c.losses, func(at time.Time) bool { return at.After(sent.Add(-sameMoment)) && at.Before(settled) })
	return lost && slices.ContainsFunc(c.Calls, func(call world.Call) bool {
		return call.Kind == world.CallComment && call.Applied && call.IsFailure() && call.Began.Before(sent) && sent.Sub(call.Began) < sameMoment
	})
}

// sameTwice: no comment is there twice, whatever it is about; and none is public.
func (c *court) sameTwice() {
	seen := map[string]bool{}
	for _, call := range c.Calls {
		if call.Kind != world.CallComment || !call.Applied {
			continue
		}
		if call.Public {
			c.sayf(Public, "a comment is not private")
		}
		marker := markerPattern.FindString(call.Content)
		if marker != "" && seen[marker] && !call.IsFailure() {
			c.sayf(TwoComments, "the same comment twice: %s", marker)
		}
		seen[marker] = true
	}
}
