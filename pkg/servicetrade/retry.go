package servicetrade

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	maxTries = 4
	// maxPause is the longest that a call waits by itself. A longer Retry-After
	// is the caller's to wait for, who can give its slot away meanwhile.
	maxPause = 30 * time.Second
	// maxRetryAfter bounds what a header can ask for.
	maxRetryAfter = 24 * time.Hour
)

// try sends r, and a GET up to four times while ServiceTrade is away.
func (c *Client) try(ctx context.Context, r request, token string) (*reply, *Error) {
	for n := 1; ; n++ {
		rep, fault := c.exchange(ctx, r, token)
		if fault == nil {
			return rep, nil
		}
		wait, again := c.again(ctx, r, n, fault)
		if !again {
			return nil, fault
		}
		c.log.WarnContext(ctx, "ServiceTrade is asked again",
			"method", r.method, "path", r.path, "try", n, "wait", wait, "error", fault.Error())
		if err := c.pause(ctx, wait); err != nil {
			return nil, fault
		}
	}
}

// again says whether and after how long a call is repeated. A wait that would
// outlast the caller's deadline is not begun.
func (c *Client) again(ctx context.Context, r request, n int, fault *Error) (time.Duration, bool) {
	if r.method != http.MethodGet || !fault.temporary || n >= maxTries || ctx.Err() != nil {
		return 0, false
	}
	if fault.RetryAfter > maxPause {
		return 0, false
	}
	wait := max(backoff(c.delay, n), fault.RetryAfter)
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < wait {
		return 0, false
	}
	return wait, true
}

// backoff is first, doubled per try and held below maxPause, less up to half of
// it by chance, so that parallel calls do not come back together.
func backoff(first time.Duration, n int) time.Duration {
	full := min(first<<min(n-1, 10), maxPause)
	return full - time.Duration(rand.Int64N(int64(full)/2+1))
}

// retryAfter reads a Retry-After header: seconds, or a date that is compared
// with now; 0 when it is absent, past or unreadable.
func retryAfter(header string, now time.Time) time.Duration {
	header = strings.TrimSpace(header)
	if header == "" {
		return 0
	}
	var wait time.Duration
	if seconds, err := strconv.ParseInt(header, 10, 64); err == nil {
		wait = time.Duration(min(seconds, int64(maxRetryAfter/time.Second))) * time.Second
	} else if at, err := http.ParseTime(header); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), maxRetryAfter)
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
