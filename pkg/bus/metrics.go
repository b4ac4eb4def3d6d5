package bus

import (
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tradepost/tradepost/pkg/telemetry"
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
	connections connectionLabels
}

// otherLabel stands for what must not become a label: a subject that somebody made up.
const otherLabel = "other"

var (
	handlerBuckets = []float64{.001, .005, .025, .1, .5, 1, 5, 15, 60, 300}
	publishBuckets = []float64{.0005, .001, .005, .025, .1, .5, 1, 5}
)

// newMetrics registers the metrics, or shares those that the registry already has:
// several services of one process have one registry. nil: nobody looks at them.
func newMetrics(r prometheus.Registerer) *metrics {
	return &metrics{
		handled: telemetry.Register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tradepost_messages_handled_total",
			Help: "Deliveries handled, by result: ok, wait (has to wait), retry (failed, tried again), panic, dead (dead letter), handed_back (stopping).",
		}, []string{"service", "stage", "connection", "result"})),
		inFlight: telemetry.Register(r, prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "tradepost_messages_in_flight", Help: "Messages that handlers are working on.",
		}, []string{"service", "stage", "connection"})),
		seconds: telemetry.Register(r, prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tradepost_handler_seconds", Help: "How long handlers took.", Buckets: handlerBuckets,
		}, []string{"service", "stage"})),
		redelivered: telemetry.Register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tradepost_messages_redelivered_total", Help: "Deliveries that were not a message's first.",
		}, []string{"service", "stage"})),
		dead: telemetry.Register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tradepost_dead_letters_total", Help: "Messages given up, by cause.",
		}, []string{"service", "stage", "connection", "cause"})),
		fetchErrors: telemetry.Register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tradepost_fetch_errors_total", Help: "Fetches that failed, and consumers that could not be bound; no connection for a consumer of all of them.",
		}, []string{"service", "stream", "connection"})),
		ackErrors: telemetry.Register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tradepost_ack_errors_total", Help: "Acks, naks and terms that the server did not confirm; it delivers these messages again.",
		}, []string{"service", "stream"})),
		publish: telemetry.Register(r, prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tradepost_publish_seconds", Help: "How long a publish took, the server's answer included.", Buckets: publishBuckets,
		}, []string{"service", "stage"})),
	}
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
	return otherLabel
}

// maxConnectionLabels bounds the connections in the metrics of a process, above what
// one installation has: whoever may publish can make up names in subjects.
const maxConnectionLabels = 2000

// connectionLabels knows the connections that became a label.
type connectionLabels struct {
	mu   sync.Mutex
	seen map[string]struct{}
}

// of is the label of a connection: its id, "other" when there are too many.
func (l *connectionLabels) of(connection string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.seen[connection]; ok {
		return connection
	}
	if len(l.seen) >= maxConnectionLabels {
		return otherLabel
	}
	if l.seen == nil {
		l.seen = map[string]struct{}{}
	}
	l.seen[connection] = struct{}{}
	return connection
}

// filtered is the connection that a consumer's filter selects, "" when it takes all.
func (c Consumer) filtered() string {
	tokens := strings.Split(c.Filter, ".")
	if len(tokens) != 4 || tokens[0] != subjectRoot || !tokenPattern.MatchString(tokens[2]) {
		return ""
	}
	return tokens[2]
}
