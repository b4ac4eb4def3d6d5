package runtime

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tradepost/tradepost/pkg/connection"
)

// FollowConfig lets live follow its files until ctx ends, reads them at once on
// SIGHUP, and shows in the process's health and metrics how that goes.
func FollowConfig(ctx context.Context, live *connection.Live, health *Health, metrics prometheus.Registerer) error {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	if err := ShowConfig(live, health, metrics); err != nil {
		return err
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		live.Run(ctx)
	}()
	for {
		select {
		case <-hangup:
			live.Reload()
		case <-ctx.Done():
			<-done
			return nil
		}
	}
}

// ShowConfig adds to health and metrics how the changes of the configuration went.
func ShowConfig(live *connection.Live, health *Health, metrics prometheus.Registerer) error {
	health.AddNotice("configuration", func() error { return refused(live.Status()) })
	return register(metrics,
		&shown{
			live: live, kind: "counter", desc: prometheus.NewDesc("tradepost_config_reloads_total",
				"Changes of the configuration's files, by result: taken, refused.", []string{"result"}, nil),
			values: func(s connection.Status) map[string]float64 {
				return map[string]float64{"taken": float64(s.Taken), "refused": float64(s.Refused)}
			},
		},
		&shown{
			live: live, kind: "gauge", desc: prometheus.NewDesc("tradepost_config_refused_timestamp_seconds",
				"Since when the files hold a configuration that is refused; 0 while they say what is in force.", nil, nil),
			values: func(s connection.Status) map[string]float64 { return map[string]float64{"": seconds(s.RefusedAt)} },
		},
		&shown{
			live: live, kind: "gauge", desc: prometheus.NewDesc("tradepost_config_in_force_timestamp_seconds",
				"Since when the present configuration is in force.", nil, nil),
			values: func(s connection.Status) map[string]float64 { return map[string]float64{"": seconds(s.Since)} },
		},
	)
}

// shown is one metric of a Live's status, by the value of its only label, if it has one.
type shown struct {
	live   *connection.Live
	kind   string
	desc   *prometheus.Desc
	values func(connection.Status) map[string]float64
}

// MetricType is for the page that lists all metrics.
func (m *shown) MetricType() string { return m.kind }

// Describe implements prometheus.Collector.
func (m *shown) Describe(ch chan<- *prometheus.Desc) { ch <- m.desc }

// Collect implements prometheus.Collector.
func (m *shown) Collect(ch chan<- prometheus.Metric) {
	kind := prometheus.GaugeValue
	if m.kind == "counter" {
		kind = prometheus.CounterValue
	}
	for label, value := range m.values(m.live.Status()) {
		if label == "" {
			ch <- prometheus.MustNewConstMetric(m.desc, kind, value)
			continue
		}
		ch <- prometheus.MustNewConstMetric(m.desc, kind, value, label)
	}
}

func register(metrics prometheus.Registerer, all ...prometheus.Collector) error {
	var errs []error
	for _, c := range all {
		errs = append(errs, metrics.Register(c))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("register the metrics of the configuration: %w", err)
	}
	return nil
}

func seconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}

// refused is a Notice: the process works, with the configuration before.
func refused(s connection.Status) error {
	if s.Trouble == nil {
		return nil
	}
	first, more := s.Trouble.Error(), ""
	if all, ok := errors.AsType[*connection.Error](s.Trouble); ok && len(all.Problems) > 0 {
		first = all.Problems[0].String()
		if n := len(all.Problems) - 1; n > 0 {
			more = fmt.Sprintf("; and %d more, see the log", n)
		}
	}
	return Notice(fmt.Sprintf("the changed configuration is refused since %s, the one before is in force: %s%s",
		s.RefusedAt.UTC().Format(time.RFC3339), strings.ReplaceAll(first, "\n    ", "; "), more))
}
