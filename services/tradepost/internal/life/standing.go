package life

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/pause"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/services/tradepost/internal/signins"
)

// standing tells where the invoice is, what it waits for and who has to do what.
func (l *Life) standing(e record.Entry, zone *time.Location, told faults, no *tradepostv1.InvoiceRefused) {
	r := e.Record
	l.Now = fmt.Sprintf("send %d is %s", r.GetSend(), record.StateName(r.GetState()))
	l.Waits = waits(e, zone, time.Now())
	switch r.GetState() {
	case record.Closed:
		l.closed(r, told, no)
	case record.Claimed:
		if r.GetWaiting() == nil && l.scheduled(r.GetSend()) {
			l.Waits = asked(e, zone, time.Now(), true)
		}
	case record.Held:
		l.Now += ": " + fault.OneLine(r.GetHeldReason())
		l.Waits = "a person"
		l.Todo = append(l.Todo, "operator: "+heldAdvice(r.GetHeldReason()), l.retryAdvice(r, no, "operator: then tradepost retry "+l.name()))
	case record.Handed:
		l.Waits = "the books to confirm what they were given (" + fault.OneLine(r.GetHandedToken()) + ")"
		l.Todo = append(l.Todo, "bookkeeper: import it; tradepost confirm "+l.Connection+" lists what waits for that, and takes the answer")
	case record.Opening:
		if late(e, time.Now()) {
			l.Todo = append(l.Todo, "operator: ingest does not run, cannot read ServiceTrade, or does not serve connection "+l.Connection+": tradepost doctor names which")
		}
	case record.Outcome, record.Settling:
		l.Now += fmt.Sprintf(": %s, ServiceTrade is to be told", strings.ToLower(strings.TrimPrefix(r.GetOutcome().GetKind().String(), "OUTCOME_KIND_")))
	}
	if u := r.GetUnresolved(); u != nil && r.GetState() != record.Claimed && r.GetState() != record.Handed {
		l.Todo = append(l.Todo, fmt.Sprintf("nobody: an attempt to post %s is in doubt; Tradepost looks in the books before anything else", u.GetTotal()))
	}
}

// scheduled tells whether the message of a send is to come again at a time.
func (l *Life) scheduled(send int64) bool {
	return slices.ContainsFunc(l.Events, func(e Event) bool { return e.Stage == string(bus.StageLater) && e.Send == send })
}

func (l *Life) name() string { return fmt.Sprintf("%s %d", l.Connection, l.InvoiceID) }

// retryAdvice is usual, unless a command after this very send was refused: then it is
// why, and what helps instead.
func (l *Life) retryAdvice(r *tradepostv1.Record, no *tradepostv1.InvoiceRefused, usual string) string {
	if no == nil || no.GetFollowsSend() != r.GetSend() {
		return usual
	}
	why := "a retry was refused: " + clip(no.GetWhy())
	switch no.GetRefusal() {
	case tradepostv1.Refusal_REFUSAL_CONTENT_CHANGED, tradepostv1.Refusal_REFUSAL_STATUS_CHANGED:
		return "then: send the invoice again in ServiceTrade (" + why + ")"
	case tradepostv1.Refusal_REFUSAL_NO_CONNECTION, tradepostv1.Refusal_REFUSAL_POSTED_ELSEWHERE:
		return "operator: " + why + ". Once that is mended: tradepost retry " + l.name()
	default:
		return usual
	}
}

// closed tells how the last send ended, and what follows from it.
func (l *Life) closed(r *tradepostv1.Record, told faults, no *tradepostv1.InvoiceRefused) {
	l.Now = fmt.Sprintf("send %d ended %s", r.GetSend(), settlement(r.GetSettlement()))
	l.Waits = ""
	switch r.GetSettlement() {
	case tradepostv1.Settlement_SETTLEMENT_FAILED:
		l.faults(r, told)
		l.Todo = append(l.Todo, l.retryAdvice(r, no, "then: send the invoice again in ServiceTrade, or tradepost retry "+l.name()))
	case tradepostv1.Settlement_SETTLEMENT_WITHDRAWN:
		if r.GetOutcome().GetInvoiceGone() {
			l.leftBehind()
			return
		}
		l.Now += ": a user moved it in ServiceTrade, and it was left alone"
		for _, d := range l.Documents {
			if !d.Gone {
				l.Todo = append(l.Todo, fmt.Sprintf("bookkeeper: %s %s exists in the books all the same; void it there if it should not", d.Kind, d.Number))
			}
		}
	case tradepostv1.Settlement_SETTLEMENT_VOIDED:
		l.voided(r, told, no)
	case tradepostv1.Settlement_SETTLEMENT_SUPERSEDED:
		if r.GetOutcome().GetInvoiceGone() {
			l.leftBehind()
			return
		}
		l.Now += ": a user changed it in ServiceTrade; the next poll opens the next send if it is pending"
	}
}

// leftBehind tells of an invoice that ServiceTrade does not have any more, and of what
// stands in the books of it: there is no comment that does.
func (l *Life) leftBehind() {
	l.Now += ": its invoice is gone from ServiceTrade"
	for _, d := range l.Documents {
		if !d.Gone {
			l.Todo = append(l.Todo, fmt.Sprintf("bookkeeper: it was posted as %s %s (total %s) to the books of %s, and its invoice is gone from ServiceTrade; void it there if it should not count",
				d.Kind, cmp.Or(d.Number, d.ID), d.Total, d.Connection))
		}
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
func (l *Life) voided(r *tradepostv1.Record, told faults, no *tradepostv1.InvoiceRefused) {
	switch {
	case record.VoidFailed(r):
		l.faults(r, told)
		l.Todo = append(l.Todo, l.retryAdvice(r, no, "or, once the cause is mended: tradepost retry "+l.name()))
	case slices.ContainsFunc(r.GetOutcome().GetDocuments(), (*tradepostv1.PostedDocument).GetVoided):
		l.Now += ": it is void in ServiceTrade, and in the books"
	case r.GetOutcome().GetKind() == tradepostv1.OutcomeKind_OUTCOME_KIND_POSTED:
		l.Now += ": it is void in ServiceTrade, and was taken back in the books"
	default:
		l.Now += ": it is void in ServiceTrade, and nothing was left to take back in the books"
	}
}

// paused tells of a send that is still to be posted that its connection is paused: then
// that is what it waits for, whatever else.
func (l *Life) paused(ctx context.Context, js jetstream.JetStream, r *tradepostv1.Record, zone *time.Location) {
	switch r.GetState() {
	case record.Opening, record.Opened, record.Claimed, record.Parked, record.Handed:
	default:
		return
	}
	store, err := pause.Open(ctx, js)
	if err != nil {
		l.Missing = append(l.Missing, err.Error())
		return
	}
	p, err := store.Tell(ctx, r.GetConnection(), time.Now(), zone)
	switch {
	case err != nil:
		l.Missing = append(l.Missing, err.Error())
	case p != nil && p.ByPerson:
		l.Waits = fault.OneLine(p.Words)
		l.Todo = append(l.Todo, "operator: when it should go on: "+p.Resume)
	case l.keyless(ctx, js, r.GetConnection(), zone), p == nil:
	case p.Fix != "":
		l.Waits = fault.OneLine(p.Words)
		l.Todo = append(l.Todo, "administrator: "+fault.OneLine(p.Fix), "then: nothing, it goes on by itself; to try at once: "+p.Resume)
	default:
		l.Waits = fault.OneLine(p.Words)
		l.Todo = append(l.Todo, "nobody, once the reason is mended: it goes on by itself; to try at once: "+p.Resume)
	}
}

// keyless tells of a send that is still to be posted that no process has the key of its
// connection's sign-in: nobody takes its message, nor ends a pause. false where one has.
func (l *Life) keyless(ctx context.Context, js jetstream.JetStream, connection string, zone *time.Location) bool {
	missing, err := signins.KeyMissing(ctx, js, connection)
	switch {
	case err != nil:
		l.Missing = append(l.Missing, err.Error())
	case missing != nil && missing.Nobody:
		l.Waits = fault.OneLine(missing.What(zone))
		l.Todo = append(l.Todo, "operator: "+fault.OneLine(missing.Fix()))
		return true
	}
	return false
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
