package runtime

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// NewMetrics returns the registry of a process, with what is known of every
// process: the Go runtime, memory and CPU, and which build it is.
func NewMetrics() *prometheus.Registry {
	registry := prometheus.NewRegistry()
	build := ReadVersion()
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "tradepost_build_info", Help: "Always 1; the labels tell which build this is.",
		ConstLabels: prometheus.Labels{"version": build.Version, "revision": build.Revision, "go": build.Go},
	})
	info.Set(1)
	registry.MustRegister(info, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return registry
}
