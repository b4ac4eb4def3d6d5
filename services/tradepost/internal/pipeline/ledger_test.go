package pipeline_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// ledger is an accounting system that makes a customer for every name that it does
// not know, as QuickBooks does. Its documents have no hashes.
type ledger struct {
	connector.Connector
	mu        sync.Mutex
	documents map[string]connector.Found
	customers map[string]bool // by id
	created   int
}

func newLedger() *ledger {
	return &ledger{documents: map[string]connector.Found{}, customers: map[string]bool{}}
}

// customerID is the id that a customer of that name gets.
func customerID(name string) string { return "K/" + name }

func (l *ledger) registry(t *testing.T) *connector.Registry {
	t.Helper()
	r, err := connector.NewRegistry(connector.Registration{
		Kind: "ledger", Title: "Ledger", New: func(context.Context, connector.Settings) (connector.Connector, error) { return l, nil },
	})
	require.NoError(t, err)
	return r
}

func (l *ledger) Describe() connector.Descriptor {
	return connector.Descriptor{Kind: "ledger", Title: "Ledger", CallTimeout: 5 * time.Second, MaxInFlight: 4, AtomicMarker: true}
}

func (l *ledger) Company(context.Context) (connector.Company, error) {
	return connector.Company{ID: "1", Name: "Ledger"}, nil
}
func (l *ledger) Check(context.Context) []*tradepostv1.Fault { return nil }
func (l *ledger) Close() error                               { return nil }

func (l *ledger) Find(_ context.Context, q connector.Query) ([]connector.Found, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if f, ok := l.documents[q.Marker]; ok {
		return []connector.Found{f}, nil
	}
	return nil, nil
}

func (l *ledger) Create(_ context.Context, p connector.Posting) connector.Answer {
	l.mu.Lock()
	defer l.mu.Unlock()
	d := p.Document
	ref := d.GetCustomer().GetReference()
	id := ref.GetValue()
	if ref.GetBy() != tradepostv1.ReferenceBy_REFERENCE_BY_ID {
		id = customerID(ref.GetValue())
	}
	made := !l.customers[id]
	if made {
		l.created++
	}
	l.customers[id] = true
	f := connector.Found{
		Kind: d.GetKind(), ID: d.GetMarker(), Number: d.GetNumber(), Version: "1",
		Total: d.GetTotals().GetTotal(), IssueDate: d.GetIssueDate(),
	}
	l.documents[d.GetMarker()] = f
	return connector.Posted{Document: f, Customers: []connector.Customer{
		{Record: connector.RecordCompany, RecordID: d.GetCustomer().GetCompanyId(), ID: id, Created: made},
	}}
}

func (l *ledger) counts() (documents, created int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.documents), l.created
}
