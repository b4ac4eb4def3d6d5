package stage

import (
	"math/rand/v2"
	"time"
)

const (
	backoffFirst = time.Second
	backoffMost  = 5 * time.Minute
)

// Backoff is how long a message waits that was delivered so often and still finds
// the other system away: 1 s, doubled each time up to 5 min, give or take a fifth,
// so that the messages of one trouble do not come back in one moment.
func Backoff(delivered int) time.Duration {
	d := backoffFirst
	for i := 1; i < delivered && d < backoffMost; i++ {
		d *= 2
	}
	d = min(d, backoffMost)
	fifth := int64(d / 5)
	return d + time.Duration(rand.Int64N(2*fifth+1)-fifth)
}
