package posting

import (
	"context"
	"time"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/servicetrade"
	"github.com/tradepost/tradepost/pkg/snapshot"
)

// wantedAge is the age of a snapshot from which ServiceTrade is asked again
// before anything is written.
const wantedAge = time.Minute

// wanted asks ServiceTrade whether the send still stands, when the snapshot is
// older than age. It returns withdrawn or superseded when it does not; then the
// accounting system is not touched.
func (t *try) wanted(ctx context.Context, age time.Duration) (*tradepostv1.Outcome, error) {
	if taken := t.ready.GetSnapshotTakenAt(); taken != nil && time.Since(taken.AsTime()) < age {
		return nil, nil
	}
	inv, err := t.Source.Invoice(ctx, t.m.Subject.InvoiceID)
	if servicetrade.IsNotFound(err) {
		return withdrawn("deleted"), nil
	}
	if err != nil {
		return waitFor(servicetrade.WaitReason(err), err.Error()), nil
	}
	if s := inv.GetStatus(); s != servicetrade.StatusPendingAccounting && s != t.entry.Record.GetStartStatus() {
		return withdrawn(s), nil
	}
	hash, err := snapshot.Hash(inv)
	if err != nil {
		return nil, err
	}
	if hash != t.ready.GetSnapshotHash() {
		return &tradepostv1.Outcome{Result: &tradepostv1.Outcome_Superseded{
			Superseded: &tradepostv1.Superseded{SeenSnapshotHash: hash},
		}}, nil
	}
	return nil, nil
}

func withdrawn(status string) *tradepostv1.Outcome {
	return &tradepostv1.Outcome{Result: &tradepostv1.Outcome_Withdrawn{Withdrawn: &tradepostv1.Withdrawn{Status: status}}}
}

func waitFor(reason, message string) *tradepostv1.Outcome {
	return &tradepostv1.Outcome{Result: &tradepostv1.Outcome_Wait{Wait: &tradepostv1.Wait{
		Scope: tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, Reason: reason, Message: message,
	}}}
}
