package permits

import (
	"fmt"
)

// warnAt is the share of the budget, in percent, from which on people are told.
const warnAt = 80

// meter is this process's part in the metered reads of an app.
type meter struct {
	budget int64
	// made are all that this process made since it was started.
	made int64
	// unsent were made and are not in the book yet.
	unsent int64
	// mine is what the book has of this process. Only turns look at it.
	mine int64
	// month and total are what the book held last; wanted says that it has to be read.
	month          string
	total          int64
	wanted, looked bool
}

func (m *meter) pending() bool { return m.unsent > 0 || m.wanted }

// tally is what a turn wrote of the reads.
type tally struct {
	month string
	total int64
	// sent are those of the unsent ones that are in the book now, mine all of this process.
	sent, mine int64
	// tell is the share that nobody was told of yet, or 0.
	tell int
}

// write puts the reads of this process into the book. A turn whose answer was lost is
// repeated without counting twice: what is written is the sum, not the difference.
func (m *meter) write(r *reads, now micros, replica string, pending, budget int64) tally {
	if _, there := r.By[replica]; !there {
		m.mine = 0 // It is the first one, or of a new month, or others took us for dead.
	}
	if m.mine+pending > 0 {
		r.By[replica] = m.mine + pending
	}
	t := tally{month: r.Month, total: r.total(now), sent: pending, mine: m.mine + pending}
	if share := shareOf(t.total, budget); share > r.Told {
		r.Told, t.tell = share, share
	}
	return t
}

// shareOf is which of the shares that people are told of has been reached.
func shareOf(total, budget int64) int {
	switch {
	case budget <= 0:
		return 0
	case total >= budget:
		return 100
	case total*100 >= budget*warnAt:
		return warnAt
	}
	return 0
}

// metered counts reads.
func (a *app) metered(n int64) {
	if n <= 0 {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.meter.unsent += n
	a.meter.made += n
	a.work()
}

// made tells what this process read.
func (a *app) made() Reads {
	a.mu.Lock()
	defer a.mu.Unlock()
	m := &a.meter
	return Reads{App: a.name, Made: m.made, Uncounted: m.unsent, Month: m.month, Total: m.total, Budget: m.budget}
}

// unsent is what the next turn writes down. The lock is held.
func (a *app) unsent() meter {
	m := meter{unsent: a.meter.unsent, budget: a.meter.budget}
	if a.all.silent {
		m.budget = 0
	}
	return m
}

// counted takes what is in the book now. The lock is held.
func (a *app) counted(t tally) {
	m := &a.meter
	m.unsent -= t.sent
	m.mine, m.month, m.total = t.mine, t.month, t.total
	m.wanted, m.looked = false, true
	a.all.metrics.reads.WithLabelValues(a.key).Set(float64(m.total))
	if m.budget > 0 {
		a.all.metrics.budget.WithLabelValues(a.key).Set(float64(m.budget))
	}
	if t.tell > 0 {
		a.all.log.Warn("the app has used most of this month's budget of metered reads",
			"app", a.key, "month", t.month, "reads", t.total, "budget", m.budget)
	}
}

// overspent says in words that most of the budget is used, or "".
func (a *app) overspent() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	m := &a.meter
	now, _, known := a.all.clock.now()
	if !known || m.month != monthOf(now) || shareOf(m.total, m.budget) == 0 {
		return ""
	}
	return fmt.Sprintf("app %s made %d of %d metered reads in %s (%d %%); what goes beyond is refused or charged until %s: "+
		"raise read_budget if the plan has more, else look which connection reads so much",
		a.key, m.total, m.budget, m.month, m.total*100/m.budget, monthEnd(now).Format("2006-01-02"))
}
