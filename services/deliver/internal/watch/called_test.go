package watch_test

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/services/deliver/internal/watch"
)

// A vendor bills reads and not writes: they are counted apart.
func TestCallsAndMeteredReadsAreCounted(t *testing.T) {
	registry := prometheus.NewRegistry()
	called := watch.New(registry).Called("acme-qbo")
	called(connector.Call{Method: "GET", Resource: "cdc", Status: 200, Metered: true})
	called(connector.Call{Method: "GET", Resource: "cdc", Status: 200, Metered: true})
	called(connector.Call{Method: "POST", Resource: "invoice"})
	require.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP tradepost_books_calls_total Calls of which the attempts are made, by the status of the answer (0 where none came), where the accounting system is called over HTTP.
# TYPE tradepost_books_calls_total counter
tradepost_books_calls_total{connection="acme-qbo",method="GET",route="cdc",status="200"} 2
tradepost_books_calls_total{connection="acme-qbo",method="POST",route="invoice",status="0"} 1
# HELP tradepost_books_metered_reads_total Calls that the vendor of the accounting system counts against a budget.
# TYPE tradepost_books_metered_reads_total counter
tradepost_books_metered_reads_total{connection="acme-qbo"} 2
`), "tradepost_books_calls_total", "tradepost_books_metered_reads_total"))
}
