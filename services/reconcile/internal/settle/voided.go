package settle

import (
	"context"
	"fmt"
	"strings"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/record"
)

// commentVoided tells what was done in the books about an invoice that was voided after
// it was posted, once for each time that it is voided.
func (t *turn) commentVoided(ctx context.Context) error {
	o := t.entry.Record.GetOutcome()
	if o.GetKind() == tradepostv1.OutcomeKind_OUTCOME_KIND_REJECTED {
		return t.commentFaults(ctx)
	}
	marker, err := t.marker("voided/" + o.GetHash())
	if err != nil {
		return err
	}
	return t.say(ctx, marker, t.textVoided())
}

func (t *turn) textVoided() string {
	voided, made := t.done()
	if len(voided)+len(made) == 0 {
		text := fmt.Sprintf("Invoice %s was voided in ServiceTrade. What had been posted to %s is not in the books any more, so nothing was done there.",
			t.invoiceName(), t.SystemTitle)
		if left := names(t.inBooks()); left != "" {
			text += " The bookkeeper has to look at what still is there: " + left + "."
		}
		return text
	}
	text := fmt.Sprintf("Invoice %s was voided in ServiceTrade after it was posted to %s as %s.",
		t.invoiceName(), t.SystemTitle, names(append(t.standing(), voided...))) + t.voidedThere()
	if len(made) > 0 {
		text += fmt.Sprintf(" It was taken back there by %s.", names(made))
	}
	lines := []string{text}
	for _, f := range t.remarked() {
		lines = append(lines, fault.Text(f))
	}
	return strings.Join(lines, "\n")
}

// voidedThere tells what was made void in the books; "" where nothing was.
func (t *turn) voidedThere() string {
	voided, _ := t.done()
	if len(voided) == 0 {
		return ""
	}
	return fmt.Sprintf(" Made void there: %s.", names(voided))
}

// done parts the documents of the outcome in those that were made void, and those that
// exist and count.
func (t *turn) done() (voided, counting []*tradepostv1.PostedDocument) {
	for _, d := range t.entry.Record.GetOutcome().GetDocuments() {
		if d.GetVoided() {
			voided = append(voided, d)
		} else {
			counting = append(counting, d)
		}
	}
	return voided, counting
}

// commentNotVoid is for an invoice that was taken back in the books, and is not void any
// more: what is there counts nothing, and the next send is refused because of it.
func (t *turn) commentNotVoid(ctx context.Context, inv *tradepostv1.ServiceTradeInvoice) error {
	voided, made := t.done()
	if len(voided)+len(made) == 0 {
		return nil // The void did nothing: all is as it was.
	}
	marker, err := t.marker("not void/" + inv.GetStatus())
	if err != nil {
		return err
	}
	text := fmt.Sprintf("This invoice was void, and is \"%s\" now.", inv.GetStatus())
	if len(voided) > 0 {
		text += fmt.Sprintf(" Meanwhile it was made void in %s: %s. If the invoice is to count, send it again: it is posted anew.", t.SystemTitle, names(voided))
	}
	if len(made) > 0 {
		text += fmt.Sprintf(" Meanwhile it was taken back in %s by %s. If the invoice is to count, the bookkeeper has to delete or void that there; then send the invoice again.",
			t.SystemTitle, names(made))
	}
	return t.say(ctx, marker, text)
}

// standing are the posted documents that are not gone.
func (t *turn) standing() []*tradepostv1.PostedDocument {
	var all []*tradepostv1.PostedDocument
	for _, d := range record.Standing(t.entry.Record) {
		all = append(all, &tradepostv1.PostedDocument{Kind: d.GetKind(), Id: d.GetId(), Number: d.GetNumber(), Total: d.GetTotal()})
	}
	return all
}

// askForVoid wakes ingest when a send ends because its invoice was voided, and leaves
// documents in the books. Should the process die before that, ingest's own look for
// voided invoices finds it.
func (t *turn) askForVoid(ctx context.Context) error {
	r := t.entry.Record
	if !t.voided || record.VoidDue(r) == "" {
		return nil
	}
	to := bus.Subject{Stage: bus.StageCommand, Connection: t.Connection, InvoiceID: r.GetInvoiceId()}
	return t.Gate.Bus.Send(ctx, to, fmt.Sprintf("void/%s/%d", t.entry.Key, r.GetSend()), &tradepostv1.InvoiceCommand{
		FollowsSend: r.GetSend(), By: "reconcile", Reason: "the invoice was voided, and stands in the books",
		Command: &tradepostv1.InvoiceCommand_Refresh{Refresh: &tradepostv1.Refresh{}},
	})
}
