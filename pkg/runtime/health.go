package runtime

import (
	"errors"
	"maps"
	"sync"
)

// Health holds the named checks of a process. Liveness asks whether it has to
// be killed and started again; readiness asks whether it does its work now. A
// check answers at once from what is known, without calling anybody.
type Health struct {
	book   *healthBook
	prefix string
}

// healthBook is shared by all scopes of one process.
type healthBook struct {
	mu       sync.RWMutex
	live     map[string]func() error
	ready    map[string]func() error
	notices  map[string]func() error
	draining bool
}

// Notice is what a check returns that passes, with something that people should
// know: a part is in trouble, and the process does its work for the others.
type Notice string //nolint:errname // it is no failure

// Error implements error.
func (n Notice) Error() string { return string(n) }

var errDraining = errors.New("the process is stopping")

// NewHealth returns the health of a process that has no checks yet: alive and
// not ready.
func NewHealth() *Health {
	return &Health{book: &healthBook{live: map[string]func() error{}, ready: map[string]func() error{}, notices: map[string]func() error{}}}
}

// Scope returns the part of the health whose checks are called name/...
func (h *Health) Scope(name string) *Health {
	if name == "" {
		return h
	}
	return &Health{book: h.book, prefix: h.prefix + name + "/"}
}

// AddLiveness adds a check, or replaces the one of that name. It returns why the
// process cannot go on, or nil.
func (h *Health) AddLiveness(name string, check func() error) {
	h.book.mu.Lock()
	defer h.book.mu.Unlock()
	h.book.live[h.prefix+name] = check
}

// AddReadiness adds a check, or replaces the one of that name. It returns why
// the process does not do its work at the moment, or nil.
func (h *Health) AddReadiness(name string, check func() error) {
	h.book.mu.Lock()
	defer h.book.mu.Unlock()
	h.book.ready[h.prefix+name] = check
}

// AddNotice adds to readiness what people should know. It does not decide whether
// the process is ready, and a process that has nothing else is not: check returns a
// Notice, or nil.
func (h *Health) AddNotice(name string, check func() error) {
	h.book.mu.Lock()
	defer h.book.mu.Unlock()
	h.book.notices[h.prefix+name] = check
}

// Drain makes the whole process not ready, for good.
func (h *Health) Drain() {
	h.book.mu.Lock()
	defer h.book.mu.Unlock()
	h.book.draining = true
}

// Report is the answer of the checks.
type Report struct {
	// Status is "ok" or "failing".
	Status string `json:"status"`
	// Checks by name: "ok", why not, or what a Notice says.
	Checks map[string]string `json:"checks"`
}

// OK tells whether all checks passed.
func (r Report) OK() bool { return r.Status == statusOK }

const (
	statusOK      = "ok"
	statusFailing = "failing"
)

// Liveness asks the liveness checks.
func (h *Health) Liveness() Report {
	h.book.mu.RLock()
	checks := maps.Clone(h.book.live)
	h.book.mu.RUnlock()
	return ask(checks)
}

// Readiness asks the readiness checks. A process without any is not ready: it
// has not come far enough to add them.
func (h *Health) Readiness() Report {
	h.book.mu.RLock()
	checks := maps.Clone(h.book.ready)
	notices := maps.Clone(h.book.notices)
	draining := h.book.draining
	h.book.mu.RUnlock()
	if draining {
		checks["process"] = func() error { return errDraining }
	} else if len(checks) == 0 {
		checks["process"] = func() error { return errStarting }
	}
	maps.Copy(checks, notices)
	return ask(checks)
}

func ask(checks map[string]func() error) Report {
	r := Report{Status: statusOK, Checks: make(map[string]string, len(checks))}
	for name, check := range checks {
		r.Checks[name] = statusOK
		err := check()
		if err == nil {
			continue
		}
		r.Checks[name] = err.Error()
		if _, passes := errors.AsType[Notice](err); !passes {
			r.Status = statusFailing
		}
	}
	return r
}
