package plainbooks

import (
	"context"
	"fmt"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/connector/connectortest"
	books "github.com/tradepost/tradepost/pkg/connector/connectortest/plainbooks"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// hidden is shorter than in a chaos run (2 s), so that the kit does not wait so long;
// settling leaves room for a machine that is busy.
const (
	hidden   = 300 * time.Millisecond
	settling = 3 * time.Second
	callTime = 3 * time.Second // a busy machine takes one for a call now and then
)

var companies atomic.Int64

func TestConformance(t *testing.T) {
	connectortest.Run(t, connectortest.Harness{
		New:    newTarget,
		Sample: sample,
		AddTax: func(d *tradepostv1.Document, amount string) {
			d.Taxes = []*tradepostv1.Tax{{Name: "Sales tax", Amount: amount, Source: tradepostv1.TaxSource_TAX_SOURCE_AS_BILLED}}
		},
		Faults: map[string]func(*tradepostv1.Document){
			"document.date_closed": func(d *tradepostv1.Document) { d.IssueDate = "2020-06-30" },
		},
		Lacks: map[connectortest.Capability]string{
			connectortest.UniqueNumbers:  "the books take any number twice",
			connectortest.KnownAccounts:  "the books have no accounts",
			connectortest.KnownCustomers: "the books take any customer",
			connectortest.Previews:       "the books have no preview",

			connectortest.ReportsCustomers:  "the books have no customers",
			connectortest.PeriodLists:       "the books have one search, by marker",
			connectortest.ChangeLists:       "the books have one search, by marker",
			connectortest.ReferenceData:     "the books have nothing but documents",
			connectortest.IdempotentCreates: "the books take anything twice: that is what they are for",
			connectortest.HandOvers:         "the books answer at once",
			connectortest.Outages:           "the chaos runs cut the network itself",
			connectortest.HiddenWrites:      "every write is hidden for a while, in all cases",
		},
	})
}

func newTarget(t *testing.T) connectortest.Target {
	var trouble atomic.Value
	trouble.Store(books.Trouble(""))
	meets := func(met books.Trouble) func(bool) {
		return func(on bool) {
			if on {
				trouble.Store(met)
			} else {
				trouble.Store(books.Trouble(""))
			}
		}
	}
	b := books.New(books.Options{
		ID: fmt.Sprint("company ", companies.Add(1)), Hidden: hidden,
		Slow: 2 * callTime, ClosedThrough: "2020-12-31",
		Misbehave: func(string, int) books.Trouble { return trouble.Load().(books.Trouble) },
	})
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	open := func() connector.Connector {
		return connect(t, Config{URL: server.URL, Settling: settling, CallTime: callTime})
	}
	return connectortest.Target{
		Connector: open(), Reopen: open, Count: b.Count, Delete: b.Delete, Copy: b.Copy,
		ReadBack:        func(marker string) connectortest.Kept { return keptOf(b.Documents(), marker) },
		Tamper:          func(marker string) { b.Tamper(marker, "1.00") },
		LoseAnswers:     meets(books.TroubleLost),
		FailAfterCommit: meets(books.TroubleError),
		SlowDown:        meets(books.TroubleSlow),
	}
}

// keptOf is what the books hold of the document of a marker.
func keptOf(all []books.Document, marker string) connectortest.Kept {
	for _, d := range all {
		if d.Marker != marker {
			continue
		}
		kept := connectortest.Kept{Tax: d.Tax}
		for _, ln := range d.Lines {
			kept.Lines = append(kept.Lines, connectortest.KeptLine{Description: ln.Description, Amount: ln.Amount})
		}
		return kept
	}
	return connectortest.Kept{}
}

func connect(t *testing.T, c Config) *Connector {
	t.Helper()
	made, err := New(c)
	require.NoError(t, err)
	t.Cleanup(func() { _ = made.Close() })
	return made
}

func sample(id int64) *tradepostv1.Document {
	return &tradepostv1.Document{
		Kind: tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE, Marker: fmt.Sprint("st-kit-", id),
		Source: &tradepostv1.Source{Account: "kit", InvoiceId: id, Total: "20.00"},
		Number: fmt.Sprint(id), IssueDate: "2026-11-22", Currency: "USD",
		Customer: &tradepostv1.Customer{Name: "ACME", Reference: &tradepostv1.Reference{By: tradepostv1.ReferenceBy_REFERENCE_BY_CODE, Value: "C1"}},
		Lines: []*tradepostv1.Line{{
			Key: "1", Kind: tradepostv1.LineKind_LINE_KIND_ITEM, Quantity: "1", UnitPrice: "20.00", Amount: "20.00",
		}},
		Totals: &tradepostv1.Totals{Subtotal: "20.00", Total: "20.00"},
	}
}

func TestTheBooksOfAChaosRunHideADocumentForTwoSeconds(t *testing.T) {
	require.Equal(t, 2*time.Second, connect(t, Config{URL: "http://x"}).Describe().SettlingTime)
}

func TestSettingsThatAreWrongAreNamed(t *testing.T) {
	_, err := New(Config{})
	require.ErrorContains(t, err, "setting url")
	_, err = New(Config{URL: "http://x", Find: "maybe"})
	require.ErrorContains(t, err, `"maybe" is neither on nor off`)
}

// A claim that ends while the connection is being made must keep the document out
// of the books: the check comes after the dial, not before it.
func TestTheClaimIsCheckedWhenTheConnectionIsThere(t *testing.T) {
	b := books.New(books.Options{ID: "c"})
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	c := connect(t, Config{URL: server.URL})
	checks := 0
	ctx := connector.WithFence(context.Background(), func() error {
		checks++
		return connector.ErrFenced
	})
	answer := c.Create(ctx, connector.Posting{Document: sample(1), DocumentHash: "h"})
	require.Equal(t, connector.ReasonFenced, answer.(connector.Wait).Reason)
	require.Positive(t, checks)
	require.Zero(t, b.Count("st-kit-1"))
}

// Errors after and before the commit look the same from here: both are doubt.
func TestAServerErrorIsDoubt(t *testing.T) {
	for _, trouble := range []books.Trouble{books.TroubleError, books.TroubleBefore} {
		b := books.New(books.Options{ID: "c", Misbehave: func(string, int) books.Trouble { return trouble }})
		server := httptest.NewServer(b)
		t.Cleanup(server.Close)
		answer := connect(t, Config{URL: server.URL}).Create(t.Context(), connector.Posting{Document: sample(1), DocumentHash: "h"})
		require.IsType(t, connector.Uncertain{}, answer, trouble)
	}
}

func TestCrippledItFindsNothing(t *testing.T) {
	b := books.New(books.Options{ID: "c"})
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	c := connect(t, Config{URL: server.URL, Find: FindOff})
	require.IsType(t, connector.Posted{}, c.Create(t.Context(), connector.Posting{Document: sample(1), DocumentHash: "h"}))
	found, err := c.Find(t.Context(), connector.Query{Kind: tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE, Marker: "st-kit-1"})
	require.NoError(t, err)
	require.Empty(t, found)
	require.Equal(t, 1, b.Count("st-kit-1"))
}
