package life

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/seal"
	"github.com/tradepost/tradepost/pkg/stage"
)

// lineLength bounds what one line tells of a text from outside.
const lineLength = 160

// reader makes events of messages.
type reader struct {
	life *Life
	// faults are those of the last outcome that has any, with its send.
	faults faults
	// refusal is the last command that changed nothing.
	refusal *tradepostv1.InvoiceRefused
}

type faults struct {
	send int64
	all  []*tradepostv1.Fault
}

func (r *reader) add(m bus.Message) {
	e := Event{At: m.Published, Stage: string(m.Subject.Stage), Stream: m.Stream, Sequence: m.Sequence}
	var err error
	switch m.Subject.Stage {
	case bus.StageReceived:
		err = r.received(m, &e)
	case bus.StageReady, bus.StageLater:
		err = ready(m, &e)
	case bus.StageOutcome:
		err = r.outcome(m, &e)
	case bus.StageCommand:
		err = command(m, &e)
	case bus.StageAttempt:
		err = attempt(m, &e)
	case bus.StageSettled:
		err = settled(m, &e)
	case bus.StageRefused:
		err = r.refused(m, &e)
	case bus.StageDead:
		dead(m, &e)
	default:
		return
	}
	if err != nil {
		e.Meaning = "cannot be read: " + clip(err.Error())
	}
	r.life.Events = append(r.life.Events, e)
}

func (r *reader) received(m bus.Message, e *Event) error {
	b := &tradepostv1.InvoiceReceived{}
	if err := bus.Decode(m, b); err != nil {
		return err
	}
	inv := b.GetSnapshot().GetInvoice()
	r.life.Number = clip(inv.GetInvoiceNumber())
	r.life.Customer = clip(cmp.Or(b.GetSnapshot().GetCustomer().GetName(), inv.GetCustomer().GetName()))
	e.Send = b.GetSend()
	e.Meaning = clip(fmt.Sprintf("snapshot of invoice %s: %s, %s, customer %s",
		cmp.Or(inv.GetInvoiceNumber(), "without a number"), cmp.Or(inv.GetTotalPrice(), "no total"), count(len(inv.GetItems()), "line"), cmp.Or(r.life.Customer, "not known")))
	if now, err := seal.Snapshot(b.GetSnapshot()); err == nil && seal.Broken(b.GetSeal(), now) {
		e.Details = append(e.Details, "mended by hand")
	}
	return nil
}

func ready(m bus.Message, e *Event) error {
	b := &tradepostv1.InvoiceReady{}
	if err := bus.Decode(m, b); err != nil {
		return err
	}
	e.Send = b.GetSend()
	var docs []string
	for _, d := range b.GetDocuments() {
		docs = append(docs, fmt.Sprintf("%s %s of %s, dated %s", kind(d.GetKind()), d.GetNumber(), d.GetTotals().GetTotal(), d.GetIssueDate()))
	}
	e.Meaning = clip("to be posted: " + strings.Join(docs, "; "))
	if v := b.GetVoiding(); v != nil {
		for _, d := range v.GetDocuments() {
			docs = append(docs, kind(d.GetKind())+" "+cmp.Or(d.GetNumber(), d.GetId()))
		}
		e.Meaning = clip("to be made void: " + cmp.Or(strings.Join(docs, "; "), "nothing, since nothing is left in the books"))
	}
	if at := m.Headers["Nats-Schedule"]; m.Subject.Stage == bus.StageLater && at != "" {
		e.Meaning = clip("parked until " + strings.TrimPrefix(at, "@at "))
	}
	if now, err := seal.Documents(b.GetDocuments()); err == nil && seal.Broken(b.GetSeal(), now) {
		e.Details = append(e.Details, "mended by hand")
	}
	return nil
}

func (r *reader) outcome(m bus.Message, e *Event) error {
	b := &tradepostv1.InvoiceOutcome{}
	if err := bus.Decode(m, b); err != nil {
		return err
	}
	e.Send = b.GetSend()
	o := b.GetOutcome()
	list := o.GetRejected().GetFaults()
	if o.GetPosted() != nil {
		list = o.GetPosted().GetRemarks()
	}
	if o.GetRejected() != nil && b.GetSend() >= r.faults.send {
		r.faults = faults{b.GetSend(), list}
	}
	e.Meaning = outcomeWords(o)
	for _, d := range o.GetPosted().GetDocuments() {
		if d.GetUrl() != "" {
			e.Details = append(e.Details, "in the books: "+clip(d.GetUrl()))
		}
	}
	for _, f := range list {
		e.Details = append(e.Details, f.GetCode()+": "+fault.Text(f))
	}
	return nil
}

func outcomeWords(o *tradepostv1.Outcome) string {
	switch r := o.GetResult().(type) {
	case *tradepostv1.Outcome_Posted:
		var docs []string
		for _, d := range r.Posted.GetDocuments() {
			word := "posted"
			if d.GetAdopted() {
				word = "found in the books"
			}
			if d.GetVoided() {
				word = "made void"
			}
			docs = append(docs, fmt.Sprintf("%s %s, %s: %s", kind(d.GetKind()), cmp.Or(d.GetNumber(), d.GetId()), d.GetTotal(), word))
		}
		return clip(strings.Join(docs, "; "))
	case *tradepostv1.Outcome_Rejected:
		return "rejected: " + count(len(r.Rejected.GetFaults()), "problem")
	case *tradepostv1.Outcome_Withdrawn:
		return "withdrawn: ServiceTrade shows " + clip(cmp.Or(r.Withdrawn.GetStatus(), "another status"))
	case *tradepostv1.Outcome_Superseded:
		return "superseded: the invoice was changed in ServiceTrade"
	default:
		return "an outcome that this version does not know"
	}
}

func command(m bus.Message, e *Event) error {
	b := &tradepostv1.InvoiceCommand{}
	if err := bus.Decode(m, b); err != nil {
		return err
	}
	e.Send = b.GetFollowsSend()
	what := "something that this version does not know"
	if kind := b.ProtoReflect().WhichOneof(b.ProtoReflect().Descriptor().Oneofs().ByName("command")); kind != nil {
		what = strings.ReplaceAll(string(kind.Name()), "_", " ")
	}
	if d := b.GetSettleByHand().GetDocumentId(); d != "" {
		what += " with document " + clip(d)
	}
	e.Meaning = fmt.Sprintf("%s asked for by %s, after send %d", what, clip(cmp.Or(b.GetBy(), "somebody")), b.GetFollowsSend())
	if b.GetReason() != "" {
		e.Details = append(e.Details, "because "+clip(b.GetReason()))
	}
	return nil
}

func attempt(m bus.Message, e *Event) error {
	b := &tradepostv1.InvoiceAttempt{}
	if err := bus.Decode(m, b); err != nil {
		return err
	}
	e.Send = b.GetSend()
	e.Meaning = fmt.Sprintf("attempt %d: %s in %s", b.GetAttempt(), stage.Word(b.GetOperation(), "ATTEMPT_OPERATION_"), time.Duration(b.GetDurationMs())*time.Millisecond)
	for _, one := range [][2]string{{"asked: ", b.GetRequest()}, {"answer: ", b.GetAnswer()}, {"error: ", b.GetError()}, {"the accounting system's id of the call: ", b.GetVendorTraceId()}} {
		if one[1] != "" {
			e.Details = append(e.Details, one[0]+clip(one[1]))
		}
	}
	if b.GetAnswer() == "" && b.GetError() == "" {
		e.Details = append(e.Details, "answer: nothing")
	}
	return nil
}

func settled(m bus.Message, e *Event) error {
	b := &tradepostv1.InvoiceSettled{}
	if err := bus.Decode(m, b); err != nil {
		return err
	}
	e.Send = b.GetSend()
	e.Meaning = settlement(b.GetSettlement())
	if b.GetCommentId() != 0 {
		e.Details = append(e.Details, fmt.Sprintf("private comment %d in ServiceTrade", b.GetCommentId()))
	}
	return nil
}

func (r *reader) refused(m bus.Message, e *Event) error {
	b := &tradepostv1.InvoiceRefused{}
	if err := bus.Decode(m, b); err != nil {
		return err
	}
	r.refusal = b
	e.Send = b.GetFollowsSend()
	e.Meaning = clip(fmt.Sprintf("command refused: %s", cmp.Or(b.GetWhy(), stage.Word(b.GetRefusal(), "REFUSAL_"))))
	e.Details = append(e.Details, clip(fmt.Sprintf("it was message %d of %s, by %s", b.GetCommandSequence(), b.GetCommandStream(), cmp.Or(b.GetBy(), "somebody"))))
	return nil
}

func dead(m bus.Message, e *Event) {
	e.Meaning = clip("dead letter: " + cmp.Or(m.Headers[bus.HeaderError], m.Headers[bus.HeaderCause], "no cause is known"))
	if s := m.Headers[bus.HeaderOriginStream]; s != "" {
		e.Details = append(e.Details, clip(fmt.Sprintf("it was message %s of %s on %s", m.Headers[bus.HeaderOriginSequence], s, m.Headers[bus.HeaderOriginSubject])))
	}
}

func kind(k tradepostv1.DocumentKind) string {
	return strings.ReplaceAll(stage.Word(k, "DOCUMENT_KIND_"), "_", " ")
}

func settlement(s tradepostv1.Settlement) string { return stage.Word(s, "SETTLEMENT_") }

// clip makes one short line of a text from outside.
func clip(s string) string { return fault.Clip(fault.OneLine(s), lineLength) }

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
