package quickbooks

import (
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/permits"
	"github.com/tradepost/tradepost/services/deliver/connectors/quickbooksonline"
	stand "github.com/tradepost/tradepost/services/sandbox/quickbooks"
)

// Replicas that post as fast as they may use what Intuit documents and meet no limit:
// not one 429, at least 90 % of 500 a minute, and few metered reads, which are counted as
// Intuit does.
func TestReplicasUseTheDocumentedLimitsAndKeepThem(t *testing.T) {
	const invoices, workers = 120, 8
	c := newCompany(t, nil)
	broker := bustest.Server(t)
	var metered atomic.Int64
	var replicas []*quickbooksonline.Online
	for i := range 2 {
		replicas = append(replicas, c.replica(broker, i, &metered))
	}
	for i, q := range replicas {
		c.posted(q, sample(int64(i+1))) // What is read once is read.
	}
	c.stand.API.SetLimits(stand.Limits{})
	c.stand.API.ForgetCounts()
	metered.Store(0)
	began := time.Now()
	var next atomic.Int64
	next.Store(int64(len(replicas)))
	var all sync.WaitGroup
	for i := range workers * len(replicas) {
		q := replicas[i%len(replicas)]
		all.Go(func() {
			for id := next.Add(1); id <= invoices; id = next.Add(1) {
				answer := c.create(q, sample(id))
				if _, posted := answer.(connector.Posted); !posted {
					t.Errorf("invoice %d: %+v", id, answer)
				}
			}
		})
	}
	all.Wait()
	took := time.Since(began)
	counts := c.stand.API.Counts(c.realm)
	t.Logf("%d calls in %s, %d metered reads, %d refused %v", counts.Total, took, counts.Metered, counts.Throttled, counts.Reasons)
	require.Zero(t, counts.Throttled, "%v", counts.Reasons)
	require.GreaterOrEqual(t, float64(counts.Total)/took.Minutes(), 0.9*500)
	require.LessOrEqual(t, float64(counts.Metered)/invoices, 0.3)
	require.EqualValues(t, counts.Metered, metered.Load(), "the connector meters what Intuit does")
}

// replica is a connector of a process of its own.
func (c *company) replica(broker *bustest.Broker, i int, metered *atomic.Int64) *quickbooksonline.Online {
	c.t.Helper()
	calls, err := permits.Open(c.t.Context(), permits.Options{
		JS: broker.JS(c.t), Instance: fmt.Sprint("replica-", i), Log: slog.New(slog.DiscardHandler),
	})
	require.NoError(c.t, err)
	c.t.Cleanup(calls.Close)
	q, err := quickbooksonline.New(quickbooksonline.Config{
		CompanyID: c.realm, URL: c.server.URL, AccessToken: connection.NewSecret(c.tokens.Access), SettlingTime: settling,
	}, connector.Settings{Connection: "kit-qbo", Account: "kit", Calls: calls.For, Called: func(one connector.Call) {
		if one.Metered {
			metered.Add(1)
		}
	}}, quickbooksonline.Options{})
	require.NoError(c.t, err)
	c.t.Cleanup(func() { _ = q.Close() })
	return q
}
