package settle

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/canonical"
	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/servicetrade"
	"github.com/tradepost/tradepost/pkg/telemetry"
)

// commentFaults makes sure that the private comment with all faults is there.
func (t *turn) commentFaults(ctx context.Context) error {
	faults := t.texts.GetRejected().GetFaults()
	if len(faults) == 0 {
		faults = fault.FromCodes(t.entry.Record.GetOutcome().GetFaultCodes())
	}
	// The record's hash names the comment, whether the texts were at hand or not.
	marker, err := t.marker(t.entry.Record.GetOutcome().GetHash())
	if err != nil {
		return err
	}
	in := fault.CommentInput{Faults: faults, InvoiceNumber: t.invoiceName(), SystemTitle: t.SystemTitle, Link: t.page(), Reference: marker}
	switch there := names(t.inBooks()); {
	case there == "":
	case record.OfVoid(t.entry.Record):
		in.Heading = fmt.Sprintf("Invoice %s is void in ServiceTrade. In %s there still is %s.", t.invoiceName(), t.SystemTitle, there) + t.voidedThere()
	case slices.ContainsFunc(faults, isOfWhatWasMade):
		in.Heading = fmt.Sprintf("Invoice %s was not posted to %s as it should be. It is there as %s: do not enter it again.",
			t.invoiceName(), t.SystemTitle, there)
	default:
		if slices.ContainsFunc(faults, isOfAnEdit) {
			there = called(t.inBooks()) // The fault tells what the books show by now.
		}
		in.Heading = fmt.Sprintf("Invoice %s was not brought up to date in %s. What was posted before is still there as %s: do not enter it again.",
			t.invoiceName(), t.SystemTitle, there)
	}
	also, err := t.ofLostRecords(t.entry.Record.GetOutcome().GetHash())
	if err != nil {
		return err
	}
	return t.comment(ctx, marker, fault.Comment(in), also...)
}

// isOfWhatWasMade tells whether a fault is about a document that the send made: nothing
// was posted before.
func isOfWhatWasMade(f *tradepostv1.Fault) bool {
	return f.GetCode() == "document.total_differs" || f.GetCode() == "document.number_differs"
}

// isOfAnEdit tells whether a fault is about a document that somebody changed in the books:
// its total need not be the one that the record knows.
func isOfAnEdit(f *tradepostv1.Fault) bool {
	return f.GetCode() == "document.different_found" || f.GetCode() == "document.changed_in_books"
}

// touchSlack is what ServiceTrade may take to note our own comment as a change of
// the invoice.
const touchSlack = time.Second

// sentAgain is the time before which a comment on the faults belongs to an earlier
// send, in Unix seconds. Where the records were lost, or an old copy of them came
// back, a send may have the number of an earlier one, and so the marker of its
// comment. The invoice tells them apart: between a send's comment and its failed
// nobody touches it, and pressing Send does, also while an operator's retry is under
// way. 0 where no user asked for the send.
func (t *turn) sentAgain(inv *tradepostv1.ServiceTradeInvoice) int64 {
	if inv.GetStatus() != servicetrade.StatusPendingAccounting {
		return 0
	}
	return inv.GetUpdated() - int64(touchSlack/time.Second)
}

// inBooks lists what the record knows to exist in the connection's books, of this
// send and of earlier ones.
func (t *turn) inBooks() []*tradepostv1.PostedDocument {
	_, all := t.done()
	for _, d := range t.entry.Record.GetDocuments() {
		known := slices.ContainsFunc(all, func(p *tradepostv1.PostedDocument) bool { return p.GetId() == d.GetId() && p.GetKind() == d.GetKind() })
		if !known && !d.GetGone() && d.GetConnection() == t.Connection {
			all = append(all, &tradepostv1.PostedDocument{Kind: d.GetKind(), Id: d.GetId(), Number: d.GetNumber(), Total: d.GetTotal()})
		}
	}
	return all
}

// remarks tells what the bookkeeper has to know of a posted document.
func (t *turn) remarks(ctx context.Context) error {
	remarks := t.remarked()
	if len(remarks) == 0 {
		return nil
	}
	marker, err := t.marker("remarks/" + t.entry.Record.GetOutcome().GetHash())
	if err != nil {
		return err
	}
	return t.comment(ctx, marker, fault.Comment(fault.CommentInput{
		Heading: fmt.Sprintf("Posted to %s as %s, with a remark:", t.SystemTitle, t.documents()),
		Faults:  remarks, InvoiceNumber: t.invoiceName(), SystemTitle: t.SystemTitle,
		Link: t.page(), Reference: marker,
	}))
}

// remarked are the remarks of what was done, from the record's codes where the message
// with their texts is lost.
func (t *turn) remarked() []*tradepostv1.Fault {
	if remarks := t.texts.GetPosted().GetRemarks(); len(remarks) > 0 {
		return remarks
	}
	return fault.FromCodes(t.entry.Record.GetOutcome().GetFaultCodes())
}

// commentWithdrawn names the document that exists all the same, for the person
// who moved the invoice while it was on its way.
func (t *turn) commentWithdrawn(ctx context.Context, inv *tradepostv1.ServiceTradeInvoice) error {
	if inv != nil && record.OfVoid(t.entry.Record) {
		return t.commentNotVoid(ctx, inv)
	}
	there := names(t.inBooks())
	if there == "" || inv == nil {
		return nil
	}
	if t.entry.Record.GetOutcome().GetKind() == tradepostv1.OutcomeKind_OUTCOME_KIND_WITHDRAWN && record.Stands(t.entry.Record, inv.GetStatus()) {
		return nil // It was away for a while, or moved and moved back: the next send is its own.
	}
	if inv.GetStatus() == servicetrade.StatusVoid {
		// The send of the void tells what becomes of it in the books.
		t.voided = true
		return nil
	}
	marker, err := t.marker("withdrawn/" + inv.GetStatus())
	if err != nil {
		return err
	}
	const advice = "If it should not be there, the bookkeeper has to void it; if it should be brought up to date, send the invoice again."
	return t.say(ctx, marker, fmt.Sprintf(
		"This invoice was moved to \"%s\" while it was on its way to %s, so its status was left as it is. It is in the books: %s. %s",
		inv.GetStatus(), t.SystemTitle, there, advice))
}

// commentChanged is for an invoice that shows processed with another total than
// the one that was posted.
func (t *turn) commentChanged(ctx context.Context, inv *tradepostv1.ServiceTradeInvoice) error {
	marker, err := t.marker("changed/" + inv.GetTotalPrice())
	if err != nil {
		return err
	}
	return t.say(ctx, marker, fmt.Sprintf(
		"This invoice was changed while it was being posted: its total is %s now, and %s was posted to %s as %s. "+
			"Send the invoice again, so that the books are brought up to date.",
		inv.GetTotalPrice(), t.entry.Record.GetTotal(), t.SystemTitle, t.documents()))
}

func (t *turn) commentNumberRefused(ctx context.Context, number string) error {
	marker, err := t.marker("number/" + number)
	if err != nil {
		return err
	}
	return t.say(ctx, marker, fmt.Sprintf(
		"Posted to %s as %s. ServiceTrade did not accept that number for this invoice, so the number here was left as it is.",
		t.SystemTitle, t.documents()))
}

// marker identifies a comment for ever: account, invoice, and a hash of the
// snapshot, of the send that a user asked for, and of what the comment is about.
// It is looked for before every write.
func (t *turn) marker(about string) (string, error) {
	return t.markerOf(about, t.entry.Record.GetAskedSend())
}

// lostSends is how many sends the records may have known of that were lost.
const lostSends = 20

// ofLostRecords are the markers that the comment of this very send may have where its
// record was lost after the comment was stored: records that are made anew, or come
// from an old copy, count a user's sends from a lower number. They are of use with the
// time of the send only, which tells this send's comment from those before it.
func (t *turn) ofLostRecords(about string) ([]string, error) {
	if t.since == 0 {
		return nil, nil
	}
	var all []string
	for asked := t.entry.Record.GetAskedSend() + 1; len(all) < lostSends; asked++ {
		m, err := t.markerOf(about, asked)
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

func (t *turn) markerOf(about string, asked int64) (string, error) {
	h, err := canonical.Value(map[string]string{
		"snapshot": t.entry.Record.GetSnapshotHash(), "about": about,
		"asked": strconv.FormatInt(asked, 10),
	})
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("[tradepost %s/%d/%s]", t.Account, t.entry.Key.InvoiceID, h[:16]), nil
}

// say is comment for a text that tells of no faults: with the link to the invoice and
// the marker below it, as those have.
func (t *turn) say(ctx context.Context, marker, text string) error {
	return t.comment(ctx, marker, fault.Signed(text, t.page(), marker))
}

// comment stores a private comment, unless one with that marker, or with one of the
// others that it may have, is there already from this send.
func (t *turn) comment(ctx context.Context, marker, content string, also ...string) (err error) {
	ctx, span := telemetry.Start(ctx, "comment")
	defer func() { telemetry.End(span, err) }()
	all, err := t.ServiceTrade.Comments(ctx, t.EntityType, t.entry.Key.InvoiceID)
	if err != nil {
		return fmt.Errorf("look for the comment: %w", err)
	}
	for _, c := range all {
		carries := func(m string) bool { return strings.Contains(c.Content, m) }
		if (carries(marker) && (c.Created == 0 || c.Created >= t.since)) || (c.Created >= t.since && slices.ContainsFunc(also, carries)) {
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

// page leads to the invoice from wherever the comment is read, such as an e-mail.
func (t *turn) page() string { return servicetrade.InvoicePage(t.AppURL, t.entry.Key.InvoiceID) }

func (t *turn) documents() string { return names(t.entry.Record.GetOutcome().GetDocuments()) }

func (t *turn) invoiceName() string {
	if t.shown != "" {
		return t.shown
	}
	return strconv.FormatInt(t.entry.Key.InvoiceID, 10)
}
