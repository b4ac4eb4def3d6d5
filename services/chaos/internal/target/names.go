package target

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tradepost/tradepost/services/chaos/internal/plan"
)

// The names of the targets.
const (
	NamePlain      = "plain"
	NameQuickBooks = "quickbooks"
	NameForgetful  = "quickbooks-forgetful"
)

// Names lists them, the usual one first.
func Names() []string { return []string{NamePlain, NameQuickBooks, NameForgetful} }

// Check refuses a name that no target has.
func Check(name string) error {
	if !slices.Contains(Names(), name) {
		return fmt.Errorf("%q is none of %s", name, strings.Join(Names(), ", "))
	}
	return nil
}

// Pace is how many invoices a second a target of that name takes while everything breaks,
// and the time between two faults that leaves it some in which to post: QuickBooks takes
// no more than 500 calls in a minute. 0 means that it does not matter.
func Pace(name string) (rate float64, gap time.Duration) {
	if name == NamePlain {
		return 0, 0
	}
	return 2.5, 5 * time.Second
}

// New makes the target of a name for a plan.
func New(name string, o plan.Options) Target {
	if name == NamePlain {
		return NewPlain(o)
	}
	return NewQuickBooks(o, name == NameForgetful)
}
