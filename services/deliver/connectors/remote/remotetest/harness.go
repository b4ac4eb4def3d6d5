// Package remotetest runs the conformance kit (pkg/connector/connectortest) against a
// connector that is a program of its own. Each case starts the program on a NATS server
// of its own, with an empty folder for its books:
//
//	NATS_URL            the NATS server
//	CONNECTOR_PROGRAM   the name that it has to listen with
//	CONNECTOR_BOOKS     an empty folder: new books
//
// A program whose books are elsewhere is started by a script that sets up new ones.
package remotetest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/connector/connectortest"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/deliver/connectors/remote"
)

const (
	defaultCallTimeout = 5 * time.Second
	parallel           = 8
	account            = "kit"
	connection         = "kit-books"
)

// Options say how to run the program, and what is known of its books.
type Options struct {
	// Command starts the program. It ends by being killed.
	Command []string
	// Program is the name that it is told to listen with.
	Program string
	// Sample is connectortest.Harness.Sample; nil: Sample.
	Sample func(invoiceID int64) *tradepostv1.Document
	// CallTimeout is the longest that a call may take; 0: 5 s.
	CallTimeout time.Duration
	// Hands reach into the books in a folder past the program; nil: nobody can, and the
	// documents are counted by what the program finds.
	Hands func(t *testing.T, books string) Hands
	// Faults and AddTax are those of connectortest.Harness.
	Faults map[string]func(*tradepostv1.Document)
	AddTax func(d *tradepostv1.Document, amount string)
	// Listening is what the program prints once it listens, for tests with several copies
	// of it: asking tells nothing then, as another copy answers. "": it is asked.
	Listening string
	// Told is that of connectortest.Harness.
	Told func(connectortest.Result)
}

// Hands are the ways of connectortest.Target that go past the connector.
type Hands struct {
	Count    func(marker string) int
	ReadBack func(marker string) connectortest.Kept
	Copy     func(marker string)
	Delete   func(marker string)
	Tamper   func(marker string)
}

// Run runs the kit. What the program announces is what it has to do; what it says that
// it lacks is left out, with its reason.
func Run(t *testing.T, o Options) {
	t.Helper()
	if o.CallTimeout == 0 {
		o.CallTimeout = defaultCallTimeout
	}
	if o.Sample == nil {
		o.Sample = Sample
	}
	r := &runner{o: o}
	r.said = r.announced(t)
	connectortest.Run(t, connectortest.Harness{
		New: r.target, Sample: o.Sample, Faults: o.Faults, AddTax: o.AddTax, Told: o.Told, Lacks: r.lacks(),
	})
}

type runner struct {
	o    Options
	said *tradepostv1.ConnectorDescription
}

// announced starts the program once, for what it says of itself.
func (r *runner) announced(t *testing.T) *tradepostv1.ConnectorDescription {
	t.Helper()
	p := r.start(t)
	ctx, cancel := context.WithTimeout(t.Context(), r.o.CallTimeout)
	defer cancel()
	said, _, err := remote.Describe(ctx, p.wire, r.o.Program)
	require.NoError(t, err, "ask the program what it is")
	return said
}

// abilities are the capabilities that a program announces, by their words in
// ConnectorDescription.can.
var abilities = map[string]connectortest.Capability{
	remote.CanUpdate: connectortest.Updates, remote.CanVoid: connectortest.Voids, remote.CanPreview: connectortest.Previews,
}

// beyond is what neither the messages nor this harness know.
var beyond = map[connectortest.Capability]string{
	connectortest.ServerErrors:      "the answers of a program are lost or late, never errors of HTTP",
	connectortest.HiddenWrites:      "the kit cannot hide what a program wrote",
	connectortest.KnownAccounts:     "the kit was not told an account that these books do not have",
	connectortest.KnownCustomers:    "the kit was not told a customer that these books do not have",
	connectortest.ReportsCustomers:  "the messages of programs tell no customers",
	connectortest.PeriodLists:       "the messages of programs have no lists of documents",
	connectortest.ChangeLists:       "the messages of programs have no lists of documents",
	connectortest.IdempotentCreates: "the messages of programs do not say for how long keys are remembered",
	connectortest.HandOvers:         "the messages of programs have no hand-over",
}

// lacks is all that is not there: by the messages, by what the program says, and by what
// the harness was not given.
func (r *runner) lacks() map[connectortest.Capability]string {
	all := maps.Clone(beyond)
	for word, capability := range abilities {
		if !slices.Contains(r.said.GetCan(), word) {
			all[capability] = "the program does not announce it"
		}
	}
	if len(r.said.GetLists()) == 0 {
		all[connectortest.ReferenceData] = "the program announces no lists"
	}
	for word, reason := range r.said.GetLacks() {
		all[connectortest.Capability(word)] = reason
	}
	if r.o.Hands == nil {
		for _, c := range []connectortest.Capability{connectortest.Deletes, connectortest.Tampering, connectortest.Copies, connectortest.ReadsBack} {
			all[c] = "the kit has no hands in these books"
		}
	}
	if len(r.o.Faults) == 0 {
		all[connectortest.KnownFaults] = "the kit was not told what these books refuse"
	}
	if r.o.AddTax == nil {
		all[connectortest.SalesTax] = "the kit was not told how a tax is written for these books"
	}
	return all
}

// target starts the program on new books.
func (r *runner) target(t *testing.T) connectortest.Target {
	p := r.start(t)
	hands := Hands{Count: func(marker string) int { return p.found(t, marker) }}
	if r.o.Hands != nil {
		hands = r.o.Hands(t, p.books)
	}
	return connectortest.Target{
		Connector: p.connector(t, r.said), Reopen: func() connector.Connector { return p.connector(t, r.said) },
		Count: hands.Count, ReadBack: hands.ReadBack, Copy: hands.Copy, Delete: hands.Delete, Tamper: hands.Tamper,
		LoseAnswers: p.wire.lose, SlowDown: p.wire.slow,
		Troubles: map[string]func(on bool){connector.ReasonUnreachable: func(on bool) {
			if on {
				p.Kill(t)
			} else {
				p.Run(t)
			}
		}},
	}
}

// start starts the program on a NATS server and books of its own.
func (r *runner) start(t *testing.T) *Process {
	t.Helper()
	return Start(t, r.o, bustest.Server(t).URL(), t.TempDir())
}

// Sample is a document that books without lists of customers, items and accounts take.
func Sample(id int64) *tradepostv1.Document {
	return &tradepostv1.Document{
		Kind: tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE, Marker: fmt.Sprint("st-kit-", id),
		Source: &tradepostv1.Source{Account: account, InvoiceId: id, Total: "20.00"},
		Number: fmt.Sprint(id), IssueDate: "2026-11-22", Currency: "USD",
		Customer: &tradepostv1.Customer{
			CompanyId: 7, Name: "ACME", Reference: &tradepostv1.Reference{By: tradepostv1.ReferenceBy_REFERENCE_BY_CODE, Value: "C1"},
		},
		Lines: []*tradepostv1.Line{{
			Key: "1", Kind: tradepostv1.LineKind_LINE_KIND_ITEM, Quantity: "1", UnitPrice: "20.00", Amount: "20.00", Description: "Annual inspection",
		}},
		Totals: &tradepostv1.Totals{Subtotal: "20.00", Total: "20.00"},
	}
}
