// Package outboxtest is the room in which connectors that hand over files are tested: the
// conformance kit with a person who imports what appears, in a folder of this machine or
// on an SFTP server.
package outboxtest

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/connector/connectortest"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Files is what a connector that hands over files can do.
type Files interface {
	connector.Connector
	connector.Confirmer
	connector.PreviewChecker
	connector.FileLedger
	connector.Located
}

// Books are the accounting system behind a folder, with the person who imports. They read
// the files, and nothing of the connector.
type Books interface {
	// Take imports the files that have a marker, all of them where it is "", or puts them
	// away as rejected.
	Take(marker string, refuse bool)
	Count(marker string) int
	Kept(marker string) connectortest.Kept
	// Remove takes a document out of the books.
	Remove(marker string)
}

// Room is one folder, with the books behind it.
type Room struct {
	// Dir is the folder as this machine sees it.
	Dir   string
	Books Books
	// Open makes another connector on the folder, and asks it for its company.
	Open func() Files
	// Tamper changes a document in the books, so that the connector can see it; nil where
	// it cannot.
	Tamper func(marker string)
}

// Target is what the conformance kit works on: every file is imported as soon as it is
// there, unless the kit hands over.
func (r Room) Target(t *testing.T) connectortest.Target {
	t.Helper()
	handing := false
	files := r.Open()
	wrap := func(f Files) connector.Connector { return &prompt{f, r.Books, &handing} }
	return connectortest.Target{
		Connector: wrap(files),
		Reopen:    func() connector.Connector { return wrap(r.Open()) },
		Count:     r.Books.Count,
		ReadBack:  r.Books.Kept,
		Tamper:    r.Tamper,
		Delete: func(marker string) {
			r.Books.Remove(marker)
			removed(t, files, marker)
		},
		HandOver: func(on bool) { handing = on },
		TakeUp:   r.Books.Take,
		Troubles: map[string]func(on bool){
			connector.ReasonBooksMissing: func(on bool) {
				from, to := r.Dir, filepath.Clean(r.Dir)+".away"
				if !on {
					from, to = to, from
				}
				require.NoError(t, os.Rename(from, to))
			},
		},
	}
}

// removed says of the documents of a marker that they are out of the books.
func removed(t *testing.T, files Files, marker string) {
	t.Helper()
	all, err := files.HandedFiles(t.Context())
	require.NoError(t, err)
	for _, file := range all {
		for _, d := range file.Documents {
			if strings.HasPrefix(d.ID, marker+".") {
				require.NoError(t, files.JudgeFile(t.Context(), connector.Judgement{File: file.Name, Documents: []string{d.ID}, State: connector.FileRemoved}))
			}
		}
	}
}

// prompt has every file imported as soon as it is there, unless the test hands over.
type prompt struct {
	Files
	books   Books
	handing *bool
}

// Create implements connector.Connector.
func (p *prompt) Create(ctx context.Context, posting connector.Posting) connector.Answer {
	a := p.Files.Create(ctx, posting)
	handed, is := a.(connector.Handed)
	if !is || *p.handing {
		return a
	}
	for range 2 { // Another worker's file may appear after the first look.
		p.books.Take("", false)
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

// Lacks are the capabilities of the kit that no connector of files has, and why; own are
// those that one connector lacks besides.
func Lacks(own map[connectortest.Capability]string) map[connectortest.Capability]string {
	all := map[connectortest.Capability]string{
		connectortest.Updates:           "an import adds to the books, and changes nothing there",
		connectortest.KnownAccounts:     "nothing tells which accounts the company has",
		connectortest.KnownCustomers:    "nothing tells which customers the company has",
		connectortest.Copies:            "a copy in the books is seen in no file; an export adds both up to another total",
		connectortest.LostAnswers:       "a file is in its place or not: the crash tests of the outbox stop at every step, and cut the connection to a server in every one",
		connectortest.ServerErrors:      "there is no server, or one that only moves files: the disk commits, or says why not",
		connectortest.SlowAnswers:       "the commit is one link or rename, and is not answered late",
		connectortest.HiddenWrites:      "a file is there as soon as it has its name",
		connectortest.Voids:             "an import voids nothing",
		connectortest.PeriodLists:       "only people see the books",
		connectortest.ChangeLists:       "only people see the books",
		connectortest.ReferenceData:     "only people see the books",
		connectortest.IdempotentCreates: "the entry of the ledger is what keeps a second document out",
	}
	maps.Copy(all, own)
	return all
}

// Sample is an invoice of one line, for customer C100.
func Sample(id int64) *tradepostv1.Document {
	number := strconv.FormatInt(1000+id, 10)
	return &tradepostv1.Document{
		Kind: tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE, Marker: "st-kit-" + strconv.FormatInt(id, 10), Number: number,
		Source:    &tradepostv1.Source{Account: "kit", InvoiceId: id, InvoiceNumber: number, Total: "275.00"},
		IssueDate: "2026-11-22", DueDate: "2026-12-22", Currency: "USD", PoNumber: "PO 77",
		Customer: &tradepostv1.Customer{CompanyId: 7, Name: "ACME Tower LLC", Reference: Code("C100")},
		Job:      &tradepostv1.Job{JobId: 9, Number: "1042", Name: "Quarterly maintenance"},
		Lines: []*tradepostv1.Line{{
			Key: "1", Kind: tradepostv1.LineKind_LINE_KIND_ITEM, Description: "Labor", Quantity: "2.5", UnitPrice: "110", Amount: "275.00",
		}},
		Totals: &tradepostv1.Totals{Subtotal: "275.00", Total: "275.00"},
	}
}

// OtherCustomer makes a sample that of another customer.
func OtherCustomer(d *tradepostv1.Document) {
	d.Customer.CompanyId, d.Customer.Name, d.Customer.Reference.Value = 8, "Brown & Sons", "C200"
}

// Code is a reference by code.
func Code(value string) *tradepostv1.Reference {
	return &tradepostv1.Reference{By: tradepostv1.ReferenceBy_REFERENCE_BY_CODE, Value: value}
}
