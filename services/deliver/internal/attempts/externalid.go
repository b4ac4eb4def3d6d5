package attempts

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/services/deliver/internal/externalid"
)

// ExternalID publishes what became of an external id that was to be written to
// ServiceTrade.
func (r *Recorder) ExternalID(ctx context.Context, kind string, e externalid.Result) {
	r.send(ctx, e.Posted.Subject.InvoiceID, &tradepostv1.InvoiceAttempt{
		Send: e.Posted.Send, SnapshotHash: e.Posted.SnapshotHash, Connector: kind,
		Operation: tradepostv1.AttemptOperation_ATTEMPT_OPERATION_EXTERNAL_ID,
		StartedAt: timestamppb.New(time.Now()),
		Request:   shorten(e.Request), Answer: string(e.Ending), Error: shorten(e.Error),
	})
}
