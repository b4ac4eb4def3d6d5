// Package faults is the seam where the API and its webhooks misbehave: by a
// function of a test, by orders, and by scenarios that give orders.
package faults

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

// Func decides for each request; nil means that the request is served normally.
// It is called from many goroutines.
type Func func(*http.Request) *Fault

// Sessions is what faults need to do with sessions.
type Sessions interface {
	// SignedIn tells whether the request has a live session or token.
	SignedIn(r *http.Request) bool
	// SignOut ends the session or token of the request.
	SignOut(r *http.Request)
	// Evict ends the oldest sessions; a negative number means all.
	Evict(n int)
}

// Revoker is what Sessions can do besides, where connections can be revoked.
type Revoker interface {
	// Revoke ends the connection that the token of the request belongs to.
	Revoke(r *http.Request)
}

// endedKept is how many orders are remembered after their end.
const endedKept = 200

// Seam holds what is ordered at present. It is safe for many goroutines. It has
// no goroutines and timers of its own: time and scenarios move on when somebody
// asks.
type Seam struct {
	now      func() time.Time
	sessions Sessions
	surface  *Surface

	mu      sync.Mutex
	fn      Func
	orders  []*standing // by id; those that ended stay for a while
	lastID  int64
	arrived uint64 // requests so far
	playing *playing
}

// New makes a seam in front of the ServiceTrade sandbox, without any faults.
func New(now func() time.Time, sessions Sessions) *Seam {
	return NewFor(ServiceTrade(), now, sessions)
}

// NewFor makes a seam in front of another API.
func NewFor(surface *Surface, now func() time.Time, sessions Sessions) *Seam {
	return &Seam{now: now, sessions: sessions, surface: surface}
}

// Surface tells what the seam stands in front of.
func (s *Seam) Surface() *Surface { return s.surface }

// Set replaces the Func, which is asked before the orders; nil removes it.
func (s *Seam) Set(fn Func) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fn = fn
}

// Add gives an order. The error is an *OrderError with all that is wrong.
func (s *Seam) Add(o Order) (State, error) {
	problems := s.surface.Check(o)
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if !o.Until.IsZero() && !o.Until.After(now) {
		problems = append(problems, Problem{"until", "is in the past: it is " + now.UTC().Format(time.RFC3339)})
	}
	if len(problems) > 0 {
		return State{}, &OrderError{problems}
	}
	s.advance(now)
	return s.add(o, now).State, nil
}

// add stores a checked order. The lock is held.
func (s *Seam) add(o Order, since time.Time) *standing {
	s.lastID++
	order := newStanding(s.lastID, o, since)
	s.orders = append(s.orders, order)
	if extra := s.ended() - endedKept; extra > 0 {
		s.orders = slices.DeleteFunc(s.orders, func(old *standing) bool {
			drop := extra > 0 && !old.Active
			if drop {
				extra--
			}
			return drop
		})
	}
	return order
}

func (s *Seam) ended() (n int) {
	for _, o := range s.orders {
		if !o.Active {
			n++
		}
	}
	return n
}

// Cancel ends an order; false when there is none with this id.
func (s *Seam) Cancel(id int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance(s.now())
	for _, o := range s.orders {
		if o.ID == id {
			o.end(endCanceled)
			return true
		}
	}
	return false
}

// Clear ends all orders and the scenario, and forgets them.
func (s *Seam) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.orders, s.playing = nil, nil
}

// Orders lists the orders: active ones first, then those that ended, each by id.
func (s *Seam) Orders() []State {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance(s.now())
	out := make([]State, 0, len(s.orders))
	for _, active := range []bool{true, false} {
		for _, o := range s.orders {
			if o.Active == active {
				out = append(out, o.State)
			}
		}
	}
	return out
}

// advance lets time pass: orders expire, and steps of the scenario that are due
// are made. The lock is held.
func (s *Seam) advance(now time.Time) {
	s.playDue(now)
	for _, o := range s.orders {
		o.expire(now)
	}
}

// Middleware plays the faults in front of next.
func (s *Seam) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f := s.decide(r)
		if f == nil {
			next.ServeHTTP(w, r)
			return
		}
		f.note(r.Context())
		f.play(w, r, s, next)
	})
}

// decide asks the Func and then the orders what happens to a request.
func (s *Seam) decide(r *http.Request) *Fault {
	s.mu.Lock()
	fn := s.fn
	s.mu.Unlock()
	var f Fault
	var struck bool
	if fn != nil {
		if own := fn(r); own != nil {
			f, struck = *own, true
			f.by = []string{own.describe()}
		}
	}
	q := s.surface.requestOf(r, s.sessions)
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.advance(now)
	s.arrived++
	for _, c := range []class{before, instead, lists} {
		struck = s.ask(c, q, now, &f) || struck
	}
	if !struck {
		return nil
	}
	return &f
}

// ask lets the orders of one class strike. A request that is not going to be
// answered by the API any more is not seen by the orders that come later.
func (s *Seam) ask(c class, q request, now time.Time, f *Fault) (struck bool) {
	for _, o := range s.orders {
		if c != before && f.answered() {
			return struck
		}
		if o.Active && o.class == c && o.Order.looksAt(q) && o.strikes(now) {
			o.spoil(f, q)
			struck = true
		}
	}
	return struck
}
