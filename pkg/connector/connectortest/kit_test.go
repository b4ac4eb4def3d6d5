package connectortest_test

import (
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/connector/connectortest"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

const mistakeVariable = "TRADEPOST_KIT_MISTAKE"

var companies atomic.Int64

// newTarget is a company in memory with all that the kit can ask for, seen through a
// connector that may be wrong.
func newTarget(t *testing.T, wrong mistake, see func(*memory) connector.Connector) connectortest.Target {
	sys := &system{id: fmt.Sprint("company ", companies.Add(1), " "), kept: map[string]connectortest.Kept{}, hidden: map[string]bool{}, made: map[string]int{}, parcels: map[string]*parcel{}}
	another := func() *memory { return &memory{system: sys, mistake: wrong, mine: map[string]bool{}} }
	m := another()
	return connectortest.Target{
		Connector: see(m),
		Reopen:    func() connector.Connector { return see(another()) },
		Count:     m.count, Delete: m.remove, ReadBack: m.readBack, Copy: m.duplicate,
		Tamper:          func(marker string) { m.tamper(t, marker) },
		LoseAnswers:     func(on bool) { sys.set(func() { sys.lose = on }) },
		FailAfterCommit: func(on bool) { sys.set(func() { sys.fail = on }) },
		SlowDown:        func(on bool) { sys.set(func() { sys.slow = on }) },
		Hide:            func(on bool) { sys.set(func() { sys.hide = on; sys.show() }) },
		HandOver:        func(on bool) { sys.set(func() { sys.handing = on }) },
		TakeUp:          m.takeUp,
		Troubles: map[string]func(on bool){
			"throttled": func(on bool) { sys.set(func() { sys.trouble = trouble(on, "throttled") }) },
			"closed":    func(on bool) { sys.set(func() { sys.trouble = trouble(on, "closed") }) },
		},
	}
}

// TestKit passes with a good connector; TestKitHasTeeth runs it in a process of
// its own with a bad one.
func TestKit(t *testing.T) {
	wrong := mistake(os.Getenv(mistakeVariable))
	connectortest.Run(t, connectortest.Harness{
		New: func(t *testing.T) connectortest.Target {
			return newTarget(t, wrong, func(m *memory) connector.Connector { return &full{m} })
		},
		Sample:         sample,
		UnknownAccount: nowhere,
		Faults: map[string]func(*tradepostv1.Document){
			"account.not_in_books":  nowhere,
			"currency.not_in_books": func(d *tradepostv1.Document) { d.Currency = "XXX" },
		},
		AddTax:        salesTax,
		OtherCustomer: func(d *tradepostv1.Document) { d.Customer.CompanyId, d.Customer.Reference.Value = 8, "C2" },
		Lacks: map[connectortest.Capability]string{
			connectortest.UniqueNumbers:  "not in memory",
			connectortest.KnownCustomers: "memory knows no customers",
		},
	})
}

// TestKitOfTheLeast is for a connector with nothing but create and find: all
// substitutes run.
func TestKitOfTheLeast(t *testing.T) {
	wrong := mistake(os.Getenv(mistakeVariable))
	lacks := map[connectortest.Capability]string{}
	for _, c := range connectortest.Capabilities() {
		lacks[c] = "this is the least that a connector can be"
	}
	told := map[string]connectortest.Result{}
	connectortest.Run(t, connectortest.Harness{
		New: func(t *testing.T) connectortest.Target {
			target := newTarget(t, wrong, func(m *memory) connector.Connector {
				if wrong == canMore {
					return &full{m}
				}
				m.alike = true
				return &least{m, wrong}
			})
			return connectortest.Target{Connector: target.Connector, Reopen: target.Reopen, Count: target.Count}
		},
		Sample: sample, Lacks: lacks,
		Told: func(r connectortest.Result) {
			require.NotContains(t, told, r.Name, "each end is told once")
			told[r.Name] = r
		},
	})
	if wrong != "" {
		return // its process runs one case
	}
	require.Len(t, told, len(connectortest.Cases())+len(lacks))
	require.Empty(t, told["what was created is found"].Lacks)
	require.Equal(t, "this is the least that a connector can be", told["an answer lost after the commit leaves one document"].Lacks)
}

func salesTax(d *tradepostv1.Document, amount string) {
	d.Taxes = []*tradepostv1.Tax{{Name: "Sales tax", Amount: amount, Source: tradepostv1.TaxSource_TAX_SOURCE_AS_BILLED}}
}

func nowhere(d *tradepostv1.Document) {
	d.Lines[0].RevenueAccount = &tradepostv1.Reference{By: tradepostv1.ReferenceBy_REFERENCE_BY_CODE, Value: "nowhere"}
}

func TestHarnessMustTellWhatIsMissing(t *testing.T) {
	for _, c := range connectortest.Cases() {
		require.NotEmpty(t, c.Name)
		require.NotNil(t, c.Run, c.Name)
		require.Equal(t, strings.TrimSpace(c.Name), c.Name)
	}
	require.GreaterOrEqual(t, len(connectortest.Cases()), 60)
}

// A capability is either there or declared missing; a wrong declaration is told.
func TestDeclarationsAreChecked(t *testing.T) {
	known := connectortest.Capabilities()
	for _, c := range connectortest.Cases() {
		for _, need := range c.Needs {
			require.Contains(t, known, need, "%s: a case that can be skipped has a substitute", c.Name)
		}
	}
}

func sample(id int64) *tradepostv1.Document {
	return &tradepostv1.Document{
		Kind: tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE, Marker: fmt.Sprint("st-kit-", id),
		Source: &tradepostv1.Source{Account: "kit", InvoiceId: id, Total: "20.00"},
		Number: fmt.Sprint(id), IssueDate: "2026-11-22", Currency: "USD",
		Customer: &tradepostv1.Customer{CompanyId: 7, Name: "ACME", Reference: &tradepostv1.Reference{By: 2, Value: "C1"}},
		Lines: []*tradepostv1.Line{{
			Key: "1", Kind: tradepostv1.LineKind_LINE_KIND_ITEM, Quantity: "1", UnitPrice: "20.00", Amount: "20.00",
		}},
		Totals: &tradepostv1.Totals{Subtotal: "20.00", Total: "20.00"},
	}
}
