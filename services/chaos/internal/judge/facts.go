// Package judge counts what went wrong in a chaos run. It sees only what the two
// oracles saw (ServiceTrade and the accounting system) and what the users did; it
// knows nothing of how the product works inside.
package judge

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradepost/tradepost/services/chaos/internal/target"
	"github.com/tradepost/tradepost/services/chaos/internal/world"
)

// Verdict is what has to become of an invoice with some content.
type Verdict string

// The verdicts.
const (
	Good    Verdict = "good"
	Spoiled Verdict = "spoiled"
	Refused Verdict = "refused by the accounting system"
)

// Step is one thing that a person did to an invoice, with how it was afterwards.
type Step struct {
	// Began and Ended enclose the moment in which it took effect.
	Began time.Time `json:"began"`
	Ended time.Time `json:"ended"`
	// Kind is one of the kinds of steps.
	Kind string `json:"kind"`
	// Status that the user left the invoice in: pending_accounting after a send, ""
	// after an edit.
	Status string `json:"status,omitempty"`
	// Total of the invoice, a decimal, and what has to become of it.
	Total   string  `json:"total"`
	Verdict Verdict `json:"verdict"`
	// Unsure says that nobody knows whether it took effect.
	Unsure bool `json:"unsure,omitempty"`
}

// The kinds of steps: a user's send, edit and move, an operator's retry of a failed
// invoice, and a bookkeeper who has the books take what they refused.
const (
	StepSend  = "send"
	StepEdit  = "edit"
	StepMove  = "move"
	StepRetry = "retry"
	StepAdmit = "admit"
)

const (
	pending   = "pending_accounting"
	processed = "processed"
	failed    = "failed"
)

// Invoice is all that is known of one invoice.
type Invoice struct {
	ID     int64  `json:"id"`
	Marker string `json:"marker"`
	// Total is the invoice's before the first step.
	Total string         `json:"total"`
	Steps []Step         `json:"steps"`
	Calls []world.Call   `json:"calls"`
	Books []target.Event `json:"books"`
	// Replays are the times at which a message of it was published again, which is a
	// retry where its send had failed.
	Replays []time.Time `json:"replays,omitempty"`
	// Final is how ServiceTrade shows it at the end.
	Final world.Row `json:"final"`
	// Live are the totals of its documents in the books at the end.
	Live []string `json:"live"`
	// Waits names what its record waits for when it is held for an operator, or "".
	Waits string `json:"waits,omitempty"`
}

// Facts is everything that is judged.
type Facts struct {
	Invoices []*Invoice
	// Losses are the times at which the product lost what it knew, or got an older
	// knowledge back.
	Losses []time.Time
	// Cleared are the times at which it lost its streams only: orders of operators too.
	Cleared []time.Time
	// Strays are the markers of documents that belong to none of the invoices.
	Strays []string
}

// Kind is what can go wrong.
type Kind string

// The counts of a run.
const (
	Lost        Kind = "lost"
	Doubled     Kind = "doubled"
	WrongStatus Kind = "wrong status"
	WrongTotal  Kind = "wrong total"
	NoComment   Kind = "failed without its comment before it"
	TwoComments Kind = "two comments for one send"
	Overwritten Kind = "a user's hand overwritten"
	Public      Kind = "comment that customers see"
	Stray       Kind = "document of nobody"
)

// Kinds lists all, in the order in which they are shown.
func Kinds() []Kind {
	return []Kind{Lost, Doubled, WrongStatus, WrongTotal, NoComment, TwoComments, Overwritten, Public, Stray}
}

// Violation is one thing that went wrong.
type Violation struct {
	Kind    Kind   `json:"kind"`
	Invoice int64  `json:"invoice"`
	Text    string `json:"text"`
}

// Judge counts what went wrong, in the order of the invoices.
func Judge(f Facts) []Violation {
	var all []Violation
	for _, inv := range f.Invoices {
		c := &court{Invoice: inv, losses: f.Losses, cleared: f.Cleared}
		c.books()
		c.statuses()
		c.status()
		c.comments()
		c.hands()
		all = append(all, c.found...)
	}
	for _, marker := range f.Strays {
		all = append(all, Violation{Kind: Stray, Text: "a document with the marker " + marker})
	}
	return all
}

// court judges one invoice.
type court struct {
	*Invoice
	losses, cleared []time.Time
	found           []Violation
}

func (c *court) sayf(k Kind, text string, args ...any) {
	c.found = append(c.found, Violation{Kind: k, Invoice: c.ID, Text: fmt.Sprintf(text, args...)})
}

// sends are the user's sends.
func (c *court) sends() []Step {
	var all []Step
	for _, s := range c.Steps {
		if s.Kind == StepSend {
			all = append(all, s)
		}
	}
	return all
}

// shown is what ServiceTrade may have shown at some moment between two times: the
// content that was there before, and all that came between.
func (c *court) shown(from, to time.Time) []Step {
	seen := []Step{{Total: c.Total, Verdict: Good}}
	for _, s := range c.Steps {
		if s.Began.After(to) {
			break
		}
		if s.Ended.Before(from) {
			seen = seen[:0]
		}
		seen = append(seen, s)
	}
	return seen
}

func sameAmount(a, b string) bool {
	x, err1 := decimal.NewFromString(a)
	y, err2 := decimal.NewFromString(b)
	return err1 == nil && err2 == nil && x.Equal(y)
}
