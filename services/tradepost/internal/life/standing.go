package life

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/record"
)

// standing tells where the invoice is, what it waits for and who has to do what.
func (l *Life) standing(e record.Entry, told faults) {
	r := e.Record
	l.Now = fmt.Sprintf("send %d is %s", r.GetSend(), record.StateName(r.GetState()))
	l.Waits = waits(r)
	switch r.GetState() {
	case record.Closed:
		l.closed(r, told)
	case record.Held:
		l.Now += ": " + fault.OneLine(r.GetHeldReason())
		l.Waits = "a person"
		l.Todo = append(l.Todo, "operator: "+heldAdvice(r.GetHeldReason()), "operator: then tradepost retry "+l.name())
	case record.Handed:
		l.Waits = "the books to confirm what they were given (" + fault.OneLine(r.GetHandedToken()) + ")"
	case record.Outcome, record.Settling:
		l.Now += fmt.Sprintf(": %s, ServiceTrade is to be told", strings.ToLower(strings.TrimPrefix(r.GetOutcome().GetKind().String(), "OUTCOME_KIND_")))
	}
	if u := r.GetUnresolved(); u != nil && r.GetState() != record.Claimed {
		l.Todo = append(l.Todo, fmt.Sprintf("nobody: an attempt to post %s is in doubt; Tradepost looks in the books before anything else", u.GetTotal()))
	}
}

func (l *Life) name() string { return fmt.Sprintf("%s %d", l.Connection, l.InvoiceID) }

// closed tells how the last send ended, and what follows from it.
func (l *Life) closed(r *tradepostv1.Record, told faults) {
	l.Now = fmt.Sprintf("send %d ended %s", r.GetSend(), settlement(r.GetSettlement()))
	l.Waits = ""
	switch r.GetSettlement() {
	case tradepostv1.Settlement_SETTLEMENT_FAILED:
		l.faults(r, told)
		l.Todo = append(l.Todo, "then: send the invoice again in ServiceTrade, or tradepost retry "+l.name())
	case tradepostv1.Settlement_SETTLEMENT_WITHDRAWN:
		l.Now += ": a user moved it in ServiceTrade, and it was left alone"
		for _, d := range l.Documents {
			if !d.Gone {
				l.Todo = append(l.Todo, fmt.Sprintf("bookkeeper: %s %s exists in the books all the same; void it there if it should not", d.Kind, d.Number))
			}
		}
	case tradepostv1.Settlement_SETTLEMENT_VOIDED:
		l.voided(r, told)
	case tradepostv1.Settlement_SETTLEMENT_SUPERSEDED:
		l.Now += ": a user changed it in ServiceTrade; the next poll opens the next send if it is pending"
	}
}

// faults lists what is wrong, and who mends it.
func (l *Life) faults(r *tradepostv1.Record, told faults) {
	l.Now += ": " + strings.Join(r.GetOutcome().GetFaultCodes(), ", ")
	list := told.all
	if told.send != r.GetSend() || len(list) == 0 {
		list = fault.FromCodes(r.GetOutcome().GetFaultCodes())
	}
	for _, f := range list {
		l.Todo = append(l.Todo, fault.Text(f))
	}
}

// voided tells what became of an invoice that was voided after it was posted.
func (l *Life) voided(r *tradepostv1.Record, told faults) {
	switch {
	case record.VoidFailed(r):
		l.faults(r, told)
		l.Todo = append(l.Todo, "or, once the cause is mended: tradepost retry "+l.name())
	case slices.ContainsFunc(r.GetOutcome().GetDocuments(), (*tradepostv1.PostedDocument).GetVoided):
		l.Now += ": it is void in ServiceTrade, and in the books"
	case r.GetOutcome().GetKind() == tradepostv1.OutcomeKind_OUTCOME_KIND_POSTED:
		l.Now += ": it is void in ServiceTrade, and was taken back in the books"
	default:
		l.Now += ": it is void in ServiceTrade, and nothing was left to take back in the books"
	}
}

// waits tells what an open send waits for.
func waits(r *tradepostv1.Record) string {
	if w := r.GetWaiting(); w != nil {
		s := strings.ReplaceAll(fault.OneLine(w.GetReason()), "_", " ")
		if w.GetUntil() != nil {
			s += ", until " + w.GetUntil().AsTime().Format(time.RFC3339)
		}
		return s
	}
	switch r.GetState() {
	case record.Opening, record.Opened:
		return "its turn: the next stage takes its message"
	case record.Claimed:
		return "the books: they are being asked (" + fault.OneLine(r.GetClaim().GetOwner()) + ")"
	case record.Outcome, record.Settling:
		return "ServiceTrade to take status and comment"
	default:
		return ""
	}
}

// heldAdvice is what to do about why an invoice is held.
func heldAdvice(reason string) string {
	switch {
	case strings.HasPrefix(reason, "message."):
		return "look at the dead letter below and mend its cause"
	case strings.HasPrefix(reason, "attempts never end"):
		return "look at deliver's log and at the books: the process dies on this invoice"
	case strings.HasPrefix(reason, "posted before by connection"):
		return "void the document in the other books, or leave the invoice with that connection"
	default:
		return "find the cause"
	}
}
