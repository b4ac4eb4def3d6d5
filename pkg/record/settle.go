package record

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Settle takes the right to write to ServiceTrade. The caller has made sure that
// a claim in force has run out (Store.TakeOverIn).
func Settle(c Claiming) Transition {
	return func(r *tradepostv1.Record) (*tradepostv1.Record, error) {
		if err := from("settle", r, Outcome, Settling); err != nil {
			return nil, err
		}
		r.Attempts++
		since := waitingSince(r)
		r.State, r.Claim, r.Waiting = Settling, newClaim(c, r.GetAttempts()), nil
		r.Claim.WaitingSince = since
		return r, nil
	}
}

// Unsettle gives the claim back, since ServiceTrade could not be written to now.
// What was written stays; the next one to settle looks before it writes.
func Unsettle(owner string, w Waits) Transition {
	return func(r *tradepostv1.Record) (*tradepostv1.Record, error) {
		if err := settledBy(r, owner); err != nil {
			return nil, err
		}
		r.Waiting = w.message(r)
		r.State, r.Claim, r.Attempts = Outcome, nil, 0
		return r, nil
	}
}

// DoubtWrite ends the claim while a write to ServiceTrade may still be on its way:
// nobody looks whether it is there before settling is over, and so nobody writes
// it a second time.
func DoubtWrite(owner string, settling time.Duration, w Waits) Transition {
	return func(r *tradepostv1.Record) (*tradepostv1.Record, error) {
		if err := settledBy(r, owner); err != nil {
			return nil, err
		}
		r.Claim.Ended, r.Claim.Settling = true, durationpb.New(settling)
		r.Attempts, r.Waiting = 0, w.message(r)
		return r, nil
	}
}

// Close ends the send. Nobody closes one with an unresolved attempt.
func Close(owner string, s tradepostv1.Settlement, now time.Time) Transition {
	return func(r *tradepostv1.Record) (*tradepostv1.Record, error) {
		if err := settledBy(r, owner); err != nil {
			return nil, err
		}
		if r.GetUnresolved() != nil {
			return nil, fmt.Errorf("%w: close while an attempt is unresolved", ErrIllegal)
		}
		r.State, r.Settlement, r.ClosedAt = Closed, s, timestamppb.New(now)
		r.Claim, r.Attempts = nil, 0
		return r, nil
	}
}

// Finished tells whether nobody has to look at a record any more. One that is closed
// as superseded while documents stand in the books is not, until the next send opens
// or somebody was told of them.
func Finished(r *tradepostv1.Record) bool {
	return r.GetState() == Closed && !needsLookingAfter(r)
}

func needsLookingAfter(r *tradepostv1.Record) bool {
	if r.GetSettlement() != tradepostv1.Settlement_SETTLEMENT_SUPERSEDED || r.GetOutcome().GetLookedAfter() {
		return false
	}
	return slices.ContainsFunc(r.GetDocuments(), func(d *tradepostv1.DocumentRef) bool {
		return !d.GetGone() && d.GetConnection() == r.GetConnection()
	})
}

// LookedAfter notes that people were told of what a superseded send left in the books;
// gone says that ServiceTrade does not have the invoice any more, so that nobody could be
// told there.
func LookedAfter(gone bool) Transition {
	return func(r *tradepostv1.Record) (*tradepostv1.Record, error) {
		if err := from("look after", r, Closed); err != nil {
			return nil, err
		}
		if !needsLookingAfter(r) {
			return nil, fmt.Errorf("%w: look after what needs none", ErrIllegal)
		}
		if r.GetOutcome() == nil {
			r.Outcome = &tradepostv1.RecordedOutcome{}
		}
		r.Outcome.LookedAfter, r.Outcome.InvoiceGone = true, gone
		return r, nil
	}
}

func settledBy(r *tradepostv1.Record, owner string) error {
	if err := from("go on with settling", r, Settling); err != nil {
		return err
	}
	if r.GetClaim().GetOwner() != owner {
		return fmt.Errorf("%w: the settling belongs to %s", ErrIllegal, r.GetClaim().GetOwner())
	}
	return nil
}
