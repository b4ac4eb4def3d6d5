package connector

import (
	"context"
	"time"
)

// CallLimits are what an accounting system takes of the calls to one company, from
// everybody together.
type CallLimits struct {
	// System and Company say whose limits these are: quickbooks, and the company's id.
	// Connections that name the same share them.
	System, Company string
	// Parallel is how many calls may be under way at once, and begin together.
	Parallel int
	// PerMinute is how many calls may begin in a minute.
	PerMinute int
}

// CallLimiter holds the calls of everybody who shares a company within its limits.
type CallLimiter interface {
	// Take waits until one more call may be made, and returns what has to be called
	// after it. Its error is ctx's, or one that holds a Wait (see Stop).
	Take(ctx context.Context) (done func(), err error)
	// Hold keeps everybody from calling for d: the accounting system asked for it.
	Hold(ctx context.Context, d time.Duration)
}

// Call is one call to an accounting system that was answered, or failed: several make
// a Find or a Create.
type Call struct {
	// Method and Resource in the system's own words: GET query, POST invoice. There are
	// few of them; no id is in them.
	Method, Resource string
	// Status of HTTP; 0 where no answer came.
	Status int
	Took   time.Duration
	// Metered says that the vendor counts it against a budget of reads.
	Metered bool
}
