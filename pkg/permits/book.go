package permits

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// book is what all replicas know of one app. It is changed by compare-and-set only.
type book struct {
	// From is before which nothing is given out: a book that was lost begins anew once
	// all that was given out from the old one has passed.
	From micros `json:"from,omitempty"`
	Grid grid   `json:"grid,omitzero"`
	// Taken counts the permits of the app by the step of the grid that they are in.
	Taken     map[micros]int      `json:"taken,omitempty"`
	Companies map[string]*company `json:"companies,omitempty"`
	Replicas  map[string]presence `json:"replicas,omitempty"`
	Reads     reads               `json:"reads,omitzero"`

	// fresh says that there was none, or none that could be read; written is when it was
	// written last, as the server tells.
	fresh   bool
	written micros
}

func newBook() *book {
	b := &book{fresh: true}
	b.complete()
	return b
}

// presence is a replica that takes part.
type presence struct {
	// Seen is when it last took a turn, Again when it will at the latest if it waits
	// for permits.
	Seen  micros `json:"seen"`
	Again micros `json:"again,omitempty"`
}

// company is one company in the book.
type company struct {
	// Gap is between two of its permits at the full rate, Parallel how many of its
	// calls may be under way; 0 means no limit.
	Gap      micros `json:"gap,omitempty"`
	Parallel int    `json:"parallel,omitempty"`
	// Next is the first moment that may be given out, Given the last replica that got one.
	Next  micros `json:"next,omitempty"`
	Given string `json:"given,omitempty"`
	// Served counts its permits, beside those of the companies that waited at the same
	// time: who has the least comes first.
	Served int64 `json:"served,omitempty"`
	// Held is until when nobody may call.
	Held micros `json:"held,omitempty"`
	// Slowed is by how many percent it is called more slowly, since when it is SlowedAt.
	Slowed   int    `json:"slowed,omitempty"`
	SlowedAt micros `json:"slowedAt,omitempty"`
	// Parts are the replicas that call it.
	Parts map[string]*part `json:"parts,omitempty"`
}

// part is what a replica wants of a company, and has of it.
type part struct {
	// Want is how many more permits it could use, Need how many places.
	Want int `json:"want,omitempty"`
	Need int `json:"need,omitempty"`
	// Places is how many of its calls may be under way.
	Places int `json:"places,omitempty"`
	// Granted are permits that another replica gave out to it, and that it has not
	// fetched yet.
	Granted []micros `json:"granted,omitempty"`
}

func decode(raw []byte) (*book, error) {
	b := &book{}
	if err := json.Unmarshal(raw, b); err != nil {
		return nil, fmt.Errorf("read the book of permits: %w", err)
	}
	b.complete()
	return b, nil
}

// complete makes what an empty book, or one that was written by hand, lacks.
func (b *book) complete() {
	if b.Taken == nil {
		b.Taken = map[micros]int{}
	}
	if b.Companies == nil {
		b.Companies = map[string]*company{}
	}
	if b.Replicas == nil {
		b.Replicas = map[string]presence{}
	}
	for id, c := range b.Companies {
		if c == nil {
			delete(b.Companies, id)
			continue
		}
		c.complete()
	}
	b.Reads.complete()
}

func (c *company) complete() {
	if c.Parts == nil {
		c.Parts = map[string]*part{}
	}
	c.Slowed = min(max(c.Slowed, 0), slowest)
	for id, p := range c.Parts {
		if p == nil {
			delete(c.Parts, id)
		}
	}
}

func (b *book) encode() ([]byte, error) {
	raw, err := json.Marshal(b)
	if err != nil {
		return nil, fmt.Errorf("write the book of permits: %w", err)
	}
	return raw, nil
}

// company returns the company, made where it is new.
func (b *book) company(id string) *company {
	c := b.Companies[id]
	if c == nil {
		c = &company{}
		c.complete()
		b.Companies[id] = c
	}
	return c
}

func (c *company) part(replica string) *part {
	p := c.Parts[replica]
	if p == nil {
		p = &part{}
		c.Parts[replica] = p
	}
	return p
}

// gapNow is the gap at the pace in force.
func (c *company) gapNow() micros { return c.Gap * 100 / micros(100-c.Slowed) }

// tidy leaves out what no longer matters at now: replicas that gave no sign of life,
// companies that nobody asks for, moments that have passed.
func (b *book) tidy(now micros) {
	for id, r := range b.Replicas {
		if now > r.Seen+span(seatLease) {
			b.leave(id)
		}
	}
	for id, c := range b.Companies {
		for replica, p := range c.Parts {
			if _, here := b.Replicas[replica]; !here || p.idle() {
				delete(c.Parts, replica)
			}
		}
		c.hasten(now)
		if len(c.Parts) == 0 && c.Slowed == 0 && now > max(c.Next, c.Held)+span(window) {
			delete(b.Companies, id)
		}
	}
	if b.Grid.Step > 0 {
		first := (now - span(slack)) / b.Grid.Step
		maps.DeleteFunc(b.Taken, func(n micros, _ int) bool { return n < first })
	}
}

func (p *part) idle() bool {
	return p.Want == 0 && p.Need == 0 && p.Places == 0 && len(p.Granted) == 0
}

// leave takes a replica out, its reads counted.
func (b *book) leave(replica string) {
	delete(b.Replicas, replica)
	b.Reads.leave(replica)
	for _, c := range b.Companies {
		delete(c.Parts, replica)
	}
}

// setGrid changes to the limits of the app in force. The moments of another grid say
// nothing in this one, so that the first of it come after the last of the other.
func (b *book) setGrid(g grid, now micros) {
	if g == b.Grid {
		return
	}
	last := now
	for n := range b.Taken {
		last = max(last, n*b.Grid.Step)
	}
	full := map[micros]int{}
	if g.Step > 0 && len(b.Taken) > 0 {
		for n := now / g.Step; n <= last/g.Step+1; n++ {
			full[n] = g.Each
		}
	}
	b.Grid, b.Taken = g, full
}

// free is the first moment from from on at which the app may make one more call.
func (b *book) free(from micros) micros {
	if b.Grid.Step <= 0 || (!b.Grid.Fixed && b.Taken[from/b.Grid.Step] < b.Grid.Each) {
		return from
	}
	n := from/b.Grid.Step + 1
	for b.Taken[n] >= b.Grid.Each {
		n++
	}
	return n * b.Grid.Step
}

// take notes a moment that free gave.
func (b *book) take(moment micros) {
	if b.Grid.Step > 0 {
		b.Taken[moment/b.Grid.Step]++
	}
}

// sorted returns the keys of m in order.
func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
