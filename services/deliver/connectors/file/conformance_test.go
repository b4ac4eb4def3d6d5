package file

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/connector/connectortest"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/services/deliver/internal/outbox"
)

func TestConformance(t *testing.T) {
	connectortest.Run(t, connectortest.Harness{
		New:    newTarget,
		Sample: sample,
		OtherCustomer: func(d *tradepostv1.Document) {
			d.Customer.CompanyId, d.Customer.Name, d.Customer.Reference.Value = 8, "Brown & Sons", "C200"
		},
		AddTax: func(d *tradepostv1.Document, amount string) {
			d.Taxes = []*tradepostv1.Tax{{Name: "NC Wake", Amount: amount, Source: tradepostv1.TaxSource_TAX_SOURCE_AS_BILLED}}
		},
		Faults: map[string]func(*tradepostv1.Document){
			"document.incomplete": func(d *tradepostv1.Document) { d.Number = "" },
			"line.amount_invalid": func(d *tradepostv1.Document) { d.Lines[0].Amount = "a lot" },
			"retainage.refused":   func(d *tradepostv1.Document) { d.Retainage = &tradepostv1.Retainage{Amount: "27.50"} },
			"text.too_long":       func(d *tradepostv1.Document) { d.PoNumber = strings.Repeat("7", 31) },
			"text.refused":        func(d *tradepostv1.Document) { d.DueDate = "2026-02-30" },
			"total.mismatch":      func(d *tradepostv1.Document) { d.Totals.Total = "10000.01" },
		},
		Lacks: map[connectortest.Capability]string{
			connectortest.Updates:           "an import adds to the books, and changes nothing there",
			connectortest.KnownAccounts:     "nothing tells which accounts the books have",
			connectortest.KnownCustomers:    "nothing tells which customers the books have",
			connectortest.Copies:            "a copy in the books is seen in no file",
			connectortest.Tampering:         "nothing tells what becomes of a document in the books",
			connectortest.LostAnswers:       "a file is in its place or not: the crash tests of the outbox stop at every step",
			connectortest.ServerErrors:      "there is no server: the disk commits, or says why not",
			connectortest.SlowAnswers:       "the commit is one link, and is not answered late",
			connectortest.HiddenWrites:      "a file is there as soon as it is linked",
			connectortest.Voids:             "an import voids nothing",
			connectortest.PeriodLists:       "only people see the books",
			connectortest.ChangeLists:       "only people see the books",
			connectortest.ReferenceData:     "only people see the books",
			connectortest.IdempotentCreates: "the entry of the ledger is what keeps a second document out",
		},
	})
}

// sample is an invoice of one line.
func sample(id int64) *tradepostv1.Document {
	number := strconv.FormatInt(1000+id, 10)
	return &tradepostv1.Document{
		Kind: tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE, Marker: "st-kit-" + strconv.FormatInt(id, 10), Number: number,
		Source:    &tradepostv1.Source{Account: "kit", InvoiceId: id, InvoiceNumber: number, Total: "275.00"},
		IssueDate: "2026-11-22", DueDate: "2026-12-22", Currency: "USD", PoNumber: "PO 77",
		Customer: &tradepostv1.Customer{CompanyId: 7, Name: "ACME Tower LLC", Reference: code("C100")},
		Job:      &tradepostv1.Job{JobId: 9, Number: "1042", Name: "Quarterly maintenance"},
		Lines: []*tradepostv1.Line{{
			Key: "1", Kind: tradepostv1.LineKind_LINE_KIND_ITEM, Description: "Labor", Quantity: "2.5", UnitPrice: "110", Amount: "275.00", RevenueAccount: code("4000-10"),
		}},
		Totals: &tradepostv1.Totals{Subtotal: "275.00", Total: "275.00"},
	}
}

func code(value string) *tradepostv1.Reference {
	return &tradepostv1.Reference{By: tradepostv1.ReferenceBy_REFERENCE_BY_CODE, Value: value}
}

// lineSettings are JSON lines, one for each row, with what the books of the tests keep.
func lineSettings(dir string) Config {
	atOnce := time.Duration(0)
	return Config{
		Place: outbox.Place{Folder: dir}, Wait: &atOnce, Format: FormatLines, Amount: "amount",
		Columns: []Column{
			{Name: "marker", Value: "{{.Marker}}"},
			{Name: "number", Value: "{{.Number}}", Required: true},
			{Name: "kind", Value: "{{.Kind}}"},
			{Name: "row", Value: "{{.Row}}"},
			{Name: "due", Value: `{{date "MM/DD/YYYY" .DueDate}}`},
			{Name: "po", Value: "{{.PO}}", Max: 30},
			{Name: "text", Value: "{{.Description}}"},
			{Name: "amount", Value: "{{.Amount}}", Number: true},
		},
	}
}

// books read what they import, and nothing of the connector.
type books struct {
	t   *testing.T
	dir string

	mu   sync.Mutex
	rows []row
}

type row struct {
	Marker, Number, Kind, Row, Due, PO, Text string
	Amount                                   json.Number
}

func (b *books) read(file string) []row {
	raw, err := os.ReadFile(file)
	require.NoError(b.t, err)
	var rows []row
	lines := bufio.NewScanner(bytes.NewReader(raw))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r row
		require.NoError(b.t, json.Unmarshal(lines.Bytes(), &r))
		rows = append(rows, r)
	}
	return rows
}

// take puts the files away that have a marker, or all of them where it is "".
func (b *books) take(marker string, refuse bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	files, err := filepath.Glob(filepath.Join(b.dir, "INVOICES-*.jsonl"))
	require.NoError(b.t, err)
	for _, f := range files {
		rows := b.read(f)
		if marker != "" && rows[0].Marker != marker {
			continue
		}
		where := "rejected"
		if !refuse {
			where, b.rows = "imported", append(b.rows, rows...)
		}
		require.NoError(b.t, os.Rename(f, filepath.Join(b.dir, where, filepath.Base(f))))
	}
}

func (b *books) of(marker string) (rows []row) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range b.rows {
		if r.Marker == marker {
			rows = append(rows, r)
		}
	}
	return rows
}

func (b *books) kept(marker string) connectortest.Kept {
	var kept connectortest.Kept
	tax := decimal.Zero
	for _, r := range b.of(marker) {
		amount := decimal.RequireFromString(r.Amount.String())
		if r.Kind == "credit_memo" {
			amount = amount.Neg()
		}
		if r.Row == "tax" {
			tax = tax.Add(amount)
			continue
		}
		kept.Lines = append(kept.Lines, connectortest.KeptLine{Description: r.Text, Amount: amount.String()})
	}
	kept.Tax = tax.String()
	return kept
}

func (b *books) remove(marker string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var left []row
	for _, r := range b.rows {
		if r.Marker != marker {
			left = append(left, r)
		}
	}
	b.rows = left
}

// prompt imports every file as soon as it is there, unless the test hands over.
type prompt struct {
	*Files
	books   *books
	handing *bool
}

func (p *prompt) Create(ctx context.Context, posting connector.Posting) connector.Answer {
	a := p.Files.Create(ctx, posting)
	handed, is := a.(connector.Handed)
	if !is || *p.handing {
		return a
	}
	for range 2 { // Another worker's file may appear after the first look.
		p.books.take("", false)
		a = p.Confirm(ctx, connector.HandedOver{
			Token: handed.Token, DocumentHash: posting.DocumentHash, Query: connector.Query{Marker: posting.Document.GetMarker()},
		})
		if _, is := a.(connector.Handed); !is {
			break
		}
	}
	if posted, is := a.(connector.Posted); is && !strings.HasPrefix(handed.Message, "written to") {
		posted.Adopted = true
		return posted
	}
	return a
}

func connect(t testing.TB, c Config) *Files {
	t.Helper()
	f, err := New(c, connector.Settings{Connection: "acme-file"})
	require.NoError(t, err)
	_, err = f.Company(t.Context())
	require.NoError(t, err)
	return f
}

func newTarget(t *testing.T) connectortest.Target {
	dir, handing := t.TempDir(), false
	b := &books{t: t, dir: dir}
	f := connect(t, lineSettings(dir))
	return connectortest.Target{
		Connector: &prompt{f, b, &handing},
		Reopen:    func() connector.Connector { return &prompt{connect(t, lineSettings(dir)), b, &handing} },
		Count: func(marker string) int {
			n := 0
			for i, r := range b.of(marker) {
				if i == 0 || r.Number != b.of(marker)[i-1].Number {
					n++
				}
			}
			return n
		},
		ReadBack: b.kept,
		HandOver: func(on bool) { handing = on },
		TakeUp:   b.take,
		Delete: func(marker string) {
			b.remove(marker)
			files, err := f.HandedFiles(t.Context())
			require.NoError(t, err)
			for _, file := range files {
				if strings.HasPrefix(file.Documents[0].ID, marker+".") {
					require.NoError(t, f.JudgeFile(t.Context(), connector.Judgement{File: file.Name, State: connector.FileRemoved}))
				}
			}
		},
		Troubles: map[string]func(on bool){
			connector.ReasonBooksMissing: func(on bool) {
				from, to := dir, filepath.Clean(dir)+".away"
				if !on {
					from, to = to, from
				}
				require.NoError(t, os.Rename(from, to))
			},
		},
	}
}
