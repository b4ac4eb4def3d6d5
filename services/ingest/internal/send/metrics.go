package send

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/tradepost/tradepost/pkg/servicetrade"
	"github.com/tradepost/tradepost/pkg/telemetry"
)

// Metrics counts the sends that were opened. nil counts nothing.
type Metrics struct {
	opened      *prometheus.CounterVec
	republished *prometheus.CounterVec
}

// NewMetrics registers the metrics.
func NewMetrics(r prometheus.Registerer) *Metrics {
	return &Metrics{
		opened: telemetry.Register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tradepost_sends_opened_total",
			Help: "Sends that were opened, because a user pressed Send (sent) or an operator wanted a failed one tried again (retry).",
		}, []string{"connection", "cause"})),
		republished: telemetry.Register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tradepost_sends_republished_total", Help: "Open sends that made no progress and were published again.",
		}, []string{"connection"})),
	}
}

func (m *Metrics) opens(connection, status string) {
	if m == nil {
		return
	}
	cause := "sent"
	if status == servicetrade.StatusFailed {
		cause = "retry"
	}
	m.opened.WithLabelValues(connection, cause).Inc()
}

func (m *Metrics) republishes(connection string) {
	if m != nil {
		m.republished.WithLabelValues(connection).Inc()
	}
}
