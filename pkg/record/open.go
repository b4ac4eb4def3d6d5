package record

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Opens is what a new send is opened with.
type Opens struct {
	Key          Key
	Connection   string
	SnapshotHash string
	HashVersion  int32
	// StartStatus is ServiceTrade's status when the send was opened.
	StartStatus string
	// Total is ServiceTrade's totalPrice.
	Total string
	// Mended is the message that an operator mended, where the send posts it; else nil.
	Mended *tradepostv1.Mended
	// Retry says that an operator asks for it, not a user of ServiceTrade.
	Retry bool
	Now   time.Time
}

// OpenSend opens the next send of an invoice that has none open: absent or
// closed becomes opening, with the send's number one higher. Documents stay.
func OpenSend(o Opens) Transition {
	return func(r *tradepostv1.Record) (*tradepostv1.Record, error) {
		if r != nil {
			if err := from("open a send", r, Closed); err != nil {
				return nil, err
			}
		}
		if r.GetUnresolved() != nil {
			return nil, fmt.Errorf("%w: open a send while an attempt is unresolved", ErrIllegal)
		}
		asked := r.GetSend() + 1
		if o.Retry {
			asked = r.GetAskedSend()
		}
		return &tradepostv1.Record{
			AskedSend: asked,
			Account:   o.Key.Account, InvoiceId: o.Key.InvoiceID, Connection: o.Connection,
			Send: r.GetSend() + 1, State: Opening,
			SnapshotHash: o.SnapshotHash, HashVersion: o.HashVersion,
			StartStatus: o.StartStatus, Total: o.Total,
			OpenedAt: timestamppb.New(o.Now), Documents: r.GetDocuments(),
			Mended: o.Mended,
		}, nil
	}
}

// MarkOpened notes that the send's message is in the stream.
func MarkOpened() Transition {
	return func(r *tradepostv1.Record) (*tradepostv1.Record, error) {
		if err := from("mark as open", r, Opening); err != nil {
			return nil, err
		}
		r.State = Opened
		return r, nil
	}
}

// Reopen prepares to publish the send's message again, since it made no
// progress. Before any attempt the snapshot may be renewed; messages of the older
// one then match nothing. While an attempt may be under way (claimed) only the
// count changes.
func Reopen(snapshotHash string, hashVersion int32, total string) Transition {
	return func(r *tradepostv1.Record) (*tradepostv1.Record, error) {
		if err := from("publish again", r, Opening, Opened, Claimed, Parked); err != nil {
			return nil, err
		}
		r.Republished++
		if r.GetState() == Claimed {
			return r, nil
		}
		if r.GetUnresolved() == nil {
			r.SnapshotHash, r.HashVersion, r.Total = snapshotHash, hashVersion, total
		}
		r.State, r.Waiting = Opening, nil
		return r, nil
	}
}

// Reject closes the door before any attempt: transform found faults. A rejection
// that is not being settled yet may be replaced by a newer one.
func Reject(o *tradepostv1.RecordedOutcome) Transition {
	return func(r *tradepostv1.Record) (*tradepostv1.Record, error) {
		if err := from("reject", r, Opening, Opened, Outcome); err != nil {
			return nil, err
		}
		if r.GetState() == Outcome && r.GetOutcome().GetKind() != tradepostv1.OutcomeKind_OUTCOME_KIND_REJECTED {
			return nil, fmt.Errorf("%w: reject what has another outcome", ErrIllegal)
		}
		if r.GetUnresolved() != nil {
			return nil, fmt.Errorf("%w: reject while an attempt is unresolved", ErrIllegal)
		}
		r.State, r.Outcome = Outcome, o
		return r, nil
	}
}

// Hold stops an open send until an operator acts. An unresolved attempt stays.
func Hold(reason string) Transition {
	return func(r *tradepostv1.Record) (*tradepostv1.Record, error) {
		if err := from("hold", r, Opening, Opened, Claimed, Parked, Handed, Outcome, Settling); err != nil {
			return nil, err
		}
		r.HeldFrom, r.State, r.HeldReason = r.GetState(), Held, reason
		return r, nil
	}
}

// Unhold lets a held send go on: one that had an outcome is settled again, any
// other starts over, and an unresolved attempt is then resolved first. The claim
// of a worker that may still be calling stays in force.
func Unhold() Transition {
	return func(r *tradepostv1.Record) (*tradepostv1.Record, error) {
		if err := from("release", r, Held); err != nil {
			return nil, err
		}
		switch r.GetHeldFrom() {
		case Outcome, Settling:
			r.State = Outcome
		case Claimed:
			r.State = Claimed
		case Handed:
			r.State = Handed // Never made again; NotMade ends it.
		default:
			r.State = Opening
		}
		r.HeldFrom, r.HeldReason, r.Attempts = 0, "", 0
		return r, nil
	}
}
