package permits

import (
	"time"
)

const (
	// window is how far ahead permits are given out, and period how long a replica
	// that waits for some stays away until its next turn.
	window = 1100 * time.Millisecond
	period = 500 * time.Millisecond
	// write is how long it takes at the least until a permit can be used: the book has
	// to be written.
	write = 10 * time.Millisecond
	// overdue is how long after its announced turn a replica still counts as waiting.
	overdue = time.Second
	// seatLease is after how long what a replica held comes back when it gives no sign
	// of life; signOfLife is how often it gives one.
	seatLease  = 15 * time.Second
	signOfLife = 4 * time.Second
	// ahead is how many permits of a company its replicas are given beyond what they want
	// when nobody else wants any: most who call once call again.
	ahead = 4
	// lag is by how many permits a company can be behind the others: one that was held,
	// or that comes anew, gets no more of what it missed.
	lag = 4
)

// ask is what a replica wants of one company, as of its turn.
type ask struct {
	gap      micros
	parallel int
	// want is how many permits it could use, besides those that it has; need how many
	// calls it would like to have under way, and kept how many it goes on to have
	// during this turn.
	want, need, kept int
}

// grant is what a replica has of one company after its turn.
type grant struct {
	permits []micros
	// places is how many calls may be under way from now on. What is less than what was
	// kept is given back with the next turn, once it is free for certain.
	places int
	held   micros
	// next is when the company's next permit can be given out.
	next micros
}

// turn is the turn of replica self at now: what it wants is written down, and the
// permits of the next window are given out, to it and to the others that want some.
func (b *book) turn(now micros, self string, asks map[string]ask, g grid) map[string]grant {
	if b.fresh {
		b.From = now + span(window+slack)
	}
	b.setGrid(g, now)
	b.Reads.turn(now)
	b.Replicas[self] = presence{Seen: now, Again: now + span(period)}
	b.tidy(now)
	got := map[string]grant{}
	for _, id := range sorted(asks) {
		got[id] = b.state(now, self, id, asks[id])
	}
	b.level(now)
	b.give(now, self, got)
	b.spare(now, self, asks, got)
	for id, one := range got {
		c := b.Companies[id]
		one.held, one.next = c.Held, max(c.Next, b.From)
		got[id] = one
	}
	return got
}

// state writes down what self wants of a company, and fetches what was given to it.
func (b *book) state(now micros, self, id string, a ask) grant {
	c := b.company(id)
	c.Gap, c.Parallel = a.gap, a.parallel
	p := c.part(self)
	var got grant
	for _, moment := range p.Granted {
		if moment+span(late) > now {
			got.permits = append(got.permits, moment)
		}
	}
	p.Granted, p.Want, p.Need = nil, max(0, a.want-len(got.permits)), a.need
	got.places = c.seat(self, a, func(replica string) bool { return b.waits(replica, now) })
	p.Places = max(a.kept, got.places)
	return got
}

// waits tells whether a replica is there and will take another turn.
func (b *book) waits(replica string, now micros) bool {
	r, here := b.Replicas[replica]
	return here && r.Again > 0 && now < r.Again+span(overdue)
}

// level keeps the companies that want permits within lag of each other, so that none
// has to wait for what another one missed before.
func (b *book) level(now micros) {
	most, waiting := int64(0), b.waiting(now)
	for _, id := range waiting {
		most = max(most, b.Companies[id].Served)
	}
	for _, id := range waiting {
		b.Companies[id].Served = max(b.Companies[id].Served, most-lag)
	}
}

// wanted tells whether anybody wants permits of the company.
func (b *book) wanted(id string, now micros) bool {
	for replica, p := range b.Companies[id].Parts {
		if p.Want > 0 && b.waits(replica, now) {
			return true
		}
	}
	return false
}

// offer is the next permit that could be given to somebody.
type offer struct {
	moment           micros
	company, replica string
}

// give gives out the permits of the window one by one, in the order of their moments;
// where several companies could have the same one, the company gets it that was served least.
func (b *book) give(now micros, self string, got map[string]grant) {
	waiting := b.waiting(now)
	for {
		o, is := b.best(now, self, waiting)
		if !is {
			return
		}
		b.grant(o)
		p := b.Companies[o.company].Parts[o.replica]
		p.Want--
		if o.replica == self {
			one := got[o.company]
			one.permits = append(one.permits, o.moment)
			got[o.company] = one
		} else {
			p.Granted = append(p.Granted, o.moment)
		}
	}
}

func (b *book) grant(o offer) {
	c := b.Companies[o.company]
	b.take(o.moment)
	c.Next = o.moment + c.gapNow()
	c.Given = o.replica
	c.Served++
}

// waiting are the companies that somebody wants permits of, in order.
func (b *book) waiting(now micros) []string {
	var ids []string
	for _, id := range sorted(b.Companies) {
		if b.wanted(id, now) {
			ids = append(ids, id)
		}
	}
	return ids
}

// best is the offer that comes first.
func (b *book) best(now micros, self string, waiting []string) (first offer, is bool) {
	for _, id := range waiting {
		o, wanted := b.offer(now, self, id)
		if !wanted {
			continue
		}
		sooner := o.moment < first.moment
		fairer := o.moment == first.moment && b.Companies[id].Served < b.Companies[first.company].Served
		if !is || sooner || fairer {
			first, is = o, true
		}
	}
	return first, is
}

// offer is the company's next permit and who of its replicas gets it: who can use it
// first, and in turns where several can. A replica can use it once it has looked.
func (b *book) offer(now micros, self, id string) (o offer, wanted bool) {
	c := b.Companies[id]
	if max(c.Next, c.Held) >= now+span(window) {
		return o, false
	}
	for _, replica := range c.inTurn() {
		p := c.Parts[replica]
		if p.Want <= 0 || (replica != self && !b.waits(replica, now)) {
			continue
		}
		from := now + span(write)
		if replica != self {
			from = max(now, b.Replicas[replica].Again) + 2*span(write)
		}
		moment := b.free(max(c.Next, c.Held, b.From, from))
		if moment >= now+span(window) {
			continue
		}
		if !wanted || moment < o.moment {
			o, wanted = offer{moment, id, replica}, true
		}
	}
	return o, wanted
}

// inTurn are the replicas, beginning after the one that got the last permit.
func (c *company) inTurn() []string {
	all := sorted(c.Parts)
	for i, id := range all {
		if id > c.Given {
			return append(all[i:len(all):len(all)], all[:i]...)
		}
	}
	return all
}

// spare gives self some permits beyond what it wants, fewer where other replicas call
// the same company, and none where anybody waits.
func (b *book) spare(now micros, self string, asks map[string]ask, got map[string]grant) {
	if len(b.waiting(now)) > 0 {
		return
	}
	for _, id := range sorted(asks) {
		c := b.Companies[id]
		if asks[id].want == 0 {
			continue
		}
		for range ahead / len(c.Parts) {
			moment := b.free(max(c.Next, c.Held, b.From, now+span(write)))
			if moment >= now+span(window) {
				break
			}
			b.grant(offer{moment, id, self})
			one := got[id]
			one.permits = append(one.permits, moment)
			got[id] = one
		}
	}
}
