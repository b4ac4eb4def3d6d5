package settle

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/canonical"
	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/telemetry"
)

// commentFaults makes sure that the private comment with all faults is there.
func (t *turn) commentFaults(ctx context.Context) error {
	faults := t.texts.GetRejected().GetFaults()
	if len(faults) == 0 {
		faults = fromCodes(t.entry.Record.GetOutcome().GetFaultCodes())
	}
	// The record's hash names the comment, whether the texts were at hand or not.
	marker, err := t.marker(t.entry.Record.GetOutcome().GetHash())
	if err != nil {
		return err
	}
	return t.comment(ctx, marker, fault.Comment(fault.CommentInput{
		Faults: faults, InvoiceNumber: t.invoiceName(), SystemTitle: t.SystemTitle, Reference: marker,
	}))
}

// fromCodes serves a rejection whose message was lost with its stream.
func fromCodes(codes []string) []*tradepostv1.Fault {
	faults := make([]*tradepostv1.Fault, len(codes))
	for i, c := range codes {
		params := map[string]string{}
		if e, ok := fault.Lookup(c); ok {
			for _, p := range e.Params {
				params[p] = "(not known any more)"
			}
		}
		faults[i] = fault.New(c, fault.Args{Params: params})
	}
	return faults
}

// remarks tells what the bookkeeper has to know of a posted document.
func (t *turn) remarks(ctx context.Context) error {
	remarks := t.texts.GetPosted().GetRemarks()
	if len(remarks) == 0 {
		return nil
	}
	marker, err := t.marker("remarks/" + t.entry.Record.GetOutcome().GetHash())
	if err != nil {
		return err
	}
	return t.comment(ctx, marker, fault.Comment(fault.CommentInput{
		Heading: fmt.Sprintf("Posted to %s as %s, with a remark:", t.SystemTitle, t.documents()),
		Faults:  remarks, InvoiceNumber: t.invoiceName(), SystemTitle: t.SystemTitle, Reference: marker,
	}))
}

// commentWithdrawn names the document that exists all the same, for the person
// who moved the invoice while it was being posted.
func (t *turn) commentWithdrawn(ctx context.Context, inv *tradepostv1.ServiceTradeInvoice) error {
	if len(t.entry.Record.GetOutcome().GetDocuments()) == 0 || inv == nil {
		return nil
	}
	marker, err := t.marker("withdrawn/" + inv.GetStatus())
	if err != nil {
		return err
	}
	return t.comment(ctx, marker, fmt.Sprintf(
		"This invoice was moved to %q while it was being posted, so its status was left as it is. "+
			"It does exist in %s: %s. If it should not be there, the bookkeeper has to void it; "+
			"if it should, set the invoice to Processed here, or send it again.\n%s",
		inv.GetStatus(), t.SystemTitle, t.documents(), marker))
}

func (t *turn) commentNumberRefused(ctx context.Context, number string) error {
	marker, err := t.marker("number/" + number)
	if err != nil {
		return err
	}
	return t.comment(ctx, marker, fmt.Sprintf(
		"Posted to %s as %s. ServiceTrade did not accept that number for this invoice, so the number here was left as it is.\n%s",
		t.SystemTitle, t.documents(), marker))
}

// marker identifies a comment for ever: account, invoice and a hash of the
// snapshot and of what the comment is about. It is looked for before every write.
func (t *turn) marker(about string) (string, error) {
	h, err := canonical.Value(map[string]string{"snapshot": t.entry.Record.GetSnapshotHash(), "about": about})
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("[tradepost %s/%d/%s]", t.Account, t.entry.Key.InvoiceID, h[:16]), nil
}

// comment stores a private comment, unless one with that marker is there already.
func (t *turn) comment(ctx context.Context, marker, content string) (err error) {
	ctx, span := telemetry.Start(ctx, "comment")
	defer func() { telemetry.End(span, err) }()
	all, err := t.ServiceTrade.Comments(ctx, t.EntityType, t.entry.Key.InvoiceID)
	if err != nil {
		return fmt.Errorf("look for the comment: %w", err)
	}
	for _, c := range all {
		if strings.Contains(c.Content, marker) {
			t.commentID = c.ID
			return nil
		}
	}
	if err := t.checkFence(); err != nil {
		return err
	}
	c, err := t.ServiceTrade.AddPrivateComment(ctx, t.EntityType, t.entry.Key.InvoiceID, content)
	if err != nil {
		return fmt.Errorf("store the comment: %w", err)
	}
	t.commentID = c.ID
	return nil
}

func (t *turn) documents() string {
	var names []string
	for _, d := range t.entry.Record.GetOutcome().GetDocuments() {
		kind := "invoice"
		if d.GetKind() == tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO {
			kind = "credit memo"
		}
		name := d.GetNumber()
		if name == "" {
			name = d.GetId()
		}
		names = append(names, kind+" "+name)
	}
	return strings.Join(names, " and ")
}

func (t *turn) invoiceName() string {
	if t.shown != "" {
		return t.shown
	}
	return strconv.FormatInt(t.entry.Key.InvoiceID, 10)
}
