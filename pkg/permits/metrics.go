package permits

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/tradepost/tradepost/pkg/telemetry"
)

type metrics struct {
	wait          *prometheus.HistogramVec
	holds         *prometheus.CounterVec
	reads, budget *prometheus.GaugeVec
}

var waitBuckets = []float64{.01, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}

func newMetrics(r prometheus.Registerer) metrics {
	return metrics{
		wait: telemetry.Register(r, prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tradepost_permit_wait_seconds", Help: "How long calls to the accounting system waited for their permit.", Buckets: waitBuckets,
		}, []string{"connector"})),
		holds: telemetry.Register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tradepost_permit_holds_total", Help: "How often an accounting system refused a call because there were too many, and all replicas paused.",
		}, []string{"connector"})),
		reads: telemetry.Register(r, prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "tradepost_metered_reads", Help: "Metered reads that the app made in this calendar month (UTC), over all replicas, as of this one's last call.",
		}, []string{"app"})),
		budget: telemetry.Register(r, prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "tradepost_metered_read_budget", Help: "Metered reads that the app may make in a calendar month (read_budget).",
		}, []string{"app"})),
	}
}
