package judge

import (
	"fmt"
	"regexp"
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
		switch {
		case len(comments) == 0:
			c.say(NoComment, fmt.Sprintf("send %d failed without a comment", send))
		case comments[0].Began.After(w.Began):
			c.say(NoComment, fmt.Sprintf("send %d: failed was written %s before its comment", send, comments[0].Began.Sub(w.Began)))
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
		c.say(TwoComments, fmt.Sprintf("send %d has %d comments", send, len(comments)))
	}
}

// sameTwice: no comment is there twice, whatever it is about; and none is public.
func (c *court) sameTwice() {
	seen := map[string]bool{}
	for _, call := range c.Calls {
		if call.Kind != world.CallComment || !call.Applied {
			continue
		}
		if call.Public {
			c.say(Public, "a comment is not private")
		}
		marker := markerPattern.FindString(call.Content)
		if marker != "" && seen[marker] && !call.IsFailure() {
			c.say(TwoComments, "the same comment twice: "+marker)
		}
		seen[marker] = true
	}
}
