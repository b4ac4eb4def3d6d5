package metricsdoc_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/tradepost/internal/metricsdoc"
)

// labels are all that may tell metrics apart: their values are few, whatever the
// number of invoices.
var labels = []string{
	"account", "app", "cause", "by", "connection", "connector", "go", "method", "operation", "result", "revision", "route",
	"service", "settlement", "stage", "state", "status", "stream", "version", "what",
}

func TestThePageIsUpToDateAndNoLabelIsAnInvoice(t *testing.T) {
	registry, err := metricsdoc.Registered(t.Context(), t.TempDir())
	require.NoError(t, err)
	page, err := metricsdoc.Page(registry)
	require.NoError(t, err)
	have, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "docs", "metrics.md"))
	require.NoError(t, err)
	require.Equal(t, string(have), page, "run: make generate")
	metrics, err := metricsdoc.Metrics(registry)
	require.NoError(t, err)
	require.Greater(t, len(metrics), 15)
	for _, m := range metrics {
		for _, label := range m.Labels {
			require.True(t, slices.Contains(labels, label), "label %s of %s", label, m.Name)
		}
	}
}

func TestAMetricWithoutAdviceFails(t *testing.T) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tradepost_new_total", Help: `A "new" one.`}, []string{"a", "b"}))
	metrics, err := metricsdoc.Metrics(registry)
	require.NoError(t, err)
	require.Equal(t, []metricsdoc.Metric{{Name: "tradepost_new_total", Type: "counter", Labels: []string{"a", "b"}, Help: `A "new" one.`}}, metrics)
	_, err = metricsdoc.Page(registry)
	require.ErrorContains(t, err, "tradepost_new_total has no advice")
	require.ErrorContains(t, err, "tradepost_dead_letters_total, which no stage registers")
}
