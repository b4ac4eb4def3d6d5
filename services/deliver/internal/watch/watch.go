// Package watch counts and traces every call to the accounting system. It wraps a
// connector; the posting protocol does not know of it.
package watch

import (
	"context"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/telemetry"
)

// The operations.
const (
	opFind   = "find"
	opCreate = "create"
	opUpdate = "update"
)

// Watcher counts the calls of all connections.
type Watcher struct {
	attempts *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	calls    *prometheus.CounterVec
	metered  *prometheus.CounterVec
}

var buckets = []float64{.005, .025, .1, .5, 1, 2.5, 5, 15, 30, 60}

// New registers the metrics.
func New(r prometheus.Registerer) *Watcher {
	return &Watcher{
		attempts: telemetry.Register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tradepost_attempts_total",
			Help: "Calls to the accounting system, by operation (find, create, update, confirm, void) and result " +
				"(found, nothing, several; posted, adopted, rejected, wait, handed, uncertain; error).",
		}, []string{"connection", "connector", "operation", "result"})),
		seconds: telemetry.Register(r, prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tradepost_attempt_seconds", Help: "How long calls to the accounting system took.", Buckets: buckets,
		}, []string{"connector", "operation"})),
		calls: telemetry.Register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tradepost_books_calls_total",
			Help: "Calls of which the attempts are made, by the status of the answer (0 where none came), where the accounting system is called over HTTP.",
		}, []string{"connection", "method", "route", "status"})),
		metered: telemetry.Register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tradepost_books_metered_reads_total",
			Help: "Calls that the vendor of the accounting system counts against a budget.",
		}, []string{"connection"})),
	}
}

// Called counts the calls of a connection's connector.
func (w *Watcher) Called(connection string) func(connector.Call) {
	w.metered.WithLabelValues(connection)
	return func(c connector.Call) {
		w.calls.WithLabelValues(connection, c.Method, c.Resource, strconv.Itoa(c.Status)).Inc()
		if c.Metered {
			w.metered.WithLabelValues(connection).Inc()
		}
	}
}

// Wrap returns c with every find, create and update watched. The wrapped connector
// can update exactly when c can.
func (w *Watcher) Wrap(connection string, c connector.Connector) connector.Connector {
	one := &watched{Connector: c, by: w, connection: connection, kind: c.Describe().Kind}
	if u, ok := c.(connector.Updater); ok {
		return &watchedUpdater{watched: one, updater: u}
	}
	return one
}

type watched struct {
	connector.Connector
	by         *Watcher
	connection string
	kind       string
}

type watchedUpdater struct {
	*watched
	updater connector.Updater
}

func (c *watched) Find(ctx context.Context, q connector.Query) ([]connector.Found, error) {
	ctx, done := c.begin(ctx, opFind)
	found, err := c.Connector.Find(ctx, q)
	done(foundWord(found, err), err)
	return found, err
}

func (c *watched) Create(ctx context.Context, p connector.Posting) connector.Answer {
	ctx, done := c.begin(ctx, opCreate)
	a := c.Connector.Create(ctx, p)
	done(answerWord(a), nil)
	return a
}

func (c *watchedUpdater) Update(ctx context.Context, p connector.Posting, f connector.Found) connector.Answer {
	ctx, done := c.begin(ctx, opUpdate)
	a := c.updater.Update(ctx, p, f)
	done(answerWord(a), nil)
	return a
}

// begin starts to watch one call; done ends that, with the result and the error that
// is none of the known answers.
func (c *watched) begin(ctx context.Context, operation string) (_ context.Context, done func(result string, err error)) {
	began := time.Now()
	ctx, span := telemetry.StartKind(ctx, trace.SpanKindClient, operation, telemetry.Connector(c.kind), telemetry.Connection(c.connection))
	return ctx, func(result string, err error) {
		c.by.attempts.WithLabelValues(c.connection, c.kind, operation, result).Inc()
		c.by.seconds.WithLabelValues(c.kind, operation).Observe(time.Since(began).Seconds())
		span.SetAttributes(telemetry.Outcome(result))
		if result != "error" {
			err = nil
		}
		telemetry.End(span, err)
	}
}

func foundWord(found []connector.Found, err error) string {
	if a, ok := connector.AnswerOf(err); ok {
		return answerWord(a)
	}
	switch {
	case err != nil:
		return "error"
	case len(found) == 0:
		return "nothing"
	case len(found) == 1:
		return "found"
	}
	return "several"
}

func answerWord(a connector.Answer) string {
	switch a := a.(type) {
	case connector.Posted:
		if a.Adopted {
			return "adopted"
		}
		return "posted"
	case connector.Rejected:
		return "rejected"
	case connector.Wait:
		return "wait"
	case connector.Handed:
		return "handed"
	default:
		return "uncertain"
	}
}
