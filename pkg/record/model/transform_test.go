package model

import (
	"errors"
	"fmt"
	"time"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/record"
)

const (
	outcomeRejected  = tradepostv1.OutcomeKind_OUTCOME_KIND_REJECTED
	outcomePosted    = tradepostv1.OutcomeKind_OUTCOME_KIND_POSTED
	outcomeWithdrawn = tradepostv1.OutcomeKind_OUTCOME_KIND_WITHDRAWN
	outcomeReplaced  = tradepostv1.OutcomeKind_OUTCOME_KIND_SUPERSEDED

	settledProcessed = tradepostv1.Settlement_SETTLEMENT_PROCESSED
	settledFailed    = tradepostv1.Settlement_SETTLEMENT_FAILED
	settledWithdrawn = tradepostv1.Settlement_SETTLEMENT_WITHDRAWN
	settledReplaced  = tradepostv1.Settlement_SETTLEMENT_SUPERSEDED
)

// unmapped tells whether the mapping refuses that content now.
func (w *world) unmapped(content int) bool { return (content+w.mapping)%3 == 0 }

func (w *worker) transform(m *message) verdict {
	for range 5 {
		v := w.transformOnce(m)
		if !errors.Is(v.err, record.ErrConflict) {
			return v
		}
	}
	return again(time.Second)
}

func (w *worker) transformOnce(m *message) verdict {
	e, current, v := w.admit(m)
	if !current {
		return v
	}
	switch e.State() {
	case record.Opening, record.Opened, record.Claimed, record.Parked:
	case record.Outcome:
		if e.Record.GetOutcome().GetKind() != outcomeRejected {
			return done
		}
	default:
		return done
	}
	if w.world.unmapped(m.content) {
		return w.reject(m, e)
	}
	if e.State() != record.Outcome {
		w.publish(message{to: deliver, send: m.send, snapshot: m.snapshot, content: m.content, takenAt: m.takenAt})
	}
	return done
}

func (w *worker) reject(m *message, e record.Entry) verdict {
	if e.State() == record.Claimed || e.State() == record.Parked {
		return done
	}
	hash := fmt.Sprintf("unmapped-%d-%d", m.content, w.world.mapping)
	if e.Record.GetOutcome().GetHash() != hash {
		o := &tradepostv1.RecordedOutcome{Kind: outcomeRejected, Hash: hash, Stage: record.StageTransform}
		if _, err := w.change(e, "reject", record.Reject(o)); err != nil {
			return failed(err)
		}
	}
	w.publish(message{to: reconcile, send: m.send, snapshot: m.snapshot, outcome: hash})
	return done
}
