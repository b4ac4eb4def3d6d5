package bus

import (
	"errors"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics has few labels on purpose: never an invoice, a subject or an error text.
type metrics struct {
	handled     *prometheus.CounterVec
	inFlight    *prometheus.GaugeVec
	seconds     *prometheus.HistogramVec
	redelivered *prometheus.CounterVec
	dead        *prometheus.CounterVec
	fetchErrors *prometheus.CounterVec
	ackErrors   *prometheus.CounterVec
	publish     *prometheus.HistogramVec
}

var (
	handlerBuckets = []float64{.001, .005, .025, .1, .5, 1, 5, 15, 60, 300}
	publishBuckets = []float64{.0005, .001, .005, .025, .1, .5, 1, 5}
)

// newMetrics registers the metrics, or shares those that the registry already has:
// several services of one process have one registry. nil: nobody looks at them.
func newMetrics(r prometheus.Registerer) *metrics {
	return &metrics{
		handled: share(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tradepost_messages_handled_total",
			Help: "Deliveries handled, by result: ok, wait (has to wait), retry (failed, tried again), panic, dead (dead letter), handed_back (stopping).",
		}, []string{"service", "stage", "connection", "result"})),
		inFlight: share(r, prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "tradepost_messages_in_flight", Help: "Messages that handlers are working on.",
		}, []string{"service", "stage"})),
		seconds: share(r, prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tradepost_handler_seconds", Help: "How long handlers took.", Buckets: handlerBuckets,
		}, []string{"service", "stage"})),
		redelivered: share(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tradepost_messages_redelivered_total", Help: "Deliveries that were not a message's first.",
		}, []string{"service", "stage"})),
		dead: share(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tradepost_dead_letters_total", Help: "Messages given up, by cause.",
		}, []string{"service", "stage", "cause"})),
		fetchErrors: share(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tradepost_fetch_errors_total", Help: "Fetches that failed, and consumers that could not be bound.",
		}, []string{"service", "stream"})),
		ackErrors: share(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tradepost_ack_errors_total", Help: "Acks, naks and terms that the server did not confirm; it delivers these messages again.",
		}, []string{"service", "stream"})),
		publish: share(r, prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tradepost_publish_seconds", Help: "How long a publish took, the server's answer included.", Buckets: publishBuckets,
		}, []string{"service", "stage"})),
	}
}

func share[C prometheus.Collector](r prometheus.Registerer, c C) C {
	if r == nil {
		return c
	}
	var registered prometheus.AlreadyRegisteredError
	if err := r.Register(c); errors.As(err, &registered) {
		if existing, ok := registered.ExistingCollector.(C); ok {
			return existing
		}
	}
	return c
}

func (m *metrics) published(service, subject string, took time.Duration) {
	m.publish.WithLabelValues(service, stageLabel(subject)).Observe(took.Seconds())
}

// stageLabel is the stage of an invoice subject, "poll" for polls, else "other":
// a subject that somebody made up must not become a label.
func stageLabel(subject string) string {
	root, rest, _ := strings.Cut(subject, ".")
	token, _, _ := strings.Cut(rest, ".")
	switch {
	case root == subjectRoot && stages[Stage(token)]:
		return token
	case root == pollRoot:
		return pollRoot
	}
	return "other"
}
