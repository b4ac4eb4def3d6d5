package judge

import (
	"slices"
	"time"

	"github.com/tradepost/tradepost/services/chaos/internal/world"
)

// span encloses the moment in which something took effect.
type span struct{ began, ended time.Time }

// left are the moments in which the invoice stopped to wait for the product: its
// status writes, and, if that is wanted, users' moves.
func (c *court) left(moves bool) []span {
	var all []span
	for _, w := range c.writes() {
		all = append(all, span{w.Began, w.Ended})
	}
	for _, s := range c.Steps {
		if s.Kind == StepMove && moves {
			all = append(all, span{s.Began, s.Ended})
		}
	}
	return all
}

// mayBePending tells whether the invoice may have waited for the product at some moment
// between two times, sent by a user or tried again by an operator, also by a message
// that was published again. Only what is certain
// counts against it: it stopped to wait, all that before from, and nobody sent it since.
func (c *court) mayBePending(from, to time.Time, left []span) bool {
	asked := c.asked(to)
	if len(asked) == 0 {
		return false
	}
	for _, l := range left {
		if !l.ended.Before(from) {
			continue
		}
		since := func(s Step) bool { return s.Ended.After(l.began) }
		replayed := func(at time.Time) bool { return at.After(l.began) && !at.After(to) }
		if !slices.ContainsFunc(asked, since) && !slices.ContainsFunc(c.Replays, replayed) {
			return false
		}
	}
	return true
}

// asked are the sends and the retries that may have taken effect before a time.
func (c *court) asked(before time.Time) []Step {
	var all []Step
	for _, s := range c.Steps {
		if (s.Kind == StepSend || s.Kind == StepRetry) && !s.Began.After(before) {
			all = append(all, s)
		}
	}
	return all
}

// sentFor is when the send began that a write settles, as far as the process that wrote
// could know: the last before its look, or one that came between. Where the product lost
// what it knew since, or got an old knowledge back, it may be any of them.
func (c *court) sentFor(w world.Call) time.Time {
	look := c.lookBefore(w)
	asked := c.asked(w.Ended)
	if len(asked) == 0 {
		return w.Ended
	}
	began := asked[0].Began
	for _, s := range asked {
		if s.Ended.Before(look) && !c.lostBetween(began, w.Ended) {
			began = s.Began
		}
	}
	return began
}

// lostBetween tells whether the product lost what it knew between two times.
func (c *court) lostBetween(from, to time.Time) bool {
	for _, at := range c.losses {
		if at.After(from) && at.Before(to) {
			return true
		}
	}
	return false
}
