package posting

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/record"
)

// ReasonRecordsReplaced is why a send waits whose document may be on its way from an
// attempt that the records have forgotten.
const ReasonRecordsReplaced = "records_replaced"

// Epochs tells for how long the records were kept without a loss.
type Epochs interface {
	// Young is how long what a lost store forgot can still come to light; 0 when all must have.
	Young(ctx context.Context, c record.Claiming) (time.Duration, error)
}

// young is how long a search that begins now cannot be believed where it finds nothing.
func (t *try) young(ctx context.Context) (time.Duration, error) {
	if t.Epochs == nil {
		return 0, nil
	}
	return t.Epochs.Young(ctx, t.claiming())
}

// untilOld waits, so that the search is made again when all that others may have made is
// to be seen.
func untilOld(young time.Duration) *tradepostv1.Outcome {
	outcome := waitFor(ReasonRecordsReplaced, fmt.Sprintf(
		"the records of what was posted are new, or were replaced by a copy %s before this can be posted safely: "+
			"a document may be on its way of which they do not know; nobody has to do anything", young.Round(time.Second)))
	outcome.GetWait().Until = timestamppb.New(time.Now().Add(young))
	return outcome
}
