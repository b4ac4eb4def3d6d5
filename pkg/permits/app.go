package permits

import (
	"sync"
	"time"

	"github.com/tradepost/tradepost/pkg/connector"
)

// maxReach bounds what a caller is thought to use within a window.
const maxReach = 8

// app is this process's part in the calls of one app.
type app struct {
	all               *Permits
	key, system, name string
	// wake ends the pause before the next turn, for another look at what is due.
	wake chan struct{}

	mu        sync.Mutex
	grid      grid
	companies map[string]*desk
	running   bool
	// last is when the last turn began, tried when the last try did, and failed how
	// many tries have failed since.
	last, tried time.Duration
	failed      int
	// idleSince is when the last caller left; 0 while there is one.
	idleSince time.Duration
	present   bool
	meter     meter
}

// desk is this process's part in the calls to one company.
type desk struct {
	id       string
	gap      micros
	parallel int
	queue    []*waiter
	// permits are the moments that may be used, in order.
	permits []micros
	// places is how many calls may be under way, busy how many are.
	places, busy int
	held         micros
	timer        *time.Timer
	// crowded says that the last turn did not bring all that was wanted, and next when
	// the company has its next permit to give.
	crowded bool
	next    micros
	// reach is how many more permits each caller could use until the next turn, where
	// there are too few: learnt from whether all were used. lapsed counts those that were not.
	reach, lapsed int
	// listed says that the book may hold something for this process.
	listed bool
}

// state makes the limits those of l.
func (a *app) state(l connector.CallLimits) *desk {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.grid = gridOf(l.PerApp)
	a.meter.budget = l.ReadBudget
	d := a.companies[l.Company]
	if d == nil {
		d = &desk{id: l.Company, reach: 1}
		a.companies[l.Company] = d
	}
	d.gap, d.parallel = span(gap(l.PerCompany)), max(0, l.Parallel)
	if l.ReadBudget > 0 && !a.meter.looked {
		a.meter.wanted = true
		a.work()
	}
	return d
}

// pump lets callers through whose moment has come, of all companies. The lock is held.
func (a *app) pump() {
	for _, d := range a.companies {
		a.serve(d)
	}
}

// serve lets callers of one company through, and comes again for the next moment.
// The lock is held.
func (a *app) serve(d *desk) {
	now, off, known := a.all.clock.now()
	if !known {
		return
	}
	d.refuse(now)
	d.pass(now, span(late-2*max(0, off-sure)))
	if len(d.queue) == 0 || len(d.permits) == 0 || d.permits[0] <= now {
		return
	}
	wait := (d.permits[0] - now).duration()
	if d.timer == nil {
		d.timer = time.AfterFunc(wait, func() { a.tick(d) })
		return
	}
	d.timer.Reset(wait)
}

func (a *app) tick(d *desk) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.serve(d)
	if d.short() {
		a.nudge()
	}
}

// refuse sends callers away when the pause is longer than they should wait.
func (d *desk) refuse(now micros) {
	left := (d.held - now).duration()
	if left <= worth {
		return
	}
	for _, w := range d.queue {
		w.held = left
		close(w.ready)
	}
	d.queue = nil
}

// pass lets callers through by the permits whose moment has come; usable is how late
// one may be used.
func (d *desk) pass(now, usable micros) {
	for len(d.permits) > 0 && d.permits[0] <= now {
		if d.permits[0]+usable < now {
			d.permits = d.permits[1:]
			d.lapsed++
			continue
		}
		if len(d.queue) == 0 || (d.parallel > 0 && d.busy >= d.places) {
			return
		}
		w := d.queue[0]
		d.queue, d.permits = d.queue[1:], d.permits[1:]
		d.busy++
		w.passed = true
		close(w.ready)
	}
}

// forget drops all permits.
func (a *app) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, d := range a.companies {
		d.permits, d.held = nil, 0
	}
}

// ask is what this process wants of a company now.
func (d *desk) ask() ask {
	waiting := len(d.queue)
	want := waiting - len(d.permits)
	if d.crowded { // those who called come again
		want += d.reach * (waiting + d.busy)
	}
	if most := int(span(window)/max(d.gap, 1)) + 1; want > most {
		want = most
	}
	need := waiting + d.busy
	if d.parallel > 0 {
		need = min(need, d.parallel)
	}
	if need == 0 {
		d.places = 0
	}
	return ask{gap: d.gap, parallel: d.parallel, want: max(0, want), need: need, kept: max(d.busy, d.places)}
}

// learn adjusts the reach after a turn.
func (d *desk) learn() {
	switch {
	case d.lapsed > 0:
		d.reach = max(1, d.reach/2)
	case d.crowded:
		d.reach = min(d.reach+1, maxReach)
	}
	d.lapsed = 0
}

// short tells whether callers wait for whom there is no permit, or no place.
func (d *desk) short() bool {
	return len(d.queue) > len(d.permits) || (len(d.queue) > 0 && d.parallel > 0 && d.busy >= d.places && d.places < d.parallel)
}

// used tells whether the company has callers or calls.
func (d *desk) used() bool { return len(d.queue) > 0 || d.busy > 0 }
