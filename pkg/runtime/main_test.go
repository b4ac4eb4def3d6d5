package runtime_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/runtime"
)

const configText = `log: {format: json}
accounts:
  acme:
    time_zone: UTC
    servicetrade: {username: u, password: p, invoice_entity_type: 12}
`

// buffer may be written to and read at the same time.
type buffer struct {
	mu   sync.Mutex
	data bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.data.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.data.String()
}

func configFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tradepost.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestExitCodesWithoutRunning(t *testing.T) {
	good, bad := configFile(t, configText), configFile(t, "accuonts: {}\n")
	refuse := runtime.WithConfigCheck(func(*connection.Config) error { return errors.New("unknown connector") })
	for name, c := range map[string]struct {
		args    []string
		environ []string
		options []runtime.MainOption
		code    int
		says    string
	}{
		"help":             {args: []string{"-h"}, code: 0, says: "TRADEPOST_CONFIG"},
		"version":          {args: []string{"--version"}, code: 0, says: "stage dev ("},
		"unknown flag":     {args: []string{"--nonsense"}, code: 2, says: "flag provided but not defined: -nonsense"},
		"argument":         {args: []string{"run"}, code: 2, says: `takes no arguments besides flags, but was given "run"`},
		"valid":            {args: []string{"--config", good, "--validate"}, code: 0, says: "is valid: accounts: 1, connections: 0"},
		"valid by env":     {args: []string{"--validate"}, environ: []string{"TRADEPOST_CONFIG=" + good}, code: 0, says: good},
		"own check":        {args: []string{"--config", good, "--validate"}, options: []runtime.MainOption{refuse}, code: 2, says: "unknown connector"},
		"bad file":         {args: []string{"--config", bad}, code: 2, says: ":1:1: accuonts: unknown key\n      fix: did you mean \"accounts\"?"},
		"no file":          {args: []string{"--config", good + ".none"}, code: 2, says: "the configuration cannot be read"},
		"bad environment":  {args: []string{"--config", good, "--validate"}, environ: []string{"TRADEPOST_LOG_LEVEL=loud"}, code: 2, says: "log.level"},
		"address is taken": {args: []string{"--config", good}, environ: []string{"TRADEPOST_HTTP_LISTEN=192.0.2.1:1"}, code: 1, says: "listen on 192.0.2.1:1"},
	} {
		t.Run(name, func(t *testing.T) {
			var out buffer
			p := runtime.Program{Build: build(untilAsked), Args: c.args, Environ: c.environ, Out: &out, Options: c.options}
			require.Equal(t, c.code, p.Main(t.Context()), out.String())
			require.Contains(t, out.String(), c.says)
			require.NotContains(t, out.String(), "goroutine ")
		})
	}
}

// program is a service on a server with all streams.
func program(t *testing.T, b runtime.Build) (runtime.Program, *buffer, chan os.Signal) {
	t.Helper()
	o, _ := options(t)
	out, signals := &buffer{}, make(chan os.Signal, 2)
	return runtime.Program{
		Build: b, Out: out, Signals: signals, Args: []string{"--config", configFile(t, configText)},
		Environ: []string{"TRADEPOST_NATS_URL=" + o.Config.NATS.URL, "TRADEPOST_HTTP_LISTEN=127.0.0.1:0"},
	}, out, signals
}

func TestExitCodesOfServices(t *testing.T) {
	for name, c := range map[string]struct {
		build runtime.Build
		code  int
		says  string
	}{
		"an error": {build(func(context.Context) error { return errors.New("boom") }), 1, "run stage: boom"},
		"bad settings": {func(context.Context, runtime.Deps) (runtime.Service, error) {
			return nil, &connection.Error{Problems: []connection.Problem{{File: "f.yaml", What: "no such connector"}}}
		}, 2, "f.yaml: no such connector"},
	} {
		t.Run(name, func(t *testing.T) {
			p, out, _ := program(t, c.build)
			require.Equal(t, c.code, p.Main(t.Context()), out.String())
			require.Contains(t, out.String(), c.says)
		})
	}
}

func TestSignalDrains(t *testing.T) {
	var health *runtime.Health
	running, finished := make(chan struct{}), false
	p, out, signals := program(t, func(_ context.Context, d runtime.Deps) (runtime.Service, error) {
		health = d.Health
		return serviceFunc(func(ctx context.Context) error {
			close(running)
			<-ctx.Done()
			finished = !d.Health.Readiness().OK() && d.NC.IsConnected()
			return nil
		}), nil
	})
	go func() {
		<-running
		signals <- syscall.SIGTERM
	}()
	require.Equal(t, 0, p.Main(t.Context()), out.String())
	require.True(t, finished, "not ready any more, and still connected, while it finishes")
	require.Equal(t, "the process is stopping", health.Readiness().Checks["process"])
	require.Contains(t, out.String(), `"msg":"asked to stop"`)
	require.Contains(t, out.String(), `"msg":"stopped"`)
}

func TestSecondSignalStopsAtOnce(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	running := make(chan struct{})
	p, out, signals := program(t, build(func(context.Context) error {
		close(running)
		<-release
		return nil
	}))
	go func() {
		<-running
		signals <- syscall.SIGTERM
		signals <- syscall.SIGTERM
	}()
	require.Equal(t, 1, p.Main(t.Context()), out.String())
	require.Contains(t, out.String(), "stopped at once by a second signal")
}
