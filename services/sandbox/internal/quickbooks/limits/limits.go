// Package limits counts what each company and app asks of the QuickBooks Online
// stand-in, and tells when it is too much (Intuit documentation, "API call
// limits and throttles").
package limits

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// Limits are the most requests that are served. 0 takes the documented number, a
// negative one means no limit.
type Limits struct {
	// PerMinute is of a company, whoever asks: 500.
	PerMinute int `json:"perMinute"`
	// PerSecond is of a company and app: 10.
	PerSecond int `json:"perSecond"`
	// Concurrent is of a company and app at the same time: 10 (Intuit developer blog
	// of 2016-08-08).
	Concurrent int `json:"concurrent"`
	// BatchPerMinute is of batch requests of a company and app: 40.
	BatchPerMinute int `json:"batchPerMinute"`
	// BatchPerMinuteRealm is of batch requests of a company: 120.
	BatchPerMinuteRealm int `json:"batchPerMinuteRealm"`
	// MeteredPerMonth is of the metered reads of an app, over all companies: 500,000
	// in the Builder tier of the Intuit App Partner Program.
	MeteredPerMonth int `json:"meteredPerMonth"`
}

func (l Limits) withDefaults() Limits {
	for _, d := range []struct {
		value    *int
		standard int
	}{
		{&l.PerMinute, 500}, {&l.PerSecond, 10}, {&l.Concurrent, 10}, {&l.BatchPerMinute, 40}, {&l.BatchPerMinuteRealm, 120}, {&l.MeteredPerMonth, 500000},
	} {
		if *d.value == 0 {
			*d.value = d.standard
		}
	}
	return l
}

// None is no limit at all.
func None() Limits { return Limits{-1, -1, -1, -1, -1, -1} }

// Call is one request at the gate.
type Call struct {
	Realm, App string
	Batch      bool
	// Metered is how many metered reads it is: 0 for a write.
	Metered int
}

// Minute counts what happened to a company in one minute.
type Minute struct {
	Start     time.Time `json:"start"`
	Served    int       `json:"served"`
	Throttled int       `json:"throttled"`
	Metered   int       `json:"metered"`
}

// Count is what a company was asked since the beginning.
type Count struct {
	// Total counts all requests, also the throttled ones.
	Total     int `json:"total"`
	Throttled int `json:"throttled"`
	// Metered counts reads that the partner program meters.
	Metered int `json:"metered"`
	// Reasons tells which limit the throttled ones met.
	Reasons map[string]int `json:"reasons"`
	// MostConcurrent is the most requests that were served at the same time.
	MostConcurrent int `json:"mostConcurrent"`
	// Minutes are the last 60 minutes in which something was asked, oldest first.
	Minutes []Minute `json:"minutes"`
}

// Gate lets requests pass or not. It is safe for many goroutines.
type Gate struct {
	now func() time.Time

	mu      sync.Mutex
	limits  Limits
	windows map[string][]time.Time // of served requests, by what is limited
	running map[string]int
	counts  map[string]*Count
	month   string
	metered map[string]int // by app, in this month
}

// New makes a gate.
func New(l Limits, now func() time.Time) *Gate {
	g := &Gate{now: now, limits: l.withDefaults()}
	g.Reset()
	return g
}

// Reset forgets what was counted.
func (g *Gate) Reset() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.windows, g.running, g.counts, g.metered = map[string][]time.Time{}, map[string]int{}, map[string]*Count{}, map[string]int{}
}

// Limits gives the limits in force.
func (g *Gate) Limits() Limits {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.limits
}

// Set changes the limits.
func (g *Gate) Set(l Limits) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.limits = l.withDefaults()
}

// window is one limit over a stretch of time that moves along: any minute has at
// most so many.
type window struct {
	key    string
	length time.Duration
	most   int
	reason string
}

func (g *Gate) windowsOf(c Call) []window {
	both := c.Realm + " " + c.App
	out := []window{
		{"minute " + c.Realm, time.Minute, g.limits.PerMinute, "perMinute"},
		{"second " + both, time.Second, g.limits.PerSecond, "perSecond"},
	}
	if c.Batch {
		out = append(out, window{"batch " + both, time.Minute, g.limits.BatchPerMinute, "batchPerMinute"},
			window{"batch " + c.Realm, time.Minute, g.limits.BatchPerMinuteRealm, "batchPerMinuteRealm"})
	}
	return out
}

// Enter asks to be served. When ok is false the request is throttled; otherwise
// leave has to be called when it is answered. Requests that were throttled do
// not count against the limits.
func (g *Gate) Enter(c Call) (leave func(), ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	count, minute := g.count(c.Realm, now)
	count.Total++
	if reason := g.tooMuch(c, now); reason != "" {
		count.Throttled++
		count.Reasons[reason]++
		minute.Throttled++
		return nil, false
	}
	for _, w := range g.windowsOf(c) {
		g.windows[w.key] = append(g.windows[w.key], now)
	}
	minute.Served++
	minute.Metered += c.Metered
	count.Metered += c.Metered
	g.metered[c.App] += c.Metered
	both := c.Realm + " " + c.App
	g.running[both]++
	count.MostConcurrent = max(count.MostConcurrent, g.running[both])
	return sync.OnceFunc(func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.running[both]--
	}), true
}

// tooMuch names the limit that a request meets. The lock is held.
func (g *Gate) tooMuch(c Call, now time.Time) string {
	if month := now.UTC().Format("2006-01"); month != g.month {
		g.month, g.metered = month, map[string]int{}
	}
	if g.limits.MeteredPerMonth >= 0 && c.Metered > 0 && g.metered[c.App]+c.Metered > g.limits.MeteredPerMonth {
		return "meteredPerMonth"
	}
	if g.limits.Concurrent >= 0 && g.running[c.Realm+" "+c.App] >= g.limits.Concurrent {
		return "concurrent"
	}
	for _, w := range g.windowsOf(c) {
		kept := g.windows[w.key]
		for len(kept) > 0 && !kept[0].After(now.Add(-w.length)) {
			kept = kept[1:]
		}
		g.windows[w.key] = kept
		if w.most >= 0 && len(kept) >= w.most {
			return w.reason
		}
	}
	return ""
}

// count finds the counters of a company and of the minute. The lock is held.
func (g *Gate) count(realm string, now time.Time) (*Count, *Minute) {
	c := g.counts[realm]
	if c == nil {
		c = &Count{Reasons: map[string]int{}}
		g.counts[realm] = c
	}
	start := now.Truncate(time.Minute)
	if len(c.Minutes) == 0 || !c.Minutes[len(c.Minutes)-1].Start.Equal(start) {
		c.Minutes = append(c.Minutes, Minute{Start: start})
		if len(c.Minutes) > 60 {
			c.Minutes = c.Minutes[1:]
		}
	}
	return c, &c.Minutes[len(c.Minutes)-1]
}

// Note counts a 429 that a fault to order sent, and not the gate.
func (g *Gate) Note(realm string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	count, minute := g.count(realm, g.now())
	count.Total++
	count.Throttled++
	count.Reasons["ordered"]++
	minute.Throttled++
}

// Counts gives a copy of what was counted of a company.
func (g *Gate) Counts(realm string) Count {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.counts[realm]
	if c == nil {
		return Count{Reasons: map[string]int{}, Minutes: []Minute{}}
	}
	out := *c
	out.Reasons, out.Minutes = maps.Clone(c.Reasons), slices.Clone(c.Minutes)
	return out
}
