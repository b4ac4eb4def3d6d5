package runtime_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/runtime"
)

// serviceFunc is a service of one function.
type serviceFunc func(ctx context.Context) error

func (f serviceFunc) Run(ctx context.Context) error { return f(ctx) }

func build(f serviceFunc) runtime.Build {
	return func(context.Context, runtime.Deps) (runtime.Service, error) { return f, nil }
}

func untilAsked(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// options are those of a service named "stage" on a server with all streams.
func options(t *testing.T) (runtime.Options, *bustest.Broker) {
	t.Helper()
	server := bustest.Server(t)
	server.JS(t)
	return runtime.Options{
		Name: "stage", Config: &connection.Config{NATS: connection.NATS{URL: server.URL()}}, Health: runtime.NewHealth(),
	}, server
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	require.Eventually(t, ok, time.Minute, 10*time.Millisecond, what)
}

func TestRunUntilAsked(t *testing.T) {
	o, server := options(t)
	ctx, cancel := context.WithCancel(t.Context())
	var deps runtime.Deps
	done := make(chan error, 1)
	go func() {
		done <- runtime.Run(ctx, o, func(_ context.Context, d runtime.Deps) (runtime.Service, error) {
			deps = d
			return serviceFunc(untilAsked), nil
		})
	}()
	eventually(t, "the service is ready", func() bool { return o.Health.Readiness().OK() })
	require.Equal(t, map[string]string{"stage/service": "ok", "stage/nats": "ok"}, o.Health.Readiness().Checks)

	server.Stop()
	eventually(t, "the lost connection shows", func() bool { return !o.Health.Readiness().OK() })
	require.Contains(t, o.Health.Readiness().Checks["stage/nats"], "not connected to NATS")
	server.StartAgain(t)
	eventually(t, "the connection heals", func() bool { return o.Health.Readiness().OK() })

	cancel()
	require.NoError(t, <-done)
	require.Same(t, o.Config, deps.Config)
	require.NotEmpty(t, deps.Instance)
	require.NotNil(t, deps.Metrics)
	require.True(t, deps.NC.IsClosed())
	require.Equal(t, "stopping", o.Health.Readiness().Checks["stage/service"])
}

func TestRunEnds(t *testing.T) {
	o, server := options(t)
	o.InProcess = server
	o.DrainTimeout = time.Minute // nothing here waits for its end
	boom := errors.New("boom")
	asked, ask := context.WithCancel(t.Context())
	ask()
	afterAsking := func(err error) runtime.Build {
		return func(_ context.Context, d runtime.Deps) (runtime.Service, error) {
			return serviceFunc(func(ctx context.Context) error { <-ctx.Done(); return err }), nil
		}
	}
	for name, c := range map[string]struct {
		build runtime.Build
		want  error
	}{
		"with an error":      {build(func(context.Context) error { return boom }), boom},
		"without a reason":   {build(func(context.Context) error { return nil }), runtime.ErrEnded},
		"before it is built": {func(context.Context, runtime.Deps) (runtime.Service, error) { return nil, boom }, boom},
	} {
		t.Run(name, func(t *testing.T) {
			err := runtime.Run(t.Context(), o, c.build)
			require.ErrorIs(t, err, c.want)
			require.ErrorContains(t, err, " stage: ")
		})
	}
	t.Run("asked before it connects", func(t *testing.T) {
		require.NoError(t, runtime.Run(asked, o, afterAsking(nil)))
	})
}

func TestRunDrains(t *testing.T) {
	boom := errors.New("boom")
	o, server := options(t)
	o.InProcess = server
	for name, c := range map[string]struct {
		run     func(ctx context.Context, release <-chan struct{}) error
		timeout time.Duration
		want    error
	}{
		"in time":       {func(ctx context.Context, _ <-chan struct{}) error { <-ctx.Done(); return nil }, time.Minute, nil},
		"with an error": {func(ctx context.Context, _ <-chan struct{}) error { <-ctx.Done(); return boom }, time.Minute, boom},
		"not in time":   {func(_ context.Context, release <-chan struct{}) error { <-release; return nil }, time.Millisecond, runtime.ErrDrain},
	} {
		t.Run(name, func(t *testing.T) {
			release := make(chan struct{})
			defer close(release)
			ctx, cancel := context.WithCancel(t.Context())
			o := o
			o.DrainTimeout = c.timeout
			err := runtime.Run(ctx, o, build(func(ctx context.Context) error {
				cancel()
				return c.run(ctx, release)
			}))
			require.ErrorIs(t, err, c.want)
		})
	}
}

func TestRunOfSeveralInOneProcess(t *testing.T) {
	o, server := options(t)
	o.InProcess, o.Metrics = server, runtime.NewMetrics()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 2)
	connections := make(chan *nats.Conn, 2)
	for _, name := range []string{"ingest", "deliver"} {
		o := o
		o.Name = name
		go func() {
			done <- runtime.Run(ctx, o, func(_ context.Context, d runtime.Deps) (runtime.Service, error) {
				connections <- d.NC
				return serviceFunc(untilAsked), nil
			})
		}()
	}
	require.NotSame(t, <-connections, <-connections, "each has a connection of its own")
	eventually(t, "both are ready", func() bool { r := o.Health.Readiness(); return r.OK() && len(r.Checks) == 4 })
	cancel()
	require.NoError(t, <-done)
	require.NoError(t, <-done)
}

func TestRunWithoutStreams(t *testing.T) {
	server := bustest.Server(t)
	o := runtime.Options{Name: "stage", Config: &connection.Config{}, InProcess: server, StartTimeout: 3 * time.Second}
	err := runtime.Run(t.Context(), o, build(untilAsked))
	require.ErrorContains(t, err, "start stage: check the NATS server: missing on the NATS server: stream INVOICE_RECEIVED")
	require.ErrorContains(t, err, "tradepost nats apply")
}

func TestRunWaitsForStreams(t *testing.T) {
	server := bustest.Server(t)
	o := runtime.Options{Name: "stage", Config: &connection.Config{}, InProcess: server, Health: runtime.NewHealth()}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- runtime.Run(ctx, o, build(untilAsked)) }()
	eventually(t, "it says what it waits for", func() bool {
		return o.Health.Readiness().Checks["stage/nats"] == "ok" && !o.Health.Readiness().OK()
	})
	server.JS(t)
	eventually(t, "it goes on", func() bool { return o.Health.Readiness().OK() })
	cancel()
	require.NoError(t, <-done)
}

// lossy loses the first question after a stream: its answer never comes.
type lossy struct {
	jetstream.JetStream
	asked atomic.Int32
}

func (l *lossy) Stream(ctx context.Context, name string) (jetstream.Stream, error) {
	if l.asked.Add(1) == 1 {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return l.JetStream.Stream(ctx, name)
}

// A server that dies while a process starts must not keep it from starting.
func TestALostAnswerDoesNotUseUpTheStartTimeout(t *testing.T) {
	bustest.FakeTime(t, func(t *testing.T, s *bustest.Broker) {
		began := time.Now()
		require.NoError(t, runtime.AwaitStreams(t.Context(), &lossy{JetStream: s.JS(t)}, runtime.Options{Name: "stage"}))
		require.Less(t, time.Since(began), runtime.StartTimeout/2)
	})
}

func TestRunWithoutServer(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	o := runtime.Options{
		Name: "stage", Config: &connection.Config{NATS: connection.NATS{URL: "nats://127.0.0.1:1"}}, Health: runtime.NewHealth(),
	}
	done := make(chan error, 1)
	go func() { done <- runtime.Run(ctx, o, build(untilAsked)) }()
	eventually(t, "it says what it waits for", func() bool {
		return o.Health.Readiness().Checks["stage/service"] == "waiting for the NATS server"
	})
	cancel()
	require.NoError(t, <-done, "it was asked to stop")
}

func TestDrainTimeoutIsMeasuredFromTheRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		release := make(chan struct{})
		defer close(release)
		done := make(chan error, 1)
		go func() {
			done <- runtime.Supervise(ctx, serviceFunc(func(context.Context) error { <-release; return nil }), runtime.Options{DrainTimeout: 30 * time.Second})
		}()
		time.Sleep(time.Hour) // of the bubble's clock
		cancel()
		asked := time.Now()
		require.ErrorIs(t, <-done, runtime.ErrDrain)
		require.Equal(t, 30*time.Second, time.Since(asked))
	})
}
