package record

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Transition makes the next record of the current one (nil when there is none).
// It returns ErrIllegal when the record's state does not allow the step.
type Transition func(r *tradepostv1.Record) (*tradepostv1.Record, error)

// ErrIllegal means that the state machine has no such step: whoever asked for it
// decided on an older record, or is wrong.
var ErrIllegal = errors.New("step not allowed")

// Short names of the states, for the tables below.
const (
	Opening  = tradepostv1.RecordState_RECORD_STATE_OPENING
	Opened   = tradepostv1.RecordState_RECORD_STATE_OPEN
	Claimed  = tradepostv1.RecordState_RECORD_STATE_CLAIMED
	Parked   = tradepostv1.RecordState_RECORD_STATE_PARKED
	Handed   = tradepostv1.RecordState_RECORD_STATE_HANDED
	Held     = tradepostv1.RecordState_RECORD_STATE_HELD
	Outcome  = tradepostv1.RecordState_RECORD_STATE_OUTCOME
	Settling = tradepostv1.RecordState_RECORD_STATE_SETTLING
	Closed   = tradepostv1.RecordState_RECORD_STATE_CLOSED
)

// StateName returns a state as people write it: open, claimed, closed.
func StateName(s tradepostv1.RecordState) string {
	return strings.ToLower(strings.TrimPrefix(s.String(), "RECORD_STATE_"))
}

func from(step string, r *tradepostv1.Record, states ...tradepostv1.RecordState) error {
	if slices.Contains(states, r.GetState()) {
		return nil
	}
	names := make([]string, len(states))
	for i, s := range states {
		names[i] = StateName(s)
	}
	return fmt.Errorf("%w: %s from %s, only from %s", ErrIllegal, step, StateName(r.GetState()), strings.Join(names, ", "))
}
