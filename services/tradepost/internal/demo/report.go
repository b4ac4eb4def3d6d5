package demo

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/shopspring/decimal"

	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/services/deliver/connectors/hledger"
	"github.com/tradepost/tradepost/services/sandbox"
)

// Row is how one invoice ended.
type Row struct {
	InvoiceID int64  `json:"invoiceId"`
	Number    string `json:"invoice"`
	Customer  string `json:"customer"`
	Total     string `json:"total"`
	Status    string `json:"status"`
	// Document is the number in the books.
	Document string `json:"document,omitempty"`
	// Comment is the private comment of a failed invoice.
	Comment string `json:"comment,omitempty"`
	// Problem tells what is wrong with this result; "" when nothing is.
	Problem string `json:"problem,omitempty"`
}

// Report is how a demo ended.
type Report struct {
	Rows      []Row  `json:"invoices"`
	Processed int    `json:"processed"`
	Failed    int    `json:"failed"`
	Total     string `json:"processedTotal"`
	// Books is what hledger itself finds in the journal, and Tie how that compares.
	Books string `json:"booksTotal,omitempty"`
	Tie   string `json:"tie"`
	// TiedOut is false when the books differ; true also when hledger is not installed.
	TiedOut bool   `json:"tiedOut"`
	Journal string `json:"journal"`
}

func (r *Report) problem() error {
	var all []error
	for _, row := range r.Rows {
		if row.Problem != "" {
			all = append(all, fmt.Errorf("invoice %s: %s", row.Number, row.Problem))
		}
	}
	if !r.TiedOut {
		all = append(all, errors.New(r.Tie))
	}
	if len(all) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrUnexpected, errors.Join(all...))
}

func (w *world) report(ctx context.Context, ids []int64) (*Report, error) {
	nc, err := nats.Connect("", nats.InProcessServer(w.nats))
	if err != nil {
		return nil, fmt.Errorf("connect to read the records: %w", err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, fmt.Errorf("open JetStream to read the records: %w", err)
	}
	store, err := record.Open(ctx, js)
	if err != nil {
		return nil, err
	}
	names := map[int64]string{}
	for _, c := range w.sandbox.API.Book().Companies {
		names[c.ID] = c.Name
	}
	r := &Report{Journal: filepath.Join(w.o.Dir, booksName, "main.journal")}
	total := decimal.Zero
	for _, id := range ids {
		row, amount, err := w.row(ctx, store, id, names)
		if err != nil {
			return nil, err
		}
		r.Rows = append(r.Rows, row)
		switch row.Status {
		case "processed":
			r.Processed++
			total = total.Add(amount)
		case "failed":
			r.Failed++
		}
	}
	r.Total = total.StringFixed(2)
	return r, w.tie(ctx, r, total)
}

func (w *world) row(ctx context.Context, store *record.Store, id int64, names map[int64]string) (Row, decimal.Decimal, error) {
	inv, err := w.sandbox.API.Invoice(id)
	if err != nil {
		return Row{}, decimal.Zero, err
	}
	amount, err := decimal.NewFromString(inv.Total.String())
	if err != nil {
		return Row{}, decimal.Zero, fmt.Errorf("total of invoice %d: %w", id, err)
	}
	row := Row{InvoiceID: id, Number: inv.Number, Customer: names[inv.CustomerID], Total: amount.StringFixed(2), Status: inv.Status}
	comments := w.sandbox.API.Comments(id)
	for _, c := range comments {
		row.Comment = c.Content
	}
	e, err := store.Get(ctx, record.Key{Account: account, InvoiceID: id})
	if err != nil {
		return Row{}, decimal.Zero, err
	}
	for _, d := range e.Record.GetDocuments() {
		row.Document = d.GetNumber()
	}
	row.Problem = verdict(row, len(comments), w.sandbox.API.Book().Expected[id])
	return row, amount, nil
}

// verdict compares an invoice's end with what its book expects.
func verdict(r Row, comments int, want sandbox.Expectation) string {
	switch {
	case want.Posted() && r.Status != "processed":
		return "had to be posted, and is " + r.Status
	case want.Posted() && r.Document == "":
		return "is processed without a document"
	case !want.Posted() && r.Status != "failed":
		return "had to fail, and is " + r.Status
	case !want.Posted() && comments != 1:
		return fmt.Sprintf("failed with %d comments", comments)
	default:
		return ""
	}
}

// tie has the real hledger check the journal and compares its total with
// ServiceTrade's.
func (w *world) tie(ctx context.Context, r *Report, total decimal.Decimal) error {
	if _, err := exec.LookPath("hledger"); err != nil {
		r.Tie, r.TiedOut = errNoProgram.Error()+": the journal was not checked by it", true
		return nil
	}
	tie, err := hledger.TieOut(ctx, filepath.Join(w.o.Dir, booksName), "")
	if err != nil {
		return fmt.Errorf("have hledger check the journal: %w", err)
	}
	r.Books = tie.Total.StringFixed(2)
	r.TiedOut = tie.Total.Equal(total) && tie.Count == r.Processed
	verdict := "they tie out"
	if !r.TiedOut {
		verdict = "they differ"
	}
	r.Tie = fmt.Sprintf("ServiceTrade: %d processed, %s; hledger: %d documents, %s: %s", r.Processed, r.Total, tie.Count, r.Books, verdict)
	return nil
}
