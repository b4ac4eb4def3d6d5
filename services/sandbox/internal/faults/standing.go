package faults

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"
)

// The ways an order ends.
const (
	endDone     = "done"
	endExpired  = "time is over"
	endCanceled = "canceled"
)

// State is an order that was given, and what became of it.
type State struct {
	ID     int64 `json:"id"`
	Order  Order `json:"order"`
	Active bool  `json:"active"`
	// End tells why an order is no longer active.
	End string `json:"end,omitempty"`
	// Scenario tells that a step of a scenario gave the order.
	Scenario bool       `json:"scenario,omitempty"`
	Since    time.Time  `json:"since"`
	Until    *time.Time `json:"until,omitempty"`
	// Seen counts the requests or messages that the order was about, Struck those
	// that it spoiled.
	Seen       int        `json:"seen"`
	Struck     int        `json:"struck"`
	LastStruck *time.Time `json:"last_struck,omitempty"`
}

// standing is an order at work. The seam's lock guards it.
type standing struct {
	State
	random *rand.Rand
	class  class
}

func newStanding(id int64, o Order, since time.Time) *standing {
	o = o.withDefaults()
	if o.Seed == 0 {
		o.Seed = id
	}
	info := infoOf(o.Fault)
	s := &standing{
		State:  State{ID: id, Order: o, Active: true, Since: since},
		random: rand.New(rand.NewPCG(uint64(o.Seed), 0)), //nolint:gosec // it has to be repeatable
		class:  info.class,
	}
	switch {
	case o.For > 0:
		until := since.Add(o.For)
		s.Until = &until
	case !o.Until.IsZero():
		s.Until = &o.Until
	}
	return s
}

// end takes the order out of force.
func (s *standing) end(why string) {
	if s.Active {
		s.Active, s.End = false, why
	}
}

// expire ends the order when its time is over.
func (s *standing) expire(now time.Time) {
	if s.Until != nil && !now.Before(*s.Until) {
		s.end(endExpired)
	}
}

// strikes counts a request or message that the order is about, and tells
// whether this one is spoiled.
func (s *standing) strikes(now time.Time) bool {
	s.Seen++
	switch o := s.Order; {
	case o.Probability > 0:
		if s.random.Float64() >= o.Probability {
			return false
		}
	case o.Every > 0:
		if s.Seen%o.Every != 0 {
			return false
		}
	}
	s.Struck++
	s.LastStruck = &now
	if o := s.Order; s.Struck == o.Next || s.Struck == o.Times {
		s.end(endDone)
	}
	return true
}

// delay draws how long to wait.
func (s *standing) delay() time.Duration {
	d := s.Order.Delay
	if most := s.Order.MaxDelay; most > d {
		d += time.Duration(s.random.Int64N(int64(most-d) + 1))
	}
	return d.Round(time.Millisecond)
}

// shift draws by how many rows a page begins too late or too early.
func (s *standing) shift() int {
	chance, rows := s.random.Float64(), 1+s.random.IntN(max(s.Order.Rows, 1))
	switch o := s.Order; {
	case chance < o.Skip:
		return rows
	case chance < o.Skip+o.Repeat:
		return -rows
	}
	return 0
}

// spoil adds what the order does to the fault of a request.
func (s *standing) spoil(f *Fault, q request) {
	text := s.Order.What()
	switch o := s.Order; o.Fault {
	case Latency:
		d := s.delay()
		f.Latency += d
		text = "Latency " + d.String()
	case SignedOut:
		f.SignOut = true
	case Evict:
		f.Evict = o.Sessions
		if o.Sessions == 0 {
			f.Evict = -1
		}
	case Throttled:
		f.Status, f.RetryAfter, f.Form = http.StatusTooManyRequests, o.RetryAfter, o.Form
	case ServerError, ErrorAfter:
		f.Status, f.RetryAfter, f.After, f.Form, f.Pause = o.Status, o.RetryAfter, o.Fault == ErrorAfter, o.Form, o.Delay
	case Refused:
		f.Status, f.Code, f.Form = http.StatusBadRequest, o.Code, o.Form
	case Revoked:
		f.Revoke = true
	case CutBefore:
		f.CutBefore = true
	case CutAfter:
		f.CutAfter = true
	case StaleList:
		f.List.Age = max(f.List.Age, o.Age)
	case Drift:
		text = s.drift(f, q)
	}
	f.by = append(f.by, s.label(text))
}

// label says in the log who did what.
func (s *standing) label(what string) string {
	if s.Order.Name != "" {
		return fmt.Sprintf("%s (order %d, %s)", what, s.ID, s.Order.Name)
	}
	return fmt.Sprintf("%s (order %d)", what, s.ID)
}

func (s *standing) drift(f *Fault, q request) string {
	if size := s.Order.PageSize; size > 0 && (f.List.PageSize == 0 || size < f.List.PageSize) {
		f.List.PageSize = size
	}
	moved := s.shift() // drawn for each page, so that a seed means the same with and without short pages
	if q.page <= 1 {
		moved = 0
	}
	f.List.Shift += moved
	switch {
	case moved > 0:
		return fmt.Sprintf("Pages drift: %d rows skipped", moved)
	case moved < 0:
		return fmt.Sprintf("Pages drift: %d rows repeated", -moved)
	}
	if s.Order.PageSize > 0 {
		return fmt.Sprintf("Pages drift: at most %d rows", s.Order.PageSize)
	}
	return "Pages drift: no row moved"
}
