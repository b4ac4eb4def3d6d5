package permits

import "time"

const (
	// slowBy is by how many percent of the rate in force a company is called more
	// slowly when it refused a call; slowest is the most of the full rate.
	slowBy  = 40
	slowest = 90
	// quickenBy percent of the full rate come back each quickenEvery without a refusal.
	quickenBy    = 5
	quickenEvery = 10 * time.Second
)

// hold keeps all replicas from calling for d. What one pause answers for makes the
// pace slower once: calls that were under way when it began are refused as well.
func (c *company) hold(now micros, d time.Duration) {
	if now >= c.Held {
		c.Slowed = min(slowest, 100-(100-c.Slowed)*(100-slowBy)/100)
	}
	c.Held = max(c.Held, now+span(d))
	c.SlowedAt = c.Held
	for _, p := range c.Parts {
		p.Granted = nil
	}
	c.Next = max(c.Next, c.Held)
}

// hasten gives back of the pace what was earned until now.
func (c *company) hasten(now micros) {
	for c.Slowed > 0 && now >= c.SlowedAt+span(quickenEvery) {
		c.Slowed = max(0, c.Slowed-quickenBy)
		c.SlowedAt += span(quickenEvery)
	}
}
