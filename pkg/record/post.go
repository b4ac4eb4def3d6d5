package record

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Claim takes the right to call the accounting system. The caller has made sure
// that a claim in force has run out (Store.TakeOverIn). intends is what this
// attempt may write; an unresolved attempt of before stays in its place and has
// to be resolved first.
func Claim(c Claiming, intends *tradepostv1.Unresolved) Transition {
	return func(r *tradepostv1.Record) (*tradepostv1.Record, error) {
		if err := from("claim", r, Opening, Opened, Parked, Claimed); err != nil {
			return nil, err
		}
		if r.GetUnresolved() == nil {
			r.Unresolved = intends
		}
		r.Attempts++
		since := waitingSince(r)
		r.State, r.Waiting = Claimed, nil
		r.Claim = newClaim(c, r.GetAttempts())
		r.Claim.WaitingSince = since
		return r, nil
	}
}

// The stages that come to an outcome.
const (
	StageIngest    = "ingest"
	StageTransform = "transform"
	StageDeliver   = "deliver"
)

// Reclaim takes back a rejection by the accounting system whose message was lost before it was published,
// to hear the accounting system's faults once more. A rejection made nothing, so
// that trying again is safe.
func Reclaim(c Claiming, intends *tradepostv1.Unresolved) Transition {
	return func(r *tradepostv1.Record) (*tradepostv1.Record, error) {
		if err := from("claim again", r, Outcome); err != nil {
			return nil, err
		}
		if o := r.GetOutcome(); o.GetKind() != tradepostv1.OutcomeKind_OUTCOME_KIND_REJECTED || o.GetStage() != StageDeliver {
			return nil, fmt.Errorf("%w: claim again what is not a rejection by the accounting system", ErrIllegal)
		}
		r.State, r.Outcome = Opened, nil
		return Claim(c, intends)(r)
	}
}

// Renew starts the owner's claim anew, because its remaining time is too short
// for the next call; with intends it also turns to the next thing to write.
func Renew(c Claiming, intends *tradepostv1.Unresolved) Transition {
	return func(r *tradepostv1.Record) (*tradepostv1.Record, error) {
		if err := ownedBy(r, c.Owner); err != nil {
			return nil, err
		}
		if intends != nil {
			r.Unresolved = intends
		}
		since := waitingSince(r)
		r.Claim = newClaim(c, r.GetAttempts())
		r.Claim.WaitingSince = since
		return r, nil
	}
}

func newClaim(c Claiming, attempt int32) *tradepostv1.Claim {
	return &tradepostv1.Claim{
		Owner: c.Owner, Attempt: attempt,
		Lasts: durationpb.New(c.Lasts), Settling: durationpb.New(c.Settling),
	}
}

func ownedBy(r *tradepostv1.Record, owner string) error {
	if err := from("go on with a claim", r, Claimed); err != nil {
		return err
	}
	if r.GetClaim().GetOwner() != owner {
		return fmt.Errorf("%w: the claim belongs to %s", ErrIllegal, r.GetClaim().GetOwner())
	}
	return nil
}

// Release gives the claim back after an attempt that certainly made nothing; the
// message comes again by itself.
func Release(owner string, w Waits) Transition {
	return func(r *tradepostv1.Record) (*tradepostv1.Record, error) {
		if err := ownedBy(r, owner); err != nil {
			return nil, err
		}
		// Waiting is no crash: the count of attempts that never ended starts anew.
		r.Waiting = w.message(r)
		r.State, r.Claim, r.Unresolved, r.Attempts = Opened, nil, nil, 0
		return r, nil
	}
}

// Doubt ends the claim but keeps the attempt unresolved: somebody has to look. No
// write of the owner is under way.
func Doubt(owner string, w Waits) Transition {
	return func(r *tradepostv1.Record) (*tradepostv1.Record, error) {
		if err := ownedBy(r, owner); err != nil {
			return nil, err
		}
		r.Claim.Ended, r.Attempts, r.Waiting = true, 0, w.message(r)
		return r, nil
	}
}

// DoubtCall is Doubt after a call whose end nobody knows: what was sent may be worked
// on until the call's time is over, and shows up a while after that. Nobody looks
// before settling is over, which is both together, and so nobody makes it a second
// time.
func DoubtCall(owner string, settling time.Duration, w Waits) Transition {
	return func(r *tradepostv1.Record) (*tradepostv1.Record, error) {
		r, err := Doubt(owner, w)(r)
		if err != nil {
			return nil, err
		}
		r.Claim.Settling = durationpb.New(settling)
		return r, nil
	}
}

// Park gives the claim back until a time; a scheduled message wakes the send.
func Park(owner string, w Waits) Transition {
	return func(r *tradepostv1.Record) (*tradepostv1.Record, error) {
		r, err := Release(owner, w)(r)
		if err != nil {
			return nil, err
		}
		r.State = Parked
		return r, nil
	}
}

// Hand notes that the document was given away and will be confirmed by other
// means. What was given stays unresolved until then.
func Hand(owner, token string) Transition {
	return func(r *tradepostv1.Record) (*tradepostv1.Record, error) {
		if err := ownedBy(r, owner); err != nil {
			return nil, err
		}
		r.State, r.HandedToken, r.Claim, r.Attempts = Handed, token, nil, 0
		return r, nil
	}
}

// Note keeps a document that was seen in the accounting system (or is gone from
// it), and ends the doubt about the document in that place.
func Note(owner string, d *tradepostv1.DocumentRef) Transition {
	return func(r *tradepostv1.Record) (*tradepostv1.Record, error) {
		if err := ownedBy(r, owner); err != nil {
			return nil, err
		}
		r.Documents = withDocument(r.GetDocuments(), d)
		if u := r.GetUnresolved(); u.GetKind() == d.GetKind() && u.GetReversal() == d.GetReversal() {
			r.Unresolved = nil
		}
		return r, nil
	}
}

// Resolve ends the doubt about an attempt that was looked for and made nothing.
func Resolve(owner string) Transition {
	return func(r *tradepostv1.Record) (*tradepostv1.Record, error) {
		if err := ownedBy(r, owner); err != nil {
			return nil, err
		}
		r.Unresolved = nil
		return r, nil
	}
}

// Conclude writes the outcome of the send, with the documents it speaks of.
func Conclude(owner string, o *tradepostv1.RecordedOutcome, docs ...*tradepostv1.DocumentRef) Transition {
	return func(r *tradepostv1.Record) (*tradepostv1.Record, error) {
		if r.GetState() != Handed {
			if err := ownedBy(r, owner); err != nil {
				return nil, err
			}
		}
		for _, d := range docs {
			r.Documents = withDocument(r.GetDocuments(), d)
		}
		r.State, r.Outcome = Outcome, o
		r.Claim, r.Unresolved, r.HandedToken, r.Attempts, r.Waiting = nil, nil, "", 0, nil
		return r, nil
	}
}

// withDocument replaces what is known of the same document, or adds it.
func withDocument(docs []*tradepostv1.DocumentRef, d *tradepostv1.DocumentRef) []*tradepostv1.DocumentRef {
	docs = slices.Clone(docs)
	for i, have := range docs {
		if have.GetConnection() == d.GetConnection() && have.GetKind() == d.GetKind() && have.GetId() == d.GetId() {
			docs[i] = d
			return docs
		}
	}
	return append(docs, d)
}

// Live returns the document of that kind that should exist in the connection's
// accounting system, or nil. Documents that take others back are none of them (Slot.In).
func Live(r *tradepostv1.Record, kind tradepostv1.DocumentKind) *tradepostv1.DocumentRef {
	return Slot{Kind: kind}.In(r)
}

// Generation returns the generation that the next document of that kind gets: it
// counts the documents that are gone.
func Generation(r *tradepostv1.Record, kind tradepostv1.DocumentKind) int64 {
	return Slot{Kind: kind}.Generation(r)
}
