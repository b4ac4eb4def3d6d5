package posting

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/record"
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
	if t.youngerThan(age) {
		return nil, nil
	}
	inv, err := t.Source.Invoice(ctx, t.m.Subject.InvoiceID)
	if servicetrade.IsNotFound(err) {
		return withdrawn("deleted"), nil
	}
	if err != nil {
		return waitFor(servicetrade.WaitReason(err), err.Error()), nil
	}
	if s := inv.GetStatus(); !record.Stands(t.entry.Record, s) {
		return withdrawn(s), nil
	}
	if record.OfVoid(t.entry.Record) {
		return nil, nil // What was posted is taken back, whatever it would be now.
	}
	same, err := snapshot.Same(inv, t.ready.GetSnapshotHash(), t.ready.GetHashVersion())
	if err != nil {
		return nil, err
	}
	if !same {
		hash, err := snapshot.Hash(inv)
		if err != nil {
			return nil, err
		}
		return &tradepostv1.Outcome{Result: &tradepostv1.Outcome_Superseded{
			Superseded: &tradepostv1.Superseded{SeenSnapshotHash: hash},
		}}, nil
	}
	return nil, nil
}

// youngerThan tells whether the snapshot is so young that ServiceTrade need not
// be asked. A time in the future is a wrong clock, or a message mended by hand.
func (t *try) youngerThan(age time.Duration) bool {
	taken := t.ready.GetSnapshotTakenAt()
	if taken == nil {
		return false
	}
	old := time.Since(taken.AsTime())
	return old >= 0 && old < age && time.Since(t.m.Published) < age
}

func withdrawn(status string) *tradepostv1.Outcome {
	return &tradepostv1.Outcome{Result: &tradepostv1.Outcome_Withdrawn{Withdrawn: &tradepostv1.Withdrawn{Status: status}}}
}

func waitUntil(until time.Time, reason, message string) *tradepostv1.Outcome {
	o := waitFor(reason, message)
	o.GetWait().Until = timestamppb.New(until)
	return o
}

func waitFor(reason, message string) *tradepostv1.Outcome {
	return &tradepostv1.Outcome{Result: &tradepostv1.Outcome_Wait{Wait: &tradepostv1.Wait{
		Scope: tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, Reason: reason, Message: message,
	}}}
}
