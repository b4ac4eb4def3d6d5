package tryton

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// The states of an invoice in Tryton.
const (
	stateDraft     = "draft"
	stateValidated = "validated"
	stateCancelled = "cancelled"
)

// invoice is an invoice as Tryton holds it.
type invoice struct {
	ID         int64  `json:"id"`
	Number     string `json:"number"`
	State      string `json:"state"`
	Reference  string `json:"reference"`
	Issued     moment `json:"invoice_date"`
	Accounting moment `json:"accounting_date"`
	Total      amount `json:"total_amount"`
	Tax        amount `json:"tax_amount"`
	Move       int64  `json:"move"`
	CancelMove int64  `json:"cancel_move"`
	CreatedBy  int64  `json:"create_uid"`
	WrittenBy  int64  `json:"write_uid"`
	PartyID    int64  `json:"party"`
	Party      struct {
		Name string `json:"rec_name"`
	} `json:"party."`
	Lines []struct {
		Note string `json:"note"`
	} `json:"lines."`
}

var invoiceFields = list{
	"number", "state", "reference", "invoice_date", "accounting_date", "total_amount", "tax_amount", "move", "cancel_move",
	"create_uid", "write_uid", "party", "party.rec_name", "lines.note",
}

// unposted tells whether the invoice counts nothing yet.
func (i invoice) unposted() bool { return i.State == stateDraft || i.State == stateValidated }

// stamp is the stamp in the notes of its lines.
func (i invoice) stamp() (stamp, bool) {
	notes := make([]string, len(i.Lines))
	for n, ln := range i.Lines {
		notes[n] = ln.Note
	}
	return readStamp(strings.Join(notes, "\n"))
}

// found is the invoice as the contract shows it.
func (b *Books) found(i invoice) connector.Found {
	f := connector.Found{
		Kind: tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE, ID: strconv.FormatInt(i.ID, 10), Number: i.Number,
		// A posted invoice is never changed: what can happen to it is to be cancelled.
		Version: fmt.Sprintf("%d-%d", i.Move, i.CancelMove), IssueDate: string(i.Issued), CustomerName: i.Party.Name,
		Void: i.State == stateCancelled,
		URL:  fmt.Sprintf("%s/#%s/model/account.invoice/%d", b.cfg.URL, b.cfg.Database, i.ID),
	}
	s, stamped := i.stamp()
	stamped = stamped && s.marker == i.Reference && s.date == string(i.Issued) && s.total.Equal(i.Total.Decimal)
	total := i.Total.Decimal
	if total.IsNegative() || (total.IsZero() && stamped && s.kind == kindMemo) {
		f.Kind, total = tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO, total.Neg()
	}
	f.Total = total.StringFixed(max(2, -total.Exponent()))
	if stamped && !f.Void && i.Move != 0 {
		f.DocumentHash = s.hash
	}
	return f
}

// Find looks for the invoices whose reference is the marker, and for the stored id. A
// draft is no document: it counts nothing, and Create goes on with one that it finds.
func (b *Books) Find(ctx context.Context, q connector.Query) ([]connector.Found, error) {
	ctx, cancel := b.bounded(ctx)
	defer cancel()
	condition := list{"reference", "=", q.Marker}
	if id, err := strconv.ParseInt(q.ID, 10, 64); err == nil {
		condition = list{"OR", condition, list{"id", "=", id}}
	}
	all, err := b.read(ctx, list{condition}, 0)
	if err != nil {
		return nil, connector.Stop(b.waitFor(fmt.Errorf("look for %s: %w", q.Marker, err)))
	}
	var found []connector.Found
	for _, i := range all {
		if !i.unposted() {
			found = append(found, b.found(i))
		}
	}
	return found, nil
}

// read reads the customer invoices of the company that meet the conditions, oldest
// first; limit 0 reads all.
func (b *Books) read(ctx context.Context, conditions list, limit int) ([]invoice, error) {
	s, err := b.client.sign(ctx)
	if err != nil {
		return nil, err
	}
	domain := append(list{list{"company", "=", s.company.ID}, list{"type", "=", "out"}}, conditions...)
	var most any
	if limit > 0 {
		most = limit
	}
	var all []invoice
	err = b.client.read(ctx, &all, "model.account.invoice.search_read", domain, 0, most, list{list{"id", "ASC"}}, invoiceFields)
	return all, err
}

// readOne reads one invoice anew.
func (b *Books) readOne(ctx context.Context, id int64) (invoice, error) {
	all, err := b.read(ctx, list{list{"id", "=", id}}, 1)
	if err != nil {
		return invoice{}, err
	}
	if len(all) == 0 {
		return invoice{}, errGone
	}
	return all[0], nil
}

// equalTotals compares what Tryton made of a draft with what it should be.
func (d draft) equalTotals(i invoice) (total, tax decimal.Decimal, equal bool) {
	return i.Total.Decimal, i.Tax.Decimal, i.Total.Equal(d.total) && i.Tax.Equal(d.tax)
}
