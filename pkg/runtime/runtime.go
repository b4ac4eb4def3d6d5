// Package runtime is what every process has around its service: configuration,
// logger, NATS connection, health, metrics, and an end without losing work. A
// service that fails ends its process: whatever runs the process (systemd,
// Kubernetes) starts it again, and nothing half alive stays behind.
package runtime

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/sdk/trace"

	"github.com/tradepost/tradepost/pkg/connection"
)

// Deps is what a service is given.
type Deps struct {
	// Config is the configuration at the start: for what cannot change while the
	// process runs.
	Config *connection.Config
	// Live holds the configuration in force; nil: Config for ever. See Configuration.
	Live *connection.Live
	// NC is the service's own connection. It reconnects by itself, and is drained
	// after the service has ended.
	NC *nats.Conn
	JS jetstream.JetStream
	// Log carries the service's name and the instance.
	Log *slog.Logger
	// Metrics is shared by the services of one process, so what is registered
	// needs a label "service".
	Metrics *prometheus.Registry
	// Health is the service's own part of the process's health.
	Health *Health
	// Instance is unique to the process: the owner in claims.
	Instance string
	// KeepDir is a directory of this machine for what the service wants to know after a
	// restart; "" where there is none that stays.
	KeepDir string
}

// Keep is where a service keeps a file of that name on this machine; "" where it has no
// place that stays.
func (d Deps) Keep(name string) string {
	if d.KeepDir == "" {
		return ""
	}
	return filepath.Join(d.KeepDir, name)
}

// Configuration returns what holds the configuration in force.
func (d Deps) Configuration() *connection.Live {
	if d.Live != nil {
		return d.Live
	}
	return connection.NewLive(d.Config, connection.LiveOptions{})
}

// Service is one stage of the pipeline, or another long-lived part.
type Service interface {
	// Run works until ctx ends, then finishes what it has begun, and returns nil.
	// It has DrainTimeout for that. An error ends the process.
	Run(ctx context.Context) error
}

// Build makes a service. ctx ends when the service has to stop, and carries who
// records traces. An error that
// holds a *connection.Error is a bad configuration.
type Build = func(ctx context.Context, d Deps) (Service, error)

const (
	// DrainTimeout is how long a service may take to finish what it has begun.
	DrainTimeout = 30 * time.Second
	// StartTimeout is how long a service waits for its streams and buckets to be
	// there: they may be made at the same time.
	StartTimeout = 30 * time.Second
	verifyPause  = 500 * time.Millisecond
	// verifyTime bounds one look at the streams; there are many within StartTimeout.
	verifyTime = 5 * time.Second
)

// ErrEnded means that a service returned although nobody had asked it to stop.
var ErrEnded = errors.New("ended without being asked to")

// ErrDrain means that a service did not end in time after it was asked to stop.
// What it was working on is delivered again.
var ErrDrain = errors.New("did not end in time")

// Options of one service in a process. Only Config is required.
type Options struct {
	// Name of the service, such as "ingest"; in logs, health and NATS.
	Name   string
	Config *connection.Config
	// Live is followed by the service; nil: Config never changes.
	Live *connection.Live
	// InProcess connects to an embedded NATS server instead of Config.NATS.URL.
	InProcess nats.InProcessConnProvider
	Log       *slog.Logger
	// Health and Metrics of the process; nil makes new ones.
	Health  *Health
	Metrics *prometheus.Registry
	// Instance of the process; "" makes a new one.
	Instance string
	// KeepDir is a directory that stays on this machine; "" has none.
	KeepDir string
	// Traces records the spans; nil does what the variables OTEL_... say.
	Traces *trace.TracerProvider
	// DrainTimeout and StartTimeout, when they are not the usual ones.
	DrainTimeout time.Duration
	StartTimeout time.Duration
}

func (o Options) complete() Options {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Health == nil {
		o.Health = NewHealth()
	}
	if o.Metrics == nil {
		o.Metrics = NewMetrics()
	}
	if o.Instance == "" {
		o.Instance = NewInstance()
	}
	if o.Live == nil {
		o.Live = connection.NewLive(o.Config, connection.LiveOptions{})
	}
	if o.DrainTimeout == 0 {
		o.DrainTimeout = DrainTimeout
	}
	if o.StartTimeout == 0 {
		o.StartTimeout = StartTimeout
	}
	o.Log = o.Log.With(KeyService, o.Name, KeyInstance, o.Instance)
	o.Health = o.Health.Scope(o.Name)
	return o
}

// Run connects to NATS, builds the service and runs it until ctx ends or the
// service fails. Several may run in one process, each with a name of its own
// and the same Health and Metrics. It returns nil when ctx ended and the service
// finished in time.
func Run(ctx context.Context, o Options, build Build) error {
	o = o.complete()
	state := newState(o.Health)
	ctx, flush, err := withTraces(ctx, o)
	if err != nil {
		return fmt.Errorf("start %s: %w", o.Name, err)
	}
	defer flush()
	nc, js, err := connect(ctx, o, state)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("start %s: %w", o.Name, err)
	}
	defer drainConn(nc, o)
	service, err := build(ctx, Deps{
		Config: o.Config, Live: o.Live, NC: nc, JS: js, Log: o.Log, Metrics: o.Metrics, Health: o.Health, Instance: o.Instance,
		KeepDir: o.KeepDir,
	})
	if err != nil {
		return fmt.Errorf("build %s: %w", o.Name, err)
	}
	state.set(nil)
	o.Log.Info("service is running")
	if err := supervise(ctx, service, o, state); err != nil {
		return fmt.Errorf("run %s: %w", o.Name, err)
	}
	return nil
}

// supervise runs the service and, once ctx has ended, waits for it.
func supervise(ctx context.Context, service Service, o Options, state *state) error {
	done := make(chan error, 1)
	go func() { done <- service.Run(ctx) }()
	select {
	case err := <-done:
		return early(ctx, err)
	case <-ctx.Done():
	}
	state.set(errStopping)
	o.Log.Info("service is finishing what it has begun", KeyTimeout, o.DrainTimeout)
	timer := time.NewTimer(o.DrainTimeout)
	defer timer.Stop()
	select {
	case err := <-done:
		return late(err)
	case <-timer.C:
		return fmt.Errorf("%w: still busy after %s", ErrDrain, o.DrainTimeout)
	}
}

// early judges a service that returned while it was wanted. Both may have
// happened at once.
func early(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return late(err)
	}
	if err == nil {
		return ErrEnded
	}
	return err
}

func late(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
