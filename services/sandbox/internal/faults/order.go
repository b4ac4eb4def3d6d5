package faults

import (
	"strings"
	"time"
)

// Order asks for one kind of fault: what, where, how often and how long. Only
// Fault is required; what is left out does not matter: everywhere, always, until
// it is canceled.
type Order struct {
	// Name is for people, and for a scenario to cancel the order by.
	Name  string
	Fault Kind

	// Method is GET, POST, PUT or DELETE; empty means all.
	Method string
	// Path is the pattern of a path, beginning with /api/: * stands for any part
	// of one step of the path, /** at the end for all steps that follow. For webhook
	// faults it is the path of the receiver's address.
	Path string
	// Resource is the word after /api/: invoice, comment, auth ... For webhook faults
	// it is the type of an entity that the message tells of.
	Resource string

	// Probability is the chance of each request in (0, 1], drawn from Seed.
	Probability float64
	// Seed makes what is drawn repeatable; 0 takes the id of the order.
	Seed int64
	// Next strikes the next so many requests, and the order is over.
	Next int
	// Every strikes every Nth request.
	Every int

	// For ends the order so long after it was given.
	For time.Duration
	// Until ends the order at a time.
	Until time.Time
	// Times ends the order after so many strikes.
	Times int

	// Delay is how long a request or message waits.
	Delay time.Duration
	// MaxDelay makes the delay a random one between Delay and this.
	MaxDelay time.Duration
	// Form is the shape of the answer, where the API has several.
	Form string
	// Code is that of a refusal: the number that the API gives its faults.
	Code string
	// Status is that of a server error, 500 to 599; 0 means 503.
	Status int
	// RetryAfter is sent as a header, in whole seconds; 0 sends none.
	RetryAfter time.Duration
	// Age is how old a stale list is, at most an hour; 0 means 30 s.
	Age time.Duration
	// Skip and Repeat are the chances of a page to leave rows out, or to show rows of
	// the page before once more. Without these and PageSize both are 0.25.
	Skip, Repeat float64
	// Rows is how many rows move between two pages at most; 0 means 3.
	Rows int
	// PageSize makes pages shorter, so that a small book has several.
	PageSize int
	// Sessions is how many sessions are evicted; 0 means all.
	Sessions int
}

// Problem is one thing that is wrong with an order. Field is its name in
// scenario files and in JSON.
type Problem struct{ Field, Text string }

// OrderError is everything that is wrong with an order.
type OrderError struct{ Problems []Problem }

// Error lists the problems in one line.
func (e *OrderError) Error() string {
	texts := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		texts[i] = p.Field + " " + p.Text
	}
	return "the order is refused: " + strings.Join(texts, "; ")
}

// withDefaults fills in what a kind takes when nothing is said.
func (o Order) withDefaults() Order {
	o.Method = strings.ToUpper(o.Method)
	switch {
	case (o.Fault == ServerError || o.Fault == ErrorAfter) && o.Status == 0:
		o.Status = 503
	case o.Fault == StaleList && o.Age == 0:
		o.Age = 30 * time.Second
	case o.Fault == WebhookReorder && o.Delay == 0:
		o.Delay = 5 * time.Second
	case o.Fault == Drift:
		if o.Skip == 0 && o.Repeat == 0 && o.PageSize == 0 {
			o.Skip, o.Repeat = 0.25, 0.25
		}
		if o.Rows == 0 {
			o.Rows = 3
		}
	}
	return o
}
