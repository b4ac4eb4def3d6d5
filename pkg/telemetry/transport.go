package telemetry

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// Calls counts and times the calls that a service makes to ServiceTrade.
type Calls struct {
	service string
	total   *prometheus.CounterVec
	seconds *prometheus.HistogramVec
}

var callBuckets = []float64{.025, .05, .1, .25, .5, 1, 2.5, 5, 15, 60}

// NewCalls registers the metrics of a service's calls; the services of one process
// may share a registry.
func NewCalls(r prometheus.Registerer, service string) *Calls {
	return &Calls{
		service: service,
		total: Register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tradepost_servicetrade_calls_total",
			Help: "Calls to ServiceTrade, by the status of the answer; timeout, canceled or error where none came.",
		}, []string{"service", "method", "route", "status"})),
		seconds: Register(r, prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tradepost_servicetrade_call_seconds", Help: "How long calls to ServiceTrade took, the body of the answer included.",
			Buckets: callBuckets,
		}, []string{"service", "method", "route"})),
	}
}

// Transport returns base with each call counted and timed, and as a span with method
// and route: no id is in its name, no query, header or body in its attributes. The
// trace context is not sent along: ServiceTrade is somebody else's. nil watches nothing.
func (c *Calls) Transport(base http.RoundTripper) http.RoundTripper {
	if c == nil {
		return base
	}
	return &transport{base, c}
}

type transport struct {
	base  http.RoundTripper
	calls *Calls
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	route := Route(req.URL.Path)
	ctx, span := StartKind(req.Context(), trace.SpanKindClient, req.Method+" "+route,
		attribute.String("http.request.method", req.Method), attribute.String("url.template", route),
		attribute.String("server.address", req.URL.Hostname()))
	one := &call{calls: t.calls, method: req.Method, route: route, began: time.Now(), span: span}
	if ctx != req.Context() {
		req = req.WithContext(ctx)
	}
	res, err := t.base.RoundTrip(req)
	if err != nil {
		one.failed(ctx, err)
		return res, err
	}
	one.status = strconv.Itoa(res.StatusCode)
	span.SetAttributes(attribute.Int("http.response.status_code", res.StatusCode))
	if res.StatusCode >= http.StatusBadRequest {
		span.SetAttributes(attribute.String("error.type", one.status))
		span.SetStatus(codes.Error, one.status)
	}
	res.Body = &countedBody{ReadCloser: res.Body, call: one}
	return res, nil
}

// call is one call under way.
type call struct {
	calls  *Calls
	method string
	route  string
	status string
	began  time.Time
	span   trace.Span
	once   sync.Once
}

func (c *call) failed(ctx context.Context, err error) {
	c.status = ErrorType(err)
	if c.status != "timeout" && c.status != "canceled" {
		c.status = "error"
	}
	if ctx.Err() == nil || c.status != "canceled" {
		Fail(c.span, err)
	}
	c.end()
}

func (c *call) end() {
	c.once.Do(func() {
		c.calls.total.WithLabelValues(c.calls.service, c.method, c.route, c.status).Inc()
		c.calls.seconds.WithLabelValues(c.calls.service, c.method, c.route).Observe(time.Since(c.began).Seconds())
		c.span.End()
	})
}

// countedBody ends the call when the answer is read to its end or closed.
type countedBody struct {
	io.ReadCloser
	call *call
}

func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.call.end()
	}
	return n, err
}

func (b *countedBody) Close() error {
	defer b.call.end()
	return b.ReadCloser.Close()
}
