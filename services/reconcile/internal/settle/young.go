package settle

import (
	"context"
	"fmt"
	"time"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/record"
)

// reasonRecordsReplaced is why an outcome waits that a worker may be settling of whom the
// records know nothing.
const reasonRecordsReplaced = "records_replaced"

// Epochs tells for how long the records were kept without a loss.
type Epochs interface {
	// Young is how long those whose claims a lost store forgot may still be at work; 0 when none can.
	Young(ctx context.Context, c record.Claiming) (time.Duration, error)
}

// youngError ends a turn that has to wait for workers of whom the records know nothing.
type youngError struct{ left time.Duration }

// Error implements error.
func (e youngError) Error() string {
	return fmt.Sprintf("the records are new, or were replaced by a copy: for %s somebody may be writing to ServiceTrade of whom they do not know",
		e.left.Round(time.Second))
}

// writeWhenOld writes to ServiceTrade, unless a claim that was lost with its store may
// still be in force: two at once could tell a user's next send the answer to his last.
func (t *turn) writeWhenOld(ctx context.Context) (tradepostv1.Settlement, error) {
	if t.Epochs != nil {
		young, err := t.Epochs.Young(ctx, record.Claiming{Lasts: claimTime, Settling: lateWrite})
		if err == nil && young > 0 {
			err = youngError{young}
		}
		if err != nil {
			return tradepostv1.Settlement_SETTLEMENT_UNSPECIFIED, err
		}
	}
	return t.write(ctx)
}
