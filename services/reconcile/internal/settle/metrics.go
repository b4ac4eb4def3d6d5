package settle

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/stage"
	"github.com/tradepost/tradepost/pkg/telemetry"
)

// Metrics counts the sends that were settled. nil counts nothing.
type Metrics struct {
	settled *prometheus.CounterVec
	seconds *prometheus.HistogramVec
}

var sendBuckets = []float64{.1, .5, 1, 5, 15, 60, 300, 1800, 7200, 86400}

// NewMetrics registers the metrics.
func NewMetrics(r prometheus.Registerer) *Metrics {
	return &Metrics{
		settled: telemetry.Register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tradepost_sends_settled_total", Help: "Sends that were closed, by settlement: processed, failed, withdrawn, superseded, voided.",
		}, []string{"connection", "settlement"})),
		seconds: telemetry.Register(r, prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tradepost_send_seconds", Help: "How long it took from the opening of a send to its close.", Buckets: sendBuckets,
		}, []string{"settlement"})),
	}
}

func (m *Metrics) closed(r *tradepostv1.Record, now time.Time) {
	if m == nil {
		return
	}
	word := stage.Word(r.GetSettlement(), "SETTLEMENT_")
	m.settled.WithLabelValues(r.GetConnection(), word).Inc()
	m.seconds.WithLabelValues(word).Observe(now.Sub(r.GetOpenedAt().AsTime()).Seconds())
}
