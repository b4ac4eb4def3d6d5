package books

import (
	"sync"
	"time"
)

// Answer is what a POST was answered.
type Answer struct {
	Status int
	Body   []byte
}

// answers remembers what was answered to which requestid (Intuit developer blog
// of 2015-04-06, "15346", and documentation, "REST API features", requestid): the
// same id is answered with the same words again, whatever the body says.
type answers struct {
	mu  sync.Mutex
	all map[string]*remembered
}

type remembered struct {
	once sync.Mutex // held while the first request with this id is at work
	at   time.Time
	done bool
	Answer
}

// Once answers a POST that has a requestid: the first time by doing the work,
// later with what was answered then. A second request waits for the first one.
// replayed tells which it was.
func (c *Company) Once(id string, work func() Answer) (answer Answer, replayed bool) {
	memory := c.Settings().RequestIDMemory
	if id == "" || memory < 0 {
		return work(), false
	}
	r := c.answers.entry(id)
	r.once.Lock()
	defer r.once.Unlock()
	now := c.now()
	if r.done && (memory == 0 || now.Sub(r.at) < memory) {
		return r.Answer, true
	}
	r.Answer, r.at, r.done = work(), now, true
	return r.Answer, false
}

func (a *answers) entry(id string) *remembered {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.all == nil {
		a.all = map[string]*remembered{}
	}
	if a.all[id] == nil {
		a.all[id] = &remembered{}
	}
	return a.all[id]
}

// ForgetRequests forgets all answers, as QuickBooks does after a time that is
// not documented.
func (c *Company) ForgetRequests() {
	c.answers.mu.Lock()
	defer c.answers.mu.Unlock()
	c.answers.all = nil
}

// RequestIDs tells how many are remembered.
func (c *Company) RequestIDs() int {
	c.answers.mu.Lock()
	defer c.answers.mu.Unlock()
	return len(c.answers.all)
}
