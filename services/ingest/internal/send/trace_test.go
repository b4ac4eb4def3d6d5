package send_test

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/tradepost/tradepost/pkg/telemetry"
	"github.com/tradepost/tradepost/services/ingest/internal/send"
)

func TestASendPublishedAgainLinksToItsFirstTrace(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		spans := tracetest.NewInMemoryExporter()
		ctx := telemetry.With(t.Context(), sdk.NewTracerProvider(sdk.WithSyncer(spans)))
		registry := prometheus.NewRegistry()
		d.Metrics = send.NewMetrics(registry)
		require.NoError(t, d.Pending(ctx, d.row()))
		time.Sleep(stuck) // fake time
		require.NoError(t, d.Pending(ctx, d.row()))
		byName := map[string][]tracetest.SpanStub{}
		for _, s := range spans.GetSpans() {
			byName[s.Name] = append(byName[s.Name], s)
		}
		published := byName["publish invoice.received"]
		require.Len(t, published, 2)
		require.Empty(t, byName["open send"][0].Links)
		again := byName["publish send again"]
		require.Len(t, again, 1)
		require.NotEqual(t, published[0].SpanContext.TraceID(), again[0].SpanContext.TraceID())
		require.Equal(t, published[0].SpanContext.SpanID(), again[0].Links[0].SpanContext.SpanID())
		require.Contains(t, again[0].Attributes, telemetry.Send(1))
		require.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP tradepost_sends_opened_total Sends that were opened, because a user pressed Send (sent), an operator wanted a failed one tried again (retry), or a posted invoice was voided (void).
# TYPE tradepost_sends_opened_total counter
tradepost_sends_opened_total{cause="sent",connection="acme-books"} 1
# HELP tradepost_sends_republished_total Open sends that made no progress and were published again.
# TYPE tradepost_sends_republished_total counter
tradepost_sends_republished_total{connection="acme-books"} 1
`)))
	})
}
