package send

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/tradepost/tradepost/pkg/servicetrade"
	"github.com/tradepost/tradepost/pkg/telemetry"
)

// Metrics counts the sends that were opened, and who waits. nil counts nothing.
type Metrics struct {
	opened      *prometheus.CounterVec
	republished *prometheus.CounterVec
	unmatched   *prometheus.GaugeVec
}

// NewMetrics registers the metrics.
func NewMetrics(r prometheus.Registerer) *Metrics {
	return &Metrics{
		opened: telemetry.Register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tradepost_sends_opened_total",
			Help: "Sends that were opened, because a user pressed Send (sent), an operator wanted a failed one tried again (retry), or a posted invoice was voided (void).",
		}, []string{"connection", "cause"})),
		republished: telemetry.Register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tradepost_sends_republished_total", Help: "Open sends that made no progress and were published again.",
		}, []string{"connection"})),
		unmatched: telemetry.Register(r, prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "tradepost_ingest_unmatched_invoices",
			Help: "Pending invoices that wait because no enabled connection of the account takes them, or several do, and those that are held since another connection posted them.",
		}, []string{"account"})),
	}
}

func (m *Metrics) opens(connection, status string) {
	if m == nil {
		return
	}
	cause := "sent"
	switch status {
	case servicetrade.StatusFailed:
		cause = "retry"
	case servicetrade.StatusVoid:
		cause = "void"
	}
	m.opened.WithLabelValues(connection, cause).Inc()
}

func (m *Metrics) republishes(connection string) {
	if m != nil {
		m.republished.WithLabelValues(connection).Inc()
	}
}

func (m *Metrics) waits(account string, n int) {
	if m != nil {
		m.unmatched.WithLabelValues(account).Set(float64(n))
	}
}

func (m *Metrics) forget(account string) {
	if m != nil {
		m.unmatched.DeleteLabelValues(account)
	}
}
