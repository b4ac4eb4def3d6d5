package connector

import (
	"errors"
	"fmt"
	"time"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Answer is how an attempt ended: Posted, Rejected, Wait, Handed or Uncertain.
// The set is closed; withdrawn and superseded belong to the protocol.
type Answer interface{ answer() }

// Posted says that the document exists, with number and total as read back from
// the accounting system.
type Posted struct {
	Document Found
	// NumberAssigned says that the accounting system chose the number.
	NumberAssigned bool
	// Adopted says that the document was there before this call.
	Adopted bool
	Remarks []*tradepostv1.Fault
	// Customers are those that the document was posted to, matched or created: one
	// for each ServiceTrade record that stands for one, at most. Connectors whose
	// customers have no lasting ids report none.
	Customers []Customer
}

// Rejected says that the document was not made, and why. Everything that is
// wrong with it is listed at once.
type Rejected struct {
	Faults []*tradepostv1.Fault
	// Document is set when it exists all the same (its total came out wrong, or somebody
	// changed it meanwhile).
	Document *Found
	// Written says that Document is as this posting wrote it, by this call or an earlier
	// one, and nobody changed it since: only then may a later send change it. A Document
	// with the posting's own hash needs no such word.
	Written bool
}

// Wait says that nothing was made, and that it can be tried again.
type Wait struct {
	Scope tradepostv1.WaitScope
	// For is how long at the least; 0 lets deliver choose.
	For time.Duration
	// Reason is a stable word: throttled, signed_out, closed, unreachable, disk_full.
	Reason  string
	Message string
}

// Handed says that the document was given away and will be confirmed by other means.
type Handed struct {
	Token   string
	Message string
}

// Uncertain says that the document may or may not have been made.
type Uncertain struct {
	Reason  string
	Message string
}

func (Posted) answer()    {}
func (Rejected) answer()  {}
func (Wait) answer()      {}
func (Handed) answer()    {}
func (Uncertain) answer() {}

// Stop makes an error of an answer, for Find: the system is throttled, or signed out.
func Stop(a Answer) error { return &stopped{a} }

// AnswerOf returns the answer that err holds, if any.
func AnswerOf(err error) (Answer, bool) {
	if s, ok := errors.AsType[*stopped](err); ok {
		return s.answer, true
	}
	return nil, false
}

type stopped struct{ answer Answer }

func (s *stopped) Error() string {
	switch a := s.answer.(type) {
	case Wait:
		return fmt.Sprintf("has to wait (%s): %s", a.Reason, a.Message)
	case Handed:
		return fmt.Sprintf("handed over (%s): %s", a.Token, a.Message)
	case Uncertain:
		return fmt.Sprintf("uncertain (%s): %s", a.Reason, a.Message)
	default:
		return fmt.Sprintf("stopped with %T", a)
	}
}
