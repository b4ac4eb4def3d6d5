package permits

import (
	"time"

	"github.com/tradepost/tradepost/pkg/connector"
)

const (
	// late is how long after its moment a permit may be used.
	late = 120 * time.Millisecond
	// path is how much longer one call may take to the accounting system than another.
	path = 100 * time.Millisecond
	// sure is how well a replica should know the server's clock. One that knows it less
	// well uses its permits less late.
	sure = 15 * time.Millisecond
	// slack is how far apart two calls may arrive from what their moments say.
	slack = late + path + 2*sure
	// pack is over how much time permits of an app may be given out for one moment,
	// where there are so many that one by one makes no difference.
	pack = 25 * time.Millisecond
)

// gap is the least time between two permits, so that no stretch of time has more calls
// than a rate allows, even when calls are off by slack: of n permits that
// arrive within rate.Per the first and the last are less than rate.Per + slack apart.
func gap(rates []connector.Rate) time.Duration {
	least := time.Duration(0)
	for _, r := range rates {
		if r.Calls > 0 {
			least = max(least, (r.Per+slack)/time.Duration(r.Calls)+time.Microsecond)
		}
	}
	return least
}

// grid cuts the time of an app into steps, and allows so many permits in each. The
// zero grid is one without a limit.
type grid struct {
	Step micros `json:"step,omitempty"`
	Each int    `json:"each,omitempty"`
	// Fixed says that permits are given out for the beginning of a step only: the rate
	// is one call, and two of neighbouring steps could be close.
	Fixed bool `json:"fixed,omitempty"`
}

// gridOf makes the grid that keeps to rates: a stretch of rate.Per + slack touches two
// steps more than fit into it.
func gridOf(rates []connector.Rate) grid {
	g := grid{}
	for _, r := range rates {
		if r.Calls > 0 {
			fit := max(1, int(int64(r.Calls)*int64(pack)/int64(r.Per)))
			if g.Each == 0 || fit < g.Each {
				g.Each = fit
			}
		}
	}
	for _, r := range rates {
		if r.Calls > 0 {
			steps := max(1, r.Calls/g.Each-1)
			g.Fixed = g.Fixed || r.Calls == 1
			g.Step = max(g.Step, span((r.Per+slack)/time.Duration(steps)+time.Microsecond))
		}
	}
	return g
}

// micros is a moment or a time in microseconds, by the NATS server's clock, since 1970.
type micros int64

func span(d time.Duration) micros          { return micros(d.Microseconds()) }
func (m micros) duration() time.Duration   { return time.Duration(m) * time.Microsecond }
func (m micros) time() time.Time           { return time.UnixMicro(int64(m)).UTC() }
func momentOf(t time.Time) (moment micros) { return micros(t.UnixMicro()) }
