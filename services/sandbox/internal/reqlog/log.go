// Package reqlog keeps what was asked of the API: who, what, when and what was
// answered, in the order of arrival.
package reqlog

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// Entry is one request. Status is 0 while it is being answered, and stays 0
// when the connection was cut.
type Entry struct {
	Sequence uint64        `json:"sequence"` // 1, 2, 3 ... in the order of arrival
	Time     time.Time     `json:"time"`
	Method   string        `json:"method"`
	Path     string        `json:"path"` // decoded, with /api in front
	Query    string        `json:"query,omitempty"`
	Body     string        `json:"body,omitempty"` // bounded; never credentials
	Status   int           `json:"status"`
	Duration time.Duration `json:"duration"`
	User     string        `json:"user,omitempty"`
	Agent    string        `json:"agent,omitempty"`
	Fault    string        `json:"fault,omitempty"` // what a fault to order did
	// Finished is the rank in the order in which answers were given; 0 while open.
	Finished uint64 `json:"finished,omitempty"`
}

// Filter picks entries; zero fields do not matter.
type Filter struct {
	Method string
	Prefix string // of the path
	Status int
	After  uint64 // sequence numbers above this one
	Limit  int    // the newest so many
}

func (f Filter) matches(e *Entry) bool {
	return (f.Method == "" || strings.EqualFold(f.Method, e.Method)) && strings.HasPrefix(e.Path, f.Prefix) &&
		(f.Status == 0 || f.Status == e.Status) && e.Sequence > f.After
}

// Log holds the newest entries. It is safe for many goroutines.
type Log struct {
	mu       sync.Mutex
	size     int
	entries  []*Entry
	next     uint64
	finished uint64
}

// New makes a log of at most size entries.
func New(size int) *Log { return &Log{size: size} }

// Begin stores an entry and gives its sequence number.
func (l *Log) Begin(e Entry) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next++
	e.Sequence = l.next
	if len(l.entries) >= 2*l.size { // trimmed rarely, in one go
		l.entries = append([]*Entry(nil), l.entries[len(l.entries)-l.size:]...)
	}
	l.entries = append(l.entries, &e)
	return e.Sequence
}

// Finish adds what is known only at the end.
func (l *Log) Finish(sequence uint64, end func(*Entry)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.finished++
	for _, e := range slices.Backward(l.entries) {
		if e.Sequence == sequence {
			end(e)
			e.Finished = l.finished
			return
		}
	}
}

// List gives copies of the matching entries, oldest first.
func (l *Log) List(f Filter) []Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := []Entry{}
	for _, e := range l.entries[max(0, len(l.entries)-l.size):] {
		if f.matches(e) {
			out = append(out, *e)
		}
	}
	if f.Limit > 0 && len(out) > f.Limit {
		out = out[len(out)-f.Limit:]
	}
	return out
}

// Clear forgets all entries; sequence numbers go on.
func (l *Log) Clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = nil
}
