package posting

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/record"
)

// ReasonRecordsReplaced is why a send waits of which a call may be on its way that the
// records have forgotten.
const ReasonRecordsReplaced = "records_replaced"

// youngAgain is when it is asked again for how long the records were kept, where that
// could not be read.
const youngAgain = 5 * time.Second

// Epochs tells for how long the records were kept without a loss.
type Epochs interface {
	// Young is how long what a lost store forgot can still come to light; 0 when all must have.
	Young(ctx context.Context, c record.Claiming) (time.Duration, error)
}

// whenOld makes the send wait while a call of which the records know nothing may be on
// its way: a create that no search shows yet, or an update of what a search shows. It is
// asked under the claim, and before anything is looked at. What was forgotten may be
// this very attempt: it stays in doubt, so that it is looked for also when the user has
// moved the invoice meanwhile.
func (t *try) whenOld(ctx context.Context) *tradepostv1.Outcome {
	if t.Epochs == nil {
		return nil
	}
	young, err := t.Epochs.Young(ctx, t.longest())
	if err != nil {
		t.doubtful = true
		return untilOld(youngAgain, fmt.Sprintf("it is not known for how long the records were kept: %v", err))
	}
	if young == 0 {
		return nil
	}
	t.doubtful = true
	return untilOld(young, fmt.Sprintf("the records of what was posted are new, or were replaced by a copy: for %s a document may be on its way "+
		"of which they do not know; nobody has to do anything", young.Round(time.Second)))
}

// longest is the longest claim that may have been lost: the invoice may have belonged to
// another connection of the account.
func (t *try) longest() record.Claiming {
	all := []*Poster{t.Poster}
	if t.Siblings != nil {
		attached, _ := t.Siblings()
		all = append(all, attached...)
	}
	var c record.Claiming
	for _, p := range all {
		d := p.Connector.Describe()
		c.Lasts, c.Settling = max(c.Lasts, d.CallTimeout+claimSlack), max(c.Settling, d.SettlingTime)
	}
	return c
}

func untilOld(left time.Duration, message string) *tradepostv1.Outcome {
	outcome := waitFor(ReasonRecordsReplaced, message)
	outcome.GetWait().Until = timestamppb.New(time.Now().Add(left))
	return outcome
}
