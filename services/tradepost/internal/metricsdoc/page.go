// Package metricsdoc writes docs/metrics.md from the metrics that the four stages
// really register: what is not registered is not on the page, and what has no advice
// for operators fails.
package metricsdoc

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// ours is how the names of Tradepost's own metrics begin.
const ours = "tradepost_"

// Metric is one metric as operators see it.
type Metric struct {
	Name string
	// Type is counter, gauge or histogram.
	Type   string
	Labels []string
	Help   string
}

// Metrics lists Tradepost's own metrics in a registry by name.
func Metrics(r *prometheus.Registry) ([]Metric, error) {
	descs := make(chan *prometheus.Desc)
	go func() {
		defer close(descs)
		r.Describe(descs)
	}()
	var all []*prometheus.Desc
	for d := range descs {
		all = append(all, d)
	}
	var metrics []Metric
	for _, d := range all {
		m, err := read(d)
		if err != nil {
			return nil, err
		}
		if !strings.HasPrefix(m.Name, ours) {
			continue
		}
		if m.Type, err = typeOf(r, d); err != nil {
			return nil, fmt.Errorf("metric %s: %w", m.Name, err)
		}
		metrics = append(metrics, m)
	}
	slices.SortFunc(metrics, func(a, b Metric) int { return strings.Compare(a.Name, b.Name) })
	return metrics, nil
}

var (
	described  = regexp.MustCompile(`^Desc\{fqName: ("(?:[^"\\]|\\.)*"), help: ("(?:[^"\\]|\\.)*"),(?: unit: "[^"]*",)? constLabels: \{(.*)\}, variableLabels: \{(.*)\}\}$`)
	constLabel = regexp.MustCompile(`(\w+)="(?:[^"\\]|\\.)*"`)
)

// read takes a description apart; its text is the only way to what is in it.
func read(d *prometheus.Desc) (Metric, error) {
	parts := described.FindStringSubmatch(d.String())
	if parts == nil {
		return Metric{}, fmt.Errorf("the description %s cannot be read", d)
	}
	name, err1 := strconv.Unquote(parts[1])
	help, err2 := strconv.Unquote(parts[2])
	if err1 != nil || err2 != nil {
		return Metric{}, fmt.Errorf("the description %s cannot be read", d)
	}
	m := Metric{Name: name, Help: help}
	for _, label := range constLabel.FindAllStringSubmatch(parts[3], -1) {
		m.Labels = append(m.Labels, label[1])
	}
	for label := range strings.SplitSeq(parts[4], ",") {
		if label != "" {
			m.Labels = append(m.Labels, label)
		}
	}
	return m, nil
}

// same describes what a registered collector describes, so that the registry refuses
// it and tells which collector it has.
type same struct{ desc *prometheus.Desc }

func (s same) Describe(ch chan<- *prometheus.Desc) { ch <- s.desc }
func (same) Collect(chan<- prometheus.Metric)      {}

// typed is a collector that says itself what it shows.
type typed interface{ MetricType() string }

func typeOf(r *prometheus.Registry, d *prometheus.Desc) (string, error) {
	registered, ok := r.Register(same{d}).(prometheus.AlreadyRegisteredError) //nolint:errorlint // The registry returns it as it is.
	if !ok {
		return "", errors.New("it is one of several of its collector: give it a collector of its own")
	}
	switch c := registered.ExistingCollector.(type) {
	case typed:
		return c.MetricType(), nil
	case *prometheus.CounterVec:
		return "counter", nil
	case *prometheus.HistogramVec:
		return "histogram", nil
	case *prometheus.GaugeVec, prometheus.Gauge:
		return "gauge", nil
	case prometheus.Counter:
		return "counter", nil
	case prometheus.Histogram:
		return "histogram", nil
	default:
		return "", fmt.Errorf("a %T is of no known type", c)
	}
}

const head = `# Metrics

<!-- Generated from the registered metrics by make generate. Do not edit: the advice is in
services/tradepost/internal/metricsdoc/advice.go, everything else beside the code that counts. -->

Every process shows them at ` + "`/metrics`" + `, in the Prometheus format, besides the usual ` + "`go_…` and `process_…`" + `. No label holds an
invoice, a customer or a text. A metric without a value yet is not shown. The four stages in one process (` + "`tradepost up`" + `) show
what four processes show; ` + "`service`" + ` tells them apart.

`

// Page is docs/metrics.md.
func Page(r *prometheus.Registry) (string, error) {
	metrics, err := Metrics(r)
	if err != nil {
		return "", err
	}
	if err := checkAdvice(metrics); err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(head)
	b.WriteString("| name | type | labels | tells | when it is bad |\n| --- | --- | --- | --- | --- |\n")
	for _, m := range metrics {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", m.Name, m.Type, strings.Join(m.Labels, ", "), cell(m.Help), cell(advice[m.Name]))
	}
	b.WriteString(tail)
	return b.String(), nil
}

func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

// checkAdvice fails for a metric that nobody says anything about, and for advice on
// one that is not there any more.
func checkAdvice(metrics []Metric) error {
	var wrong []string
	known := map[string]bool{}
	for _, m := range metrics {
		known[m.Name] = true
		if advice[m.Name] == "" {
			wrong = append(wrong, m.Name+" has no advice")
		}
	}
	for name := range advice {
		if !known[name] {
			wrong = append(wrong, "there is advice on "+name+", which no stage registers")
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	slices.Sort(wrong)
	return fmt.Errorf("advice.go does not fit the metrics: %s", strings.Join(wrong, "; "))
}
