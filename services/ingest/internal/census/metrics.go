package census

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tradepost/tradepost/pkg/telemetry"
)

// Metrics shows the last count. Ages go on growing between two counts.
type Metrics struct{ book *book }

// book is shared by the collectors of one registry.
type book struct {
	mu      sync.Mutex
	counted map[group]tally
	at      time.Time
}

var (
	unfinishedDesc = prometheus.NewDesc("tradepost_sends_unfinished",
		"Sends that are not closed, by the state of their record; held ones wait for a person, parked ones for a time. Shown by one replica.",
		[]string{"connection", "state"}, nil)
	ageDesc = prometheus.NewDesc("tradepost_oldest_send_age_seconds",
		"How long ago the oldest send that is not closed was opened, by the state of its record. Shown by one replica.",
		[]string{"connection", "state"}, nil)
	countedDesc = prometheus.NewDesc("tradepost_sends_counted_timestamp_seconds",
		"When the sends that are not closed were last counted, in Unix time. Shown by one replica.", nil, nil)
)

// NewMetrics registers the metrics of the count.
func NewMetrics(r prometheus.Registerer) *Metrics {
	b := &book{}
	for _, d := range []*prometheus.Desc{unfinishedDesc, ageDesc, countedDesc} {
		b = telemetry.Register(r, &Gauge{desc: d, book: b}).book
	}
	return &Metrics{book: b}
}

func (m *Metrics) show(counted map[group]tally, at time.Time) {
	m.book.mu.Lock()
	defer m.book.mu.Unlock()
	m.book.counted, m.book.at = counted, at
}

func (m *Metrics) clear() { m.show(nil, time.Time{}) }

// Gauge shows one number of the last count.
type Gauge struct {
	desc *prometheus.Desc
	book *book
}

// MetricType is for the page that lists all metrics: a collector that has counted
// nothing yet shows none.
func (g *Gauge) MetricType() string { return "gauge" }

// Describe implements prometheus.Collector.
func (g *Gauge) Describe(ch chan<- *prometheus.Desc) { ch <- g.desc }

// Collect implements prometheus.Collector: it reads what is known and calls nobody.
func (g *Gauge) Collect(ch chan<- prometheus.Metric) {
	g.book.mu.Lock()
	defer g.book.mu.Unlock()
	if g.book.at.IsZero() {
		return
	}
	if g.desc == countedDesc {
		ch <- prometheus.MustNewConstMetric(g.desc, prometheus.GaugeValue, float64(g.book.at.Unix()))
		return
	}
	for of, t := range g.book.counted {
		value := float64(t.sends)
		if g.desc == ageDesc {
			value = time.Since(t.oldest).Seconds()
		}
		ch <- prometheus.MustNewConstMetric(g.desc, prometheus.GaugeValue, value, of.connection, of.state)
	}
}
