package pauses

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/pause"
	"github.com/tradepost/tradepost/pkg/telemetry"
)

// Metrics shows which connections are paused. nil shows nothing.
type Metrics struct{ paused *prometheus.GaugeVec }

// NewMetrics registers the metric.
func NewMetrics(r prometheus.Registerer) *Metrics {
	return &Metrics{paused: telemetry.Register(r, prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "tradepost_connection_paused",
		Help: "1 for each connection that is paused, with who paused it (operator, deliver).",
	}, []string{"connection", "by"}))}
}

func (m *Metrics) show(seen map[string]*tradepostv1.Pause, now time.Time) {
	if m == nil {
		return
	}
	m.paused.Reset()
	for connection, p := range seen {
		if pause.InForce(p, now) {
			m.paused.WithLabelValues(connection, p.GetBy()).Set(1)
		}
	}
}
