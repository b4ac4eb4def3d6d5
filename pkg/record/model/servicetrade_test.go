package model

import (
	"errors"
	"fmt"
	"slices"
	"time"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

const (
	pending   = "pending_accounting"
	processed = "processed"
	rejected  = "failed"
)

// serviceTrade shows the invoice.
type serviceTrade struct {
	status   string
	content  int
	comments []string
	// hand counts what users did to the invoice.
	hand int
	// pressed counts how often a user pressed Send.
	pressed int
	// ours is what hand was when we wrote processed; 0 when we did not.
	ours int
	// gone says that a user deleted the invoice.
	gone bool
}

// seen is what a read showed, and when in the worker's calls.
type seen struct {
	status  string
	content int
	hand    int
	call    int
	at      time.Time
}

var (
	errServiceTrade = errors.New("ServiceTrade does not answer")
	errGone         = errors.New("ServiceTrade does not have the invoice")
)

func (w *worker) readInvoice() (seen, error) {
	w.pause("read the invoice")
	w.calls++
	if w.world.fate(12) == 11 {
		return seen{}, errServiceTrade
	}
	s := w.world.st
	if s.gone {
		return seen{}, errGone
	}
	return seen{status: s.status, content: s.content, hand: s.hand, call: w.calls, at: time.Now()}, nil
}

// put writes a status, of the invoice that was seen. The promises about statuses are
// checked when it arrives.
func (w *worker) put(status string, saw seen, r *tradepostv1.Record, marker string) (string, bool) {
	w.pause("write " + status)
	if !w.mayWrite() {
		return "", false
	}
	directly := w.calls == saw.call
	after := ""
	ok := w.send("status "+status, w.callDeadline(), func() {
		if w.world.st.gone {
			return
		}
		w.world.checkPut(status, saw, directly, r, marker)
		w.world.st.status, after = status, status
	})
	return after, ok
}

func (w *world) checkPut(status string, saw seen, directly bool, r *tradepostv1.Record, marker string) {
	if w.st.hand != saw.hand && (!directly || time.Since(saw.at) > claimSettle) {
		w.breaks("%s overwrote a user's hand", status)
	}
	switch status {
	case processed:
		w.st.ours = saw.hand // a user's change within the call is told in a comment
		if !w.books.ever(r.GetSnapshotHash()) {
			w.breaks("processed, and there never was a document of %s", r.GetSnapshotHash())
		}
	case rejected:
		if !slices.Contains(w.st.comments, marker) {
			w.breaks("failed, and the comment %s is not there", marker)
		}
	}
}

// comment makes sure that the comment is there: looks for it, then writes it.
func (w *worker) comment(marker string) error {
	w.pause("look for the comment")
	w.calls++
	if w.world.fate(12) == 11 {
		return errServiceTrade
	}
	if slices.Contains(w.world.st.comments, marker) && w.world.mutant != omitCommentLook {
		return nil
	}
	w.pause("write the comment")
	if !w.mayWrite() {
		return errFenced
	}
	if !w.send("comment", w.callDeadline(), func() { w.world.st.comments = append(w.world.st.comments, marker) }) {
		return errDoubt
	}
	return nil
}

var (
	errFenced = errors.New("fenced")
	errDoubt  = errors.New("the write may have come through")
)

// mayWrite is the owner's look at its fence, right before a write.
func (w *worker) mayWrite() bool { return w.fence.Left() > 0 || w.world.mutant == omitFence }

// callDeadline is when the call that begins now is over.
func (w *worker) callDeadline() time.Time {
	deadline := time.Now().Add(callTime)
	if end := w.fence.Deadline(); end.Before(deadline) && w.world.mutant != omitFence {
		return end
	}
	return deadline
}

func hashOf(content int) string { return fmt.Sprintf("content-%d", content) }
