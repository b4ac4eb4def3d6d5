package posting

import (
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/connector"
)

// Step is what an attempt would do with a document.
type Step string

// The steps of an attempt, in words that people and scripts read.
const (
	StepCreate Step = "create"
	StepAdopt  Step = "adopt"
	StepUpdate Step = "update"
	// StepVoid: what was posted is made void.
	StepVoid Step = "void"
	// StepGone: what was posted is not in the books any more, so that nothing is done.
	StepGone Step = "gone"
	// StepNone: there are faults, and nothing is written.
	StepNone Step = "none"
)

// Sight is what an attempt would meet with one document.
type Sight struct {
	// Step is what it would do.
	Step Step
	// Faults are those that it would be rejected for.
	Faults []*tradepostv1.Fault
	// Remarks are what people would hear of a document that is adopted.
	Remarks []*tradepostv1.Fault
	// Found are the documents of this marker in the books, without void ones.
	Found []connector.Found
	// Differences are those between Found and the document, in words for a bookkeeper.
	Differences []string
	// Unsure are the reasons why an attempt may still end in another way.
	Unsure []string
}
