package record

import (
	"math/rand/v2"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

const (
	// Budget is how long a send is tried again at a quick pace for trouble that comes
	// and goes. After that it is overdue: tried now and then, for as long as it takes,
	// and named to people. Waiting alone never makes a send fail.
	Budget = time.Hour

	firstPause   = time.Second
	longestPause = 5 * time.Minute
	overduePause = 30 * time.Minute
)

// Waits is what a send waits for, so that people see why nothing happens.
type Waits struct {
	Scope tradepostv1.WaitScope
	Until time.Time
	// Reason is a stable word: throttled, signed_out, unreachable.
	Reason string
	// Since is when the trouble was met. A send that waited before, without progress
	// in between, keeps its earlier time. Zero leaves it open.
	Since time.Time
}

// message is what r's waiting becomes.
func (w Waits) message(r *tradepostv1.Record) *tradepostv1.Waiting {
	since := waitingSince(r)
	if since == nil && !w.Since.IsZero() {
		since = timestamppb.New(w.Since)
	}
	return &tradepostv1.Waiting{Scope: w.Scope, Until: timestamppb.New(w.Until), Reason: w.Reason, Since: since}
}

// waitingSince is carried by the claim while an attempt is under way.
func waitingSince(r *tradepostv1.Record) *timestamppb.Timestamp {
	if since := r.GetWaiting().GetSince(); since != nil {
		return since
	}
	return r.GetClaim().GetWaitingSince()
}

// Waited is how long the send could not go on: 0 for one that was never in trouble,
// or has made progress since.
func Waited(r *tradepostv1.Record, now time.Time) time.Duration {
	since := waitingSince(r)
	if since == nil {
		return 0
	}
	return max(now.Sub(since.AsTime()), 0)
}

// Pace is the pause before another try of something that could not go on for as
// long as waited: as long again as it has waited, from 1 s to 5 min, and 30 min once
// the Budget is used up; up to a quarter more, so that what failed together does not
// come back together. It goes by time and not by a count, so that restarts,
// redeliveries and parking change nothing about it.
func Pace(waited time.Duration) time.Duration {
	d := min(max(waited, firstPause), longestPause)
	if waited >= Budget {
		d = overduePause
	}
	return Jitter(d, d/4)
}

// Jitter returns d and a little more, most at the most.
func Jitter(d, most time.Duration) time.Duration { return d + rand.N(max(most, 0)+1) }
