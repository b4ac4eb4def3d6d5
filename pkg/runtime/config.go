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
	reloads := func(result string, n func(connection.Status) int) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "tradepost_config_reloads_total", Help: "Changes of the configuration's files, by result: taken, refused.",
			ConstLabels: prometheus.Labels{"result": result},
		}, func() float64 { return float64(n(live.Status())) })
	}
	return register(metrics,
		reloads("taken", func(s connection.Status) int { return s.Taken }),
		reloads("refused", func(s connection.Status) int { return s.Refused }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "tradepost_config_refused_timestamp_seconds",
			Help: "Since when the files hold a configuration that is refused; 0 while they say what is in force.",
		}, func() float64 { return seconds(live.Status().RefusedAt) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "tradepost_config_in_force_timestamp_seconds", Help: "Since when the present configuration is in force.",
		}, func() float64 { return seconds(live.Status().Since) }),
	)
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
