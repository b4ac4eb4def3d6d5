package target

import (
	"fmt"
	"slices"
	"strings"

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

// MostRate is how many invoices a second a target of that name takes while everything
// breaks, so that most are posted before all is calm: QuickBooks takes no more than 500
// calls in a minute. 0 means that it does not matter.
func MostRate(name string) float64 {
	if name == NamePlain {
		return 0
	}
	return 2.5
}

// New makes the target of a name for a plan.
func New(name string, o plan.Options) Target {
	if name == NamePlain {
		return NewPlain(o)
	}
	return NewQuickBooks(o, name == NameForgetful)
}
