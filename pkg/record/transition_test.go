package record

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

var (
	testKey   = Key{Account: "acme", InvoiceID: 2687264638045999}
	testClaim = Claiming{Owner: "a", Lasts: 20 * time.Second, Settling: 2 * time.Second}
	testHash  = "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9"
)

func opens(hash string) Opens {
	return Opens{
		Key: testKey, Connection: "acme-books", SnapshotHash: hash, HashVersion: 1,
		StartStatus: "pending_accounting", Total: "522.50", Now: time.Unix(1_700_000_000, 0),
	}
}

func intent(hash string) *tradepostv1.Unresolved {
	return &tradepostv1.Unresolved{Kind: tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE, Marker: "st-acme-1", DocumentHash: hash}
}

func posted() *tradepostv1.RecordedOutcome {
	return &tradepostv1.RecordedOutcome{Kind: tradepostv1.OutcomeKind_OUTCOME_KIND_POSTED, Hash: testHash}
}

func refused() *tradepostv1.RecordedOutcome {
	return &tradepostv1.RecordedOutcome{Kind: tradepostv1.OutcomeKind_OUTCOME_KIND_REJECTED, Hash: testHash}
}

func withdrawn() *tradepostv1.RecordedOutcome {
	return &tradepostv1.RecordedOutcome{Kind: tradepostv1.OutcomeKind_OUTCOME_KIND_WITHDRAWN, Hash: testHash}
}

func docRef(id string) *tradepostv1.DocumentRef {
	return &tradepostv1.DocumentRef{
		Kind: tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE, Connection: "acme-books", Id: id, Hash: testHash, Generation: 1,
	}
}

func docElsewhere() *tradepostv1.DocumentRef {
	d := docRef("9")
	d.Connection = "old-books"
	return d
}

// run applies steps one after the other to a record that starts absent.
func run(t *testing.T, steps ...Transition) *tradepostv1.Record {
	t.Helper()
	var r *tradepostv1.Record
	for i, s := range steps {
		next, err := s(clone(r))
		require.NoError(t, err, "step %d", i)
		r = next
	}
	return r
}

func clone(r *tradepostv1.Record) *tradepostv1.Record {
	if r == nil {
		return nil
	}
	return proto.Clone(r).(*tradepostv1.Record)
}

// every is each step of the state machine with the states that it may start from.
func every() map[string]struct {
	step Transition
	from []tradepostv1.RecordState
} {
	type row = struct {
		step Transition
		from []tradepostv1.RecordState
	}
	s := func(states ...tradepostv1.RecordState) []tradepostv1.RecordState { return states }
	return map[string]row{
		"OpenSend":   {OpenSend(opens(testHash)), s(Closed)},
		"MarkOpened": {MarkOpened(), s(Opening)},
		"Reopen":     {Reopen(testHash, 1, "1.00"), s(Opening, Opened, Claimed, Parked)},
		"Withdraw":   {Withdraw(withdrawn()), s(Opening, Opened, Parked, Held)},
		"Reject":     {Reject(refused()), s(Opening, Opened)},
		"Hold":       {Hold("why"), s(Opening, Opened, Claimed, Parked, Handed, Outcome, Settling)},
		"Unhold":     {Unhold(), s(Held)},
		"Claim":      {Claim(testClaim, intent(testHash)), s(Opening, Opened, Parked, Claimed)},
		"Renew":      {Renew(testClaim, nil), s(Claimed)},
		"Release":    {Release("a", Waits{}), s(Claimed)},
		"Doubt":      {Doubt("a", Waits{}), s(Claimed)},
		"DoubtCall":  {DoubtCall("a", time.Minute, Waits{}), s(Claimed)},
		"Park":       {Park("a", Waits{Reason: "throttled"}), s(Claimed)},
		"Hand":       {Hand("a", "file 1"), s(Claimed)},
		"Note":       {Note("a", docRef("1")), s(Claimed)},
		"Resolve":    {Resolve("a"), s(Claimed)},
		"Conclude":   {Conclude("a", posted(), docRef("1")), s(Claimed, Handed)},
		"Confirm":    {Confirm(docRef("1")), s(Handed)},
		"NotMade":    {NotMade(), s(Handed, Held)},

		"SettleByHand":  {SettleByHand(posted(), docRef("1")), s(Held, Handed)},
		"GoneElsewhere": {GoneElsewhere(docElsewhere()), s(Held)},
		"GoTo":          {GoTo("old-books"), s(Held)},
		"LookedAfter":   {LookedAfter(false), s(Closed)},

		"Settle":     {Settle(testClaim), s(Outcome, Settling)},
		"Unsettle":   {Unsettle("a", Waits{}), s(Settling)},
		"DoubtWrite": {DoubtWrite("a", time.Minute, Waits{}), s(Settling)},
		"CloseGone":  {CloseGone("a", time.Now()), s(Settling)},
		"Close":      {Close("a", tradepostv1.Settlement_SETTLEMENT_PROCESSED, time.Now()), s(Settling)},
	}
}

func inState(state tradepostv1.RecordState) *tradepostv1.Record {
	r := &tradepostv1.Record{Account: "acme", InvoiceId: 1, Connection: "acme-books", Send: 3, State: state, HeldFrom: Opened}
	if state == Claimed || state == Settling {
		r.Claim = newClaim(testClaim, 1)
	}
	if state == Outcome || state == Settling {
		r.Outcome = posted()
	}
	if state == Held {
		r.HeldReason, r.Documents = HeldElsewhere+"old-books", []*tradepostv1.DocumentRef{docElsewhere()}
	}
	if state == Closed {
		r.Settlement, r.Documents = tradepostv1.Settlement_SETTLEMENT_SUPERSEDED, []*tradepostv1.DocumentRef{docRef("1")}
	}
	return r
}

func TestEveryStepOnlyFromItsStates(t *testing.T) {
	for name, row := range every() {
		for _, state := range []tradepostv1.RecordState{Opening, Opened, Claimed, Parked, Handed, Held, Outcome, Settling, Closed} {
			t.Run(name+" from "+StateName(state), func(t *testing.T) {
				_, err := row.step(inState(state))
				if slices.Contains(row.from, state) {
					require.NoError(t, err)
					return
				}
				require.ErrorIs(t, err, ErrIllegal)
			})
		}
	}
}

func TestStepsOfAnotherOwnerAreRefused(t *testing.T) {
	for _, step := range []Transition{
		Release("b", Waits{}), Doubt("b", Waits{}), Hand("b", ""), Note("b", docRef("1")), Resolve("b"), Conclude("b", posted()),
		Renew(Claiming{Owner: "b"}, nil), Park("b", Waits{}),
	} {
		_, err := step(inState(Claimed))
		require.ErrorIs(t, err, ErrIllegal)
	}
	for _, step := range []Transition{Unsettle("b", Waits{}), DoubtWrite("b", 0, Waits{}), Close("b", 1, time.Now())} {
		_, err := step(inState(Settling))
		require.ErrorIs(t, err, ErrIllegal)
	}
}

func TestAnUnresolvedAttemptOutlivesEverythingButLooking(t *testing.T) {
	first := intent("first")
	r := run(t, OpenSend(opens(testHash)), Claim(testClaim, first), Doubt("a", Waits{}), Claim(testClaim, intent("second")))
	require.True(t, proto.Equal(first, r.GetUnresolved()), "a second claim must not forget the first attempt")

	held, err := Hold("operator")(clone(r))
	require.NoError(t, err)
	again, err := Unhold()(clone(held))
	require.NoError(t, err)
	require.NotNil(t, again.GetUnresolved())
	require.Equal(t, Claimed, again.GetState(), "the claim stays in force")

	_, err = OpenSend(opens(testHash))(&tradepostv1.Record{State: Closed, Unresolved: first})
	require.ErrorIs(t, err, ErrIllegal)
	settling := inState(Settling)
	settling.Unresolved = first
	_, err = Close("a", 1, time.Now())(settling)
	require.ErrorIs(t, err, ErrIllegal)
}

func TestWhatHasItsOutcomeIsNotSettledByHand(t *testing.T) {
	for _, from := range []tradepostv1.RecordState{Outcome, Settling} {
		held, err := Hold("operator")(inState(from))
		require.NoError(t, err)
		_, err = SettleByHand(posted(), docRef("1"))(held)
		require.ErrorIs(t, err, ErrIllegal)
	}
}

func TestTheSnapshotIsRenewedOnlyBeforeAnAttempt(t *testing.T) {
	r := run(t, OpenSend(opens("old")), MarkOpened(), Reopen("new", 1, "9.99"))
	require.Equal(t, "new", r.GetSnapshotHash())
	r = run(t, OpenSend(opens("old")), Claim(testClaim, intent("d")), Reopen("new", 1, "9.99"))
	require.Equal(t, "old", r.GetSnapshotHash())
	require.Equal(t, Claimed, r.GetState())
}

func TestGenerationsCountWhatIsGone(t *testing.T) {
	kind := tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE
	r := run(t, OpenSend(opens(testHash)), Claim(testClaim, nil), Note("a", docRef("1")))
	require.Equal(t, int64(1), Generation(r, kind))
	require.Equal(t, "1", Live(r, kind).GetId())
	gone := docRef("1")
	gone.Gone = true
	r, err := Note("a", gone)(r)
	require.NoError(t, err)
	require.Equal(t, int64(2), Generation(r, kind))
	require.Nil(t, Live(r, kind))
	require.Len(t, r.GetDocuments(), 1)
}

// Whatever is done in whatever order: sends only grow, documents stay for ever,
// and nothing is closed while an attempt is unresolved.
func TestInvariantsHoldInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := every()
		names := make([]string, 0, len(all))
		for n := range all {
			names = append(names, n)
		}
		var r *tradepostv1.Record
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			name := rapid.SampledFrom(names).Draw(t, "step")
			if r == nil && name != "OpenSend" {
				continue
			}
			next, err := all[name].step(clone(r))
			if err != nil {
				require.ErrorIs(t, err, ErrIllegal)
				continue
			}
			require.GreaterOrEqual(t, next.GetSend(), r.GetSend())
			require.GreaterOrEqual(t, len(next.GetDocuments()), len(r.GetDocuments()))
			require.True(t, name == "GoTo" || r == nil || name == "OpenSend" || next.GetConnection() == r.GetConnection(), "%s changed the connection", name)
			if next.GetState() == Closed {
				require.Nil(t, next.GetUnresolved())
				require.Nil(t, next.GetClaim())
			}
			if next.GetSend() > r.GetSend() && r != nil {
				require.Equal(t, Closed, r.GetState(), "a send is opened only after the last one closed")
			}
			r = next
		}
	})
}
