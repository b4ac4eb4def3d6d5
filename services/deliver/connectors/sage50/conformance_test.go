package sage50

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

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
			d.Taxes = []*tradepostv1.Tax{{Name: "NC Wake", Amount: amount, Code: code("WAKE"), Source: tradepostv1.TaxSource_TAX_SOURCE_AS_BILLED}}
			for _, ln := range d.Lines {
				ln.Taxable = true
			}
		},
		Faults: faults,
		Lacks: map[connectortest.Capability]string{
			connectortest.Updates:           "an import adds to the books, and changes nothing there",
			connectortest.KnownAccounts:     "nothing tells which accounts the company has",
			connectortest.KnownCustomers:    "nothing tells which customers the company has",
			connectortest.Copies:            "a copy in the books is seen in no file; an export adds both up to another total",
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

// faults are what would stop an import, or spoil it.
var faults = map[string]func(*tradepostv1.Document){
	"account.not_mapped":    func(d *tradepostv1.Document) { d.Discount = nil; d.Totals.Discount = "1.00" },
	"currency.not_in_books": func(d *tradepostv1.Document) { d.Currency = "CAD" },
	"date.invalid":          func(d *tradepostv1.Document) { d.IssueDate = "2026-02-30" },
	"document.incomplete":   func(d *tradepostv1.Document) { d.DueDate = "" },
	"line.amount_invalid":   func(d *tradepostv1.Document) { d.Lines[0].Amount = "a lot" },
	"retainage.refused":     func(d *tradepostv1.Document) { d.Retainage = &tradepostv1.Retainage{Percent: "10", Amount: "27.50"} },
	"tax.more_than_one":     twoTaxes,
	"tax.not_in_books":      func(d *tradepostv1.Document) { d.Taxes = []*tradepostv1.Tax{{Amount: "1.00", Code: code("NOWHERE")}} },
	"text.refused":          func(d *tradepostv1.Document) { d.Customer.Reference.Value = "C*100" },
	"text.too_long":         func(d *tradepostv1.Document) { d.PoNumber = strings.Repeat("7", 21) },
	"total.mismatch":        func(d *tradepostv1.Document) { d.Totals.Total = "10000.01" },
}

func twoTaxes(d *tradepostv1.Document) {
	d.Taxes = []*tradepostv1.Tax{{Amount: "1.00", Code: code("WAKE")}, {Amount: "1.00", Code: code("DURHAM")}}
}

func code(value string) *tradepostv1.Reference {
	return &tradepostv1.Reference{By: tradepostv1.ReferenceBy_REFERENCE_BY_CODE, Value: value}
}

// sample is an invoice of one line that the settings of the tests accept.
func sample(id int64) *tradepostv1.Document {
	return &tradepostv1.Document{
		Kind:   tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE,
		Marker: "st-kit-" + strconv.FormatInt(id, 10),
		Source: &tradepostv1.Source{Account: "kit", InvoiceId: id, InvoiceNumber: strconv.FormatInt(1000+id, 10), Total: "275.00"},
		Number: strconv.FormatInt(1000+id, 10), IssueDate: "2026-11-22", DueDate: "2026-12-22", Currency: "USD",
		Customer: &tradepostv1.Customer{CompanyId: 7, Name: "ACME Tower LLC", Reference: code("C100")},
		Job:      &tradepostv1.Job{JobId: 9, Number: "1042", Name: "Quarterly maintenance"},
		PoNumber: "PO 77",
		Lines: []*tradepostv1.Line{{
			Key: "1", Kind: tradepostv1.LineKind_LINE_KIND_ITEM, Description: "Labor", Quantity: "2.5", UnitPrice: "110", Amount: "275.00",
		}},
		Totals: &tradepostv1.Totals{Subtotal: "275.00", Total: "275.00"},
	}
}

// settings are those of a company with two agencies in its sales taxes.
func settings(dir string, change ...func(*Config)) Config {
	atOnce := time.Duration(0)
	c := Config{
		Place: outbox.Place{Folder: dir}, Wait: &atOnce,
		Accounts: Accounts{Receivable: "11000", Revenue: "40000"},
		SalesTaxes: map[string][]Agency{
			"WAKE":   {{Agency: "NCDOR", Account: "23100", Rate: "4.75"}, {Agency: "WAKECO", Account: "23150", Rate: "2.5"}},
			"DURHAM": {{Agency: "NCDOR", Account: "23100", Rate: "4.75"}},
		},
	}
	for _, one := range change {
		one(&c)
	}
	return c
}

// connect opens the folder as deliver does.
func connect(t testing.TB, c Config) *Files {
	t.Helper()
	f, err := New(c, connector.Settings{Connection: "acme-sage"})
	require.NoError(t, err)
	_, err = f.Company(t.Context())
	require.NoError(t, err)
	return f
}

// prompt imports every file as soon as it is there, unless the test hands over.
type prompt struct {
	*Files
	company *company
	handing *bool
}

func (p *prompt) Create(ctx context.Context, posting connector.Posting) connector.Answer {
	a := p.Files.Create(ctx, posting)
	handed, is := a.(connector.Handed)
	if !is || *p.handing {
		return a
	}
	for range 2 { // Another worker's file may appear after the first look.
		p.company.importAll()
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

func newTarget(t *testing.T) connectortest.Target {
	dir, handing := t.TempDir(), false
	f := connect(t, settings(dir))
	c := &company{t: t, dir: dir, columns: fullColumns}
	wrap := func(f *Files) connector.Connector { return &prompt{f, c, &handing} }
	return connectortest.Target{
		Connector: wrap(f),
		Reopen:    func() connector.Connector { return wrap(connect(t, settings(dir))) },
		Count:     c.count,
		ReadBack:  c.kept,
		Tamper:    c.tamper,
		Delete: func(marker string) {
			c.remove(marker)
			files, err := f.HandedFiles(t.Context())
			require.NoError(t, err)
			for _, file := range files {
				for _, d := range file.Documents {
					if strings.HasPrefix(d.ID, marker+".") {
						require.NoError(t, f.JudgeFile(t.Context(), connector.Judgement{File: file.Name, Documents: []string{d.ID}, State: connector.FileRemoved}))
					}
				}
			}
		},
		HandOver: func(on bool) { handing = on },
		TakeUp:   c.take,
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
