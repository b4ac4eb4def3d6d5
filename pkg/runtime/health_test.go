package runtime_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/runtime"
)

func get(t *testing.T, handler http.Handler, path string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return w.Code, w.Body.String()
}

func TestHealthPages(t *testing.T) {
	h := runtime.NewHealth()
	handler := runtime.NewHandler(h, runtime.NewMetrics())

	code, body := get(t, handler, "/healthz")
	require.Equal(t, http.StatusOK, code)
	require.JSONEq(t, `{"status":"ok","checks":{}}`, body)
	code, body = get(t, handler, "/readyz")
	require.Equal(t, http.StatusServiceUnavailable, code)
	require.JSONEq(t, `{"status":"failing","checks":{"process":"starting"}}`, body)

	var broken error
	h.Scope("ingest").AddReadiness("polls", func() error { return broken })
	h.Scope("deliver").AddReadiness("nats", func() error { return nil })
	h.Scope("deliver").AddLiveness("loops", func() error { return errors.New("silent since 12:00") })
	code, body = get(t, handler, "/readyz")
	require.Equal(t, http.StatusOK, code)
	require.JSONEq(t, `{"status":"ok","checks":{"ingest/polls":"ok","deliver/nats":"ok"}}`, body)
	code, body = get(t, handler, "/healthz")
	require.Equal(t, http.StatusServiceUnavailable, code)
	require.JSONEq(t, `{"status":"failing","checks":{"deliver/loops":"silent since 12:00"}}`, body)

	broken = errors.New("signed out")
	_, body = get(t, handler, "/readyz")
	require.JSONEq(t, `{"status":"failing","checks":{"ingest/polls":"signed out","deliver/nats":"ok"}}`, body)

	broken = nil
	h.Scope("ingest").Drain()
	code, body = get(t, handler, "/readyz")
	require.Equal(t, http.StatusServiceUnavailable, code)
	require.Contains(t, body, `"process":"the process is stopping"`)
}

func TestMetricsPage(t *testing.T) {
	code, body := get(t, runtime.NewHandler(runtime.NewHealth(), runtime.NewMetrics()), "/metrics")
	require.Equal(t, http.StatusOK, code)
	require.Contains(t, body, "tradepost_build_info{")
	require.Contains(t, body, "go_goroutines")
	require.Contains(t, body, "process_")
}

func TestHTTPServer(t *testing.T) {
	server, err := runtime.Listen("127.0.0.1:0", runtime.NewHandler(runtime.NewHealth(), runtime.NewMetrics()))
	require.NoError(t, err)
	_, err = runtime.Listen(server.Addr(), nil)
	require.ErrorContains(t, err, "listen on "+server.Addr()+" (http.listen, TRADEPOST_HTTP_LISTEN)")

	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx) }()
	status, report := readReport(t, "http://"+server.Addr()+"/healthz")
	require.Equal(t, http.StatusOK, status)
	require.True(t, report.OK())
	cancel()
	require.NoError(t, <-done)
}

func readReport(t *testing.T, url string) (int, runtime.Report) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	var report runtime.Report
	require.NoError(t, json.Unmarshal(body, &report))
	return response.StatusCode, report
}

func TestANoticeIsToldAndPasses(t *testing.T) {
	h := runtime.NewHealth()
	h.AddReadiness("servicetrade", func() error { return runtime.Notice("account acme waits") })
	r := h.Readiness()
	require.True(t, r.OK())
	require.Equal(t, map[string]string{"servicetrade": "account acme waits"}, r.Checks)
	h.AddReadiness("nats", func() error { return errors.New("away") })
	require.False(t, h.Readiness().OK())
}

func TestANoticeAloneMakesNothingReady(t *testing.T) {
	h := runtime.NewHealth()
	h.AddNotice("configuration", func() error { return nil })
	require.False(t, h.Readiness().OK(), "nothing has started")
	h.AddReadiness("x", func() error { return nil })
	h.AddNotice("configuration", func() error { return runtime.Notice("refused") })
	require.True(t, h.Readiness().OK())
	require.Equal(t, "refused", h.Readiness().Checks["configuration"])
}
