// Package faults is the seam where a test makes the API misbehave.
package faults

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/tradepost/tradepost/services/sandbox/internal/reqlog"
)

// Fault is one misbehaviour. The parts are played in the order of the fields.
type Fault struct {
	// Latency delays the request before anything else.
	Latency time.Duration
	// CutBefore closes the connection without doing what was asked.
	CutBefore bool
	// Status answers with this status and Body instead of doing what was asked.
	Status int
	// Body is sent with Status; empty gives an error in ServiceTrade's envelope.
	Body string
	// RetryAfter is sent with Status, in whole seconds, when it is positive.
	RetryAfter time.Duration
	// CutAfter does what was asked and closes the connection instead of answering.
	CutAfter bool
}

// Func decides for each request; nil means that the request is served normally.
// It is called from many goroutines.
type Func func(*http.Request) *Fault

// Seam holds the present Func.
type Seam struct {
	mu sync.RWMutex
	fn Func
}

// Set replaces the Func; nil ends all faults.
func (s *Seam) Set(fn Func) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fn = fn
}

func (s *Seam) decide(r *http.Request) *Fault {
	s.mu.RLock()
	fn := s.fn
	s.mu.RUnlock()
	if fn == nil {
		return nil
	}
	return fn(r)
}

// Middleware plays the faults in front of next.
func (s *Seam) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f := s.decide(r)
		if f == nil {
			next.ServeHTTP(w, r)
			return
		}
		reqlog.SetFault(r.Context(), f.describe())
		f.play(w, r, next)
	})
}

func (f *Fault) describe() string {
	return fmt.Sprintf("latency %s, cut before %t, status %d, cut after %t", f.Latency, f.CutBefore, f.Status, f.CutAfter)
}

func (f *Fault) play(w http.ResponseWriter, r *http.Request, next http.Handler) {
	if f.Latency > 0 {
		timer := time.NewTimer(f.Latency)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
			return
		}
	}
	switch {
	case f.CutBefore:
		cut()
	case f.Status != 0:
		f.answer(w)
	case f.CutAfter:
		next.ServeHTTP(discard{http.Header{}}, r)
		cut()
	default:
		next.ServeHTTP(w, r)
	}
}

// cut closes the connection: net/http does so for this panic value, silently,
// and offers no other way that works for HTTP/1 and HTTP/2 alike.
func cut() { panic(http.ErrAbortHandler) }

func (f *Fault) answer(w http.ResponseWriter) {
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(f.RetryAfter/time.Second)))
	}
	body := f.Body
	if body == "" {
		body = fmt.Sprintf(`{"messages":{"error":[%q]}}`, http.StatusText(f.Status))
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(f.Status)
	_, _ = w.Write([]byte(body)) // the client is gone when this fails
}

// discard swallows an answer that nobody is going to see.
type discard struct{ header http.Header }

// Header gives a header that is thrown away.
func (d discard) Header() http.Header { return d.header }

// Write swallows the body.
func (d discard) Write(b []byte) (int, error) { return len(b), nil }

// WriteHeader swallows the status.
func (d discard) WriteHeader(int) {}
