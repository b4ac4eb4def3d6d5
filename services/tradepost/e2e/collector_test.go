package e2e

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	collectorv1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonv1 "go.opentelemetry.io/proto/otlp/common/v1"
	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// collector takes spans as any OpenTelemetry collector does: protobuf over HTTP.
type collector struct {
	url string

	mu    sync.Mutex
	spans []span
}

// span is a span and who recorded it.
type span struct {
	*tracev1.Span
	service string
}

// startCollector starts a collector and has every process that starts from now on
// send its spans there.
func startCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{}
	web := httptest.NewServer(c)
	t.Cleanup(web.Close)
	c.url = web.URL
	t.Setenv("OTEL_TRACES_EXPORTER", "otlp")
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", web.URL)
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")
	return c
}

// ServeHTTP implements http.Handler: POST /v1/traces.
func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	req := &collectorv1.ExportTraceServiceRequest{}
	if err != nil || r.URL.Path != "/v1/traces" || proto.Unmarshal(body, req) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, of := range req.GetResourceSpans() {
		service := text(of.GetResource().GetAttributes(), "service.name")
		for _, scope := range of.GetScopeSpans() {
			for _, s := range scope.GetSpans() {
				c.spans = append(c.spans, span{s, service})
			}
		}
	}
}

func (c *collector) all() []span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]span(nil), c.spans...)
}

// await waits until a trace has a span of that name, and returns its spans.
func (c *collector) await(t *testing.T, trace, name string) []span {
	t.Helper()
	var found []span
	require.Eventually(t, func() bool {
		found = found[:0]
		done := false
		for _, s := range c.all() {
			if string(s.GetTraceId()) == trace {
				found = append(found, s)
				done = done || s.GetName() == name
			}
		}
		return done && whole(found)
	}, time.Minute, 50*time.Millisecond, "no span %s, or one whose parent never came", name)
	return found
}

// whole tells whether the parent of every span is there: the processes send what
// they recorded at moments of their own.
func whole(spans []span) bool {
	known := map[string]bool{}
	for _, s := range spans {
		known[string(s.GetSpanId())] = true
	}
	for _, s := range spans {
		if parent := string(s.GetParentSpanId()); parent != "" && !known[parent] {
			return false
		}
	}
	return true
}

// awaitRoot waits for the root span of the trace of an invoice.
func (c *collector) awaitRoot(t *testing.T, invoice int64) span {
	t.Helper()
	var root span
	require.Eventually(t, func() bool {
		for _, s := range c.all() {
			if s.GetName() == "open send" && number(s.GetAttributes(), "tradepost.invoice") == invoice && text(s.GetAttributes(), "tradepost.outcome") == "opened" {
				root = s
				return true
			}
		}
		return false
	}, time.Minute, 50*time.Millisecond)
	return root
}

func text(attrs []*commonv1.KeyValue, key string) string {
	for _, a := range attrs {
		if a.GetKey() == key {
			return a.GetValue().GetStringValue()
		}
	}
	return ""
}

func number(attrs []*commonv1.KeyValue, key string) int64 {
	for _, a := range attrs {
		if a.GetKey() == key {
			return a.GetValue().GetIntValue()
		}
	}
	return 0
}
