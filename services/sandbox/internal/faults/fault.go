package faults

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tradepost/tradepost/services/sandbox/internal/reqlog"
)

// Fault is what happens to one request. The parts are played in the order of
// the fields.
type Fault struct {
	// Latency delays the request before anything else.
	Latency time.Duration
	// SignOut ends the session or token of the request before it is served.
	SignOut bool
	// Evict ends so many of the oldest sessions, all when it is negative.
	Evict int
	// CutBefore closes the connection without doing what was asked.
	CutBefore bool
	// Status answers with this status and Body instead of doing what was asked.
	Status int
	// Body is sent with Status; empty gives an error in ServiceTrade's envelope.
	Body string
	// After does what was asked before it answers with Status.
	After bool
	// Pause is how long it takes after the work until the answer, with After.
	Pause time.Duration
	// Code is that of a refusal, where the API's faults have numbers.
	Code string
	// Form is the shape of the answer, where the API has several.
	Form string
	// Revoke ends the connection that the token of the request belongs to.
	Revoke bool
	// RetryAfter is sent with Status, in whole seconds, when it is positive.
	RetryAfter time.Duration
	// CutAfter does what was asked and closes the connection instead of answering.
	CutAfter bool
	// List spoils the answer where it is a list.
	List List

	by []string // what each order did, for the log
}

// List is what can be wrong with a list.
type List struct {
	// Age shows the list as it was so long ago.
	Age time.Duration
	// Shift begins a page so many rows later, which skips them; a negative one begins
	// earlier, which repeats rows. The first page cannot begin earlier.
	Shift int
	// PageSize is the most rows of a page; 0 leaves the usual size.
	PageSize int
}

type listKey struct{}

// ListOf tells a handler what shall be wrong with the list that it answers.
func ListOf(ctx context.Context) List {
	l, _ := ctx.Value(listKey{}).(List)
	return l
}

// answered tells that the fault decides what comes back.
func (f *Fault) answered() bool { return f.CutBefore || f.Status != 0 || f.CutAfter }

func (f *Fault) describe() string {
	if len(f.by) > 0 {
		return strings.Join(f.by, "; ")
	}
	var parts []string
	add := func(when bool, text string) {
		if when {
			parts = append(parts, text)
		}
	}
	add(f.Latency > 0, "latency "+f.Latency.String())
	add(f.SignOut, "signed out")
	add(f.Revoke, "connection revoked")
	add(f.Evict != 0, "sessions evicted")
	add(f.CutBefore, "cut before the work")
	add(f.Status != 0 && !f.CutBefore, strings.TrimSpace("status "+strconv.Itoa(f.Status)+map[bool]string{true: " after the work"}[f.After]+" "+f.Code))
	add(f.CutAfter && f.Status == 0 && !f.CutBefore, "cut after the work")
	add(f.List != List{}, "list spoiled")
	return strings.Join(parts, "; ")
}

// play does what the fault says, in front of next.
func (f *Fault) play(w http.ResponseWriter, r *http.Request, s *Seam, next http.Handler) {
	if !wait(r, f.Latency) {
		return
	}
	if f.SignOut {
		s.sessions.SignOut(r)
	}
	if f.Evict != 0 {
		s.sessions.Evict(f.Evict)
	}
	if revoker, ok := s.sessions.(Revoker); ok && f.Revoke {
		revoker.Revoke(r)
	}
	if f.List != (List{}) {
		r = r.WithContext(context.WithValue(r.Context(), listKey{}, f.List))
	}
	switch {
	case f.CutBefore:
		cut()
	case f.Status != 0:
		if f.After {
			next.ServeHTTP(discard{http.Header{}}, r)
			if !wait(r, f.Pause) {
				return
			}
		}
		s.surface.Answer(w, r, f)
	case f.CutAfter:
		next.ServeHTTP(discard{http.Header{}}, r)
		cut()
	default:
		next.ServeHTTP(w, r)
	}
}

// wait waits; false when the client went away meanwhile.
func wait(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// cut closes the connection: net/http does so for this panic value, silently,
// and offers no other way that works for HTTP/1 and HTTP/2 alike.
func cut() { panic(http.ErrAbortHandler) }

// answerEnvelope answers as ServiceTrade does.
func answerEnvelope(w http.ResponseWriter, _ *http.Request, f *Fault) {
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

// note tells the log what was played.
func (f *Fault) note(ctx context.Context) { reqlog.SetFault(ctx, f.describe()) }
