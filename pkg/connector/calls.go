package connector

import (
	"context"
	"time"
)

// Rate is a number of calls in a stretch of time, wherever that begins: 500 in a
// minute means 500 between any two moments that are a minute apart.
type Rate struct {
	Calls int
	Per   time.Duration
}

// CallLimits are what an accounting system allows of calls, and for whom they count.
// All replicas that state the same System and App share them.
type CallLimits struct {
	// System is the connector's kind.
	System string
	// App is the public id of the app that calls, such as the client id of OAuth2, or
	// whatever else the system counts the calls of several companies by.
	App string
	// Company is the system's id of the company.
	Company string
	// PerCompany and PerApp all hold at the same time; none means no limit.
	PerCompany, PerApp []Rate
	// Parallel is how many calls of the app to the company may be under way; 0 means
	// any number.
	Parallel int
	// ReadBudget is how many metered reads the app has in a calendar month (UTC); 0
	// where reads are not metered.
	ReadBudget int64
}

// CallLimiter lets the calls to one company through, as far as the limits of the
// company and of its app allow, over all replicas. It is safe for concurrent use.
type CallLimiter interface {
	// Take waits until one more call may be made, which has to begin at once. done has
	// to be called when the call is over, however it ended; twice does no harm. The
	// error is ctx's, or one that holds a Wait (see AnswerOf): the system asked for
	// fewer calls, and nobody may call for longer than is worth waiting.
	Take(ctx context.Context) (done func(), err error)
	// Hold says that the system refused a call since there were too many, and keeps
	// all replicas from calling the company for d; afterwards they call more slowly,
	// and return to the full rate bit by bit. It returns once all others can know.
	Hold(ctx context.Context, d time.Duration)
	// Metered counts metered reads that were made.
	Metered(reads int)
}

// LimiterFor returns the limiter of l's company, or where the program gave the
// connector none (a test) one that lets everything through.
func (s Settings) LimiterFor(l CallLimits) CallLimiter {
	if s.Calls == nil {
		return unlimited{}
	}
	return s.Calls(l)
}

// unlimited lets everything through.
type unlimited struct{}

// Take implements CallLimiter.
func (unlimited) Take(ctx context.Context) (func(), error) { return func() {}, ctx.Err() }

// Hold implements CallLimiter.
func (unlimited) Hold(context.Context, time.Duration) {}

// Metered implements CallLimiter.
func (unlimited) Metered(int) {}

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
