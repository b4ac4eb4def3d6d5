package judge

import (
	"slices"
	"strings"
	"time"

	"github.com/tradepost/tradepost/services/chaos/internal/target"
	"github.com/tradepost/tradepost/services/chaos/internal/world"
)

// statuses judges every status that was written, by what was true between the last look
// of the process that wrote it and the write: what comes later excuses nothing.
func (c *court) statuses() {
	for _, w := range c.writes() {
		others := slices.DeleteFunc(c.left(false), func(l span) bool { return l.began.Equal(w.Began) && l.ended.Equal(w.Ended) })
		if !c.mayBePending(c.lookBefore(w), w.Ended, others) {
			c.sayf(WrongStatus, "%s wrote %s, and the invoice did not wait for that any more", w.Process, w.Status)
		}
		switch w.Status {
		case processed:
			c.wroteProcessed(w)
		case failed:
			c.wroteFailed(w)
		default:
			c.sayf(WrongStatus, "%s wrote %s", w.Process, w.Status)
		}
	}
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

// lookBefore is when the last look began of the process that wrote.
func (c *court) lookBefore(w world.Call) time.Time {
	if r := c.lastRead(w); r != nil {
		return r.Began
	}
	return w.Began
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

// wroteProcessed: there was a document, over what ServiceTrade showed.
func (c *court) wroteProcessed(w world.Call) {
	look := c.lookBefore(w)
	stood := c.standing(look, w.Ended)
	for _, v := range c.standing(c.sentFor(w), look) {
		if v.removed { // What a bookkeeper took out after it was posted was right then.
			stood = append(stood, v)
		}
	}
	if len(stood) == 0 {
		c.sayf(WrongStatus, "processed without a document")
		return
	}
	good := slices.DeleteFunc(c.shown(look, w.Ended), func(s Step) bool { return s.Verdict != Good })
	if len(good) == 0 {
		c.sayf(WrongStatus, "processed, and it is %s", c.shown(look, w.Ended)[0].Verdict)
		return
	}
	if !slices.ContainsFunc(stood, func(v version) bool {
		return slices.ContainsFunc(good, func(s Step) bool { return sameAmount(s.Total, v.total) })
	}) {
		c.sayf(WrongTotal, "processed, the document's total is %s, and ServiceTrade's %s", stood[len(stood)-1].total, good[len(good)-1].Total)
	}
}

// wroteFailed: it was bad, or the books hold another version of it that the product
// no longer knows to be its own.
func (c *court) wroteFailed(w world.Call) {
	seen := c.shown(c.lookBefore(w), w.Ended)
	if slices.ContainsFunc(seen, func(s Step) bool { return s.Verdict != Good }) || c.otherKind(w, seen) ||
		c.refusedBefore(w) || c.forgotten(w) {
		return
	}
	c.sayf(WrongStatus, "failed, and it is good")
}

// refusedBefore tells whether the books refused it during the send, and a bookkeeper had
// them take it only then: ServiceTrade shows nothing of that.
func (c *court) refusedBefore(w world.Call) bool {
	began := c.sentFor(w)
	return slices.ContainsFunc(c.Steps, func(s Step) bool {
		return s.Kind == StepAdmit && s.Ended.After(began) && slices.ContainsFunc(c.Books, func(e target.Event) bool {
			return e.What == target.Refused && !e.At.Before(began) && e.At.Before(s.Ended)
		})
	})
}

// otherKind tells whether a document of the other kind is in the way: an invoice
// whose total changed its sign has to wait for a bookkeeper, who takes it out.
func (c *court) otherKind(w world.Call, seen []Step) bool {
	return slices.ContainsFunc(seen, func(s Step) bool {
		return slices.ContainsFunc(c.standing(c.sentFor(w), w.Ended), func(v version) bool {
			return strings.HasPrefix(s.Total, "-") != strings.HasPrefix(v.total, "-")
		})
	})
}

// forgotten tells whether the product lost its knowledge of the document after it
// was made, so that it may not update it any more.
func (c *court) forgotten(w world.Call) bool {
	for _, e := range c.Books {
		if e.What == target.Refused || !c.lostBetween(e.At.Add(-time.Minute), w.Ended) {
			continue
		}
		now := c.shown(w.Began, w.Ended)[0].Total
		return slices.ContainsFunc(c.standing(c.sentFor(w), w.Ended), func(v version) bool { return !sameAmount(v.total, now) })
	}
	return false
}
