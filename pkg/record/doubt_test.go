package record

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus/bustest"
)

func TestNobodyRejectsOverADoubt(t *testing.T) {
	for name, r := range map[string]*tradepostv1.Record{
		"open": inDoubt(t, testHash),
		"rejected before": {
			State: Outcome, Outcome: refused(), Unresolved: intent("d"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.NotNil(t, r.GetUnresolved())
			_, err := Reject(refused())(clone(r))
			require.ErrorIs(t, err, ErrIllegal)
			r.Unresolved = nil
			next, err := Reject(refused())(clone(r))
			require.NoError(t, err)
			require.Equal(t, Outcome, next.GetState())
		})
	}
}

// inDoubt is an open send of which something may exist.
func inDoubt(t *testing.T, hash string) *tradepostv1.Record {
	t.Helper()
	r := run(t, OpenSend(opens(hash)), MarkOpened())
	r.Unresolved = intent("d")
	return r
}

func TestARejectionReplacesNothingButARejection(t *testing.T) {
	for kind, allowed := range map[tradepostv1.OutcomeKind]bool{
		tradepostv1.OutcomeKind_OUTCOME_KIND_REJECTED:   true,
		tradepostv1.OutcomeKind_OUTCOME_KIND_POSTED:     false,
		tradepostv1.OutcomeKind_OUTCOME_KIND_WITHDRAWN:  false,
		tradepostv1.OutcomeKind_OUTCOME_KIND_SUPERSEDED: false,
	} {
		_, err := Reject(refused())(&tradepostv1.Record{State: Outcome, Outcome: &tradepostv1.RecordedOutcome{Kind: kind}})
		if allowed {
			require.NoError(t, err, kind)
			continue
		}
		require.ErrorIs(t, err, ErrIllegal, kind)
	}
}

// Only a rejection by the accounting system made nothing for certain and may be
// heard once more. What was posted is never claimed again, and what transform
// rejected was never meant to be posted.
func TestOnlyARejectionByTheBooksIsClaimedAgain(t *testing.T) {
	const rejected = tradepostv1.OutcomeKind_OUTCOME_KIND_REJECTED
	for name, c := range map[string]struct {
		outcome *tradepostv1.RecordedOutcome
		allowed bool
	}{
		"rejected by the books":  {&tradepostv1.RecordedOutcome{Kind: rejected, Stage: StageDeliver}, true},
		"rejected by transform":  {&tradepostv1.RecordedOutcome{Kind: rejected, Stage: StageTransform}, false},
		"rejected by nobody":     {&tradepostv1.RecordedOutcome{Kind: rejected}, false},
		"posted":                 {&tradepostv1.RecordedOutcome{Kind: tradepostv1.OutcomeKind_OUTCOME_KIND_POSTED, Stage: StageDeliver}, false},
		"withdrawn":              {&tradepostv1.RecordedOutcome{Kind: tradepostv1.OutcomeKind_OUTCOME_KIND_WITHDRAWN, Stage: StageDeliver}, false},
		"superseded":             {&tradepostv1.RecordedOutcome{Kind: tradepostv1.OutcomeKind_OUTCOME_KIND_SUPERSEDED, Stage: StageDeliver}, false},
		"of a kind not known":    {&tradepostv1.RecordedOutcome{Kind: 99, Stage: StageDeliver}, false},
		"without an outcome yet": {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			next, err := Reclaim(testClaim, intent("d"))(&tradepostv1.Record{State: Outcome, Outcome: c.outcome})
			if !c.allowed {
				require.ErrorIs(t, err, ErrIllegal)
				return
			}
			require.NoError(t, err)
			require.Equal(t, Claimed, next.GetState())
			require.Nil(t, next.GetOutcome())
			require.Equal(t, "a", next.GetClaim().GetOwner())
			require.NotNil(t, next.GetUnresolved(), "the new attempt is noted before it writes")
		})
	}
	for _, state := range []tradepostv1.RecordState{Opening, Opened, Claimed, Parked, Handed, Held, Settling, Closed} {
		r := inState(state)
		r.Outcome = &tradepostv1.RecordedOutcome{Kind: rejected, Stage: StageDeliver}
		_, err := Reclaim(testClaim, nil)(r)
		require.ErrorIs(t, err, ErrIllegal, StateName(state))
	}
}

// The snapshot belongs to the attempt that may have written it.
func TestASendInDoubtKeepsItsSnapshot(t *testing.T) {
	r, err := Reopen("new", 1, "9.99")(inDoubt(t, "old"))
	require.NoError(t, err)
	require.Equal(t, Opening, r.GetState())
	require.Equal(t, "old", r.GetSnapshotHash())
	require.Equal(t, "522.50", r.GetTotal())
}

// A write to ServiceTrade whose answer was lost may still come through: the claim
// stays until it must have, and no longer.
func TestAWriteInDoubtKeepsOthersOutUntilItMustHaveArrived(t *testing.T) {
	bustest.FakeTime(t, func(t *testing.T, s *bustest.Broker) {
		store, err := Open(t.Context(), s.JS(t))
		require.NoError(t, err)
		e := Entry{Key: testKey}
		until := time.Now().Add(time.Minute)
		for _, step := range []Transition{
			OpenSend(opens(testHash)), Claim(testClaim, nil), Conclude("a", posted()),
			Settle(Claiming{Owner: "r", Lasts: 10 * time.Minute}),
			DoubtWrite("r", time.Minute, Waits{Until: until, Reason: "servicetrade_answer_lost"}),
		} {
			e, err = store.Change(t.Context(), e, step)
			require.NoError(t, err)
		}
		e, err = store.Get(t.Context(), testKey)
		require.NoError(t, err)
		require.Equal(t, Settling, e.State())
		require.Zero(t, e.Record.GetAttempts(), "waiting is no crash")
		require.Equal(t, "servicetrade_answer_lost", e.Record.GetWaiting().GetReason())
		require.Equal(t, until.Unix(), e.Record.GetWaiting().GetUntil().GetSeconds())
		left, err := store.TakeOverIn(t.Context(), e)
		require.NoError(t, err)
		require.Equal(t, time.Minute, left.Round(time.Second))
		time.Sleep(time.Minute) // fake time
		left, err = store.TakeOverIn(t.Context(), e)
		require.NoError(t, err)
		require.LessOrEqual(t, left, time.Duration(0))
		_, err = store.Change(t.Context(), e, Settle(Claiming{Owner: "heir"}))
		require.NoError(t, err)
	})
}
