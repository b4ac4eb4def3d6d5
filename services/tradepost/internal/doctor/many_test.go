package doctor_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/sandbox"
	"github.com/tradepost/tradepost/services/tradepost/internal/doctor"
)

// crowd counts the checks that run at the same time.
type crowd struct {
	mu        sync.Mutex
	now, most int
}

func (c *crowd) check(context.Context) []*tradepostv1.Fault {
	c.mu.Lock()
	c.now++
	c.most = max(c.most, c.now)
	c.mu.Unlock()
	time.Sleep(5 * time.Millisecond) // the work of a check
	c.mu.Lock()
	c.now--
	c.mu.Unlock()
	return nil
}

// checked is a connector that does nothing but check.
type checked struct {
	connector.Connector
	check func(context.Context) []*tradepostv1.Fault
}

func (c checked) Check(ctx context.Context) []*tradepostv1.Fault { return c.check(ctx) }
func (c checked) Close() error                                   { return nil }
func (c checked) Describe() connector.Descriptor                 { return connector.Descriptor{Title: "Books"} }

func (c checked) Company(context.Context) (connector.Company, error) {
	return connector.Company{ID: "1", Name: "Books"}, nil
}

func (c checked) Find(context.Context, connector.Query) ([]connector.Found, error) {
	return nil, nil
}

// withBooks gives the account connections 0 to n-1, each with a filter.
func (w *world) withBooks(n int, c checked, filter func(i int) any) doctor.Options {
	w.t.Helper()
	connectors, err := connector.NewRegistry(connector.Registration{Kind: "checked", New: func(context.Context, connector.Settings) (connector.Connector, error) {
		return c, nil
	}})
	require.NoError(w.t, err)
	w.options.Connectors = connectors
	w.file("mapping.yaml", w.mapping)
	connections := object{}
	for i := range n {
		connections[fmt.Sprintf("acme-%03d", i)] = object{
			"account": "acme", "connector": "checked", "display_name": fmt.Sprintf("Books %d", i), "mapping_file": "mapping.yaml", "filter": filter(i),
		}
	}
	w.options.Path = w.file("tradepost.yaml", object{
		"nats": w.nats, "connections": connections,
		"accounts": object{"acme": object{"time_zone": "America/Chicago", "servicetrade": w.account}},
	})
	return w.options
}

func office(i int) any { return object{"offices": []int{900000 + i}} }

func nothing(context.Context) []*tradepostv1.Fault { return nil }

func TestAFewConnectionsAreCheckedAtATime(t *testing.T) {
	w, all := newWorld(t, sandbox.Options{}), &crowd{}
	r := doctor.Run(t.Context(), w.withBooks(100, checked{check: all.check}, office))
	require.Equal(t, doctor.OK, only(t, r, "connection acme-099", "books").Status)
	require.LessOrEqual(t, all.most, 8)
	require.Len(t, r.Guides, 1, "one account, one external system")
	require.Contains(t, r.Guides[0].Title, "acme")
	require.Contains(t, r.Guides[0].Steps[4], "pick acme >")
}

func TestATimeoutIsToldAsOne(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	w.options.Limit = 50 * time.Millisecond
	cut := func(ctx context.Context) []*tradepostv1.Fault {
		<-ctx.Done()
		return []*tradepostv1.Fault{{Code: "connection.program_missing", Message: "hledger is not installed"}}
	}
	r := doctor.Run(t.Context(), w.withBooks(1, checked{check: cut}, office))
	books := only(t, r, "connection acme-000", "books")
	require.Equal(t, doctor.Fail, books.Status)
	require.Contains(t, books.Problem, "no answer within 50ms")
	require.NotContains(t, books.Problem, "not installed")
	require.Empty(t, books.Code)
}

func TestInvoicesThatNoConnectionTakes(t *testing.T) {
	w := newWorld(t, sandbox.Options{Configured: true})
	ids, err := w.sandbox.API.SendAll("")
	require.NoError(t, err)
	r := doctor.Run(t.Context(), w.withBooks(2, checked{check: nothing}, office))
	filters := only(t, r, onAccount, "filters")
	require.Equal(t, doctor.Warn, filters.Status)
	require.Contains(t, filters.Problem, fmt.Sprintf("of %d pending, %d looked at: %d invoices are not taken", len(ids), min(len(ids), 40), min(len(ids), 40)))
	require.Contains(t, filters.Problem, "no filter matches: it has ")

	r = doctor.Run(t.Context(), w.withBooks(2, checked{check: nothing}, func(i int) any {
		if i == 0 {
			return "otherwise"
		}
		return office(i)
	}))
	require.Equal(t, doctor.OK, only(t, r, onAccount, "filters").Status)
}

func TestALongNameOfACheckHasItsOwnLine(t *testing.T) {
	r := &doctor.Report{Results: []doctor.Result{{System: "nats", Check: "removed connections", Status: doctor.Warn, Problem: "12 invoices are not finished"}}}
	require.Contains(t, r.Text(80, nil), "removed connections\n                       12 invoices are")
}
