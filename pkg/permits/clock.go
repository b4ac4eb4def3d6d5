package permits

import (
	"sync"
	"time"
)

const (
	// drift is by how much a clock may run wrong, as one part of so many.
	drift = 5000
	// resync is after how long the server's clock is looked at again.
	resync = 5 * time.Second
	// justNow is for how long a look at the clock is not doubted.
	justNow = time.Second
)

// clock tells the time of the NATS server from this process's monotonic clock. The
// difference is known to lie between two bounds, which every look narrows and time widens.
type clock struct {
	// elapsed is this process's own clock.
	elapsed func() time.Duration

	mu sync.Mutex
	// low and high bound the server's time at the moment at.
	low, high micros
	at        time.Duration
	known     bool
	doubted   bool
}

// monotonic is this process's own clock; steps of the wall clock do not touch it.
func monotonic() func() time.Duration {
	began := time.Now()
	return func() time.Duration { return time.Since(began) }
}

// now is the server's time, to within err; not known before the first look.
func (c *clock) now() (now micros, err time.Duration, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	low, high := c.bounds(c.elapsed())
	return (low + high) / 2, ((high - low) / 2).duration(), c.known
}

// bounds at the moment e; the lock is held.
func (c *clock) bounds(e time.Duration) (low, high micros) {
	age := e - c.at
	return c.low + span(age-age/drift), c.high + span(age+age/drift)
}

// look notes that the server's clock showed server at some time between before and
// after of our own. stepped means that it cannot have run evenly since the last look:
// it was set, or another server took over.
func (c *clock) look(before, after time.Duration, server micros) (stepped bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	took := after - before
	low, high := server, server+span(took+took/drift)+1
	if c.known {
		oldLow, oldHigh := c.bounds(after)
		switch {
		case high < oldLow || low > oldHigh:
			stepped = true
		default:
			low, high = max(low, oldLow), min(high, oldHigh)
		}
	}
	c.low, c.high, c.at, c.known, c.doubted = low, high, after, true, false
	return stepped
}

// due tells whether it is time for another look.
func (c *clock) due() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.known || c.doubted || c.elapsed()-c.at > resync
}

// believes tells whether the server can have shown written before now. Where it cannot,
// the clock is looked at anew. What was looked at just now is not doubted: then the
// server that wrote was ahead of the one that we asked.
func (c *clock) believes(written micros) bool {
	now, off, _ := c.now()
	if written <= now+span(off+sure) {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.doubted = c.elapsed()-c.at > justNow
	return !c.doubted
}
