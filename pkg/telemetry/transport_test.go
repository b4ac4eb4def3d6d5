package telemetry_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/tradepost/tradepost/pkg/telemetry"
)

func TestCallsAreSpansAndCountsWithoutIDs(t *testing.T) {
	var header http.Header
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header = r.Header
		if strings.HasSuffix(r.URL.Path, "/404") {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = io.WriteString(w, "Acme Tower LLC")
	}))
	defer web.Close()
	registry := prometheus.NewRegistry()
	client := &http.Client{Transport: telemetry.NewCalls(registry, "ingest").Transport(http.DefaultTransport)}
	ctx, spans := recorded(t)
	for _, path := range []string{"/api/invoice/1?name=secret", "/api/invoice/2", "/api/invoice/404"} {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, web.URL+path, nil)
		require.NoError(t, err)
		res, err := client.Do(req)
		require.NoError(t, err)
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.Equal(t, "Acme Tower LLC", string(body))
		require.NoError(t, res.Body.Close())
	}
	require.Empty(t, header.Get("traceparent"), "nothing is told to ServiceTrade")
	require.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP tradepost_servicetrade_calls_total Calls to ServiceTrade, by the status of the answer; timeout, canceled or error where none came.
# TYPE tradepost_servicetrade_calls_total counter
tradepost_servicetrade_calls_total{method="GET",route="/invoice/{id}",service="ingest",status="200"} 2
tradepost_servicetrade_calls_total{method="GET",route="/invoice/{id}",service="ingest",status="404"} 1
`), "tradepost_servicetrade_calls_total"))
	all := spans.GetSpans()
	require.Len(t, all, 3)
	for i, s := range all {
		require.Equal(t, "GET /invoice/{id}", s.Name)
		require.Equal(t, trace.SpanKindClient, s.SpanKind)
		require.Equal(t, i == 2, s.Status.Code == codes.Error)
		for _, a := range s.Attributes {
			require.NotContains(t, a.Value.String(), "secret")
			require.NotContains(t, a.Value.String(), "Acme")
		}
	}
}

func TestACallWithoutAnAnswerIsCountedToo(t *testing.T) {
	stuck := make(chan struct{})
	web := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-stuck }))
	defer web.Close()
	defer close(stuck)
	registry := prometheus.NewRegistry()
	client := &http.Client{Transport: telemetry.NewCalls(registry, "deliver").Transport(http.DefaultTransport)}
	ctx, spans := recorded(t)
	ctx, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, web.URL+"/invoice/7", nil)
	require.NoError(t, err)
	_, err = client.Do(req)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Equal(t, "timeout", spans.GetSpans()[0].Status.Description)
	n, err := testutil.GatherAndCount(registry, "tradepost_servicetrade_calls_total", "tradepost_servicetrade_call_seconds")
	require.NoError(t, err)
	require.Equal(t, 2, n)
}

func TestSeveralServicesShareOneRegistry(t *testing.T) {
	registry := prometheus.NewRegistry()
	telemetry.NewCalls(registry, "ingest")
	require.NotPanics(t, func() { telemetry.NewCalls(registry, "deliver") })
}
