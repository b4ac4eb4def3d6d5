package e2e

import (
	"io"
	"maps"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox"
)

// The four binaries follow one file: a connection is removed and brought back while
// its invoices are on their way, a bad file is refused by all, and a hangup makes
// them read it at once. None is started again.
func TestTheBinariesFollowTheirConfiguration(t *testing.T) {
	slow := func(r *http.Request) *sandbox.Fault { // so that there is a middle to interrupt in
		if r.Method == http.MethodPut {
			return &sandbox.Fault{Latency: 700 * time.Millisecond}
		}
		return nil
	}
	p := newPlantOf(t, sandbox.Options{Book: sandbox.DemoBook(7), Configured: true, Faults: slow}, nil)
	whole := p.config()
	ids := p.sendAll()
	p.awaitProgressOf(5)

	without := maps.Clone(whole)
	delete(without, "connections")
	p.write("tradepost.yaml", without)
	p.awaitAll("a changed configuration is in force", 1)
	p.awaitLine("deliver", `"msg":"detached"`)
	p.awaitLine("reconcile", `"msg":"detached"`)
	settled := 40 - p.sandbox.API.Counts()["pending_accounting"]
	require.Less(t, settled, 40, "the test has to interrupt")

	bad := maps.Clone(whole)
	bad["connections"] = map[string]any{connection: map[string]any{
		"account": account, "connector": "hledger", "mapping_file": "no-such.yaml", "settings": map[string]any{"journal_dir": "books"},
	}}
	p.write("tradepost.yaml", bad)
	for _, s := range stages {
		require.NoError(t, p.procs[s].cmd.Process.Signal(syscall.SIGHUP))
	}
	p.awaitAll("the changed configuration is refused", 1)
	for _, s := range stages {
		p.procs[s].awaitReady()
		require.Contains(t, p.page(s, "/readyz"), "no-such.yaml", s)
		require.Contains(t, p.page(s, "/metrics"), `tradepost_config_reloads_total{result="refused"} 1`, s)
	}
	require.Equal(t, settled, 40-p.sandbox.API.Counts()["pending_accounting"], "nobody works for it")

	p.write("tradepost.yaml", whole)
	p.awaitAll("a changed configuration is in force", 2)
	p.awaitSettled(time.Minute)
	p.awaitClosed(ids)
	p.requireRight(ids)
	p.requireOneWriteEach(ids)
	for _, s := range stages {
		require.NotContains(t, p.page(s, "/readyz"), "no-such.yaml", s)
	}
}

// config reads the configuration that the processes have.
func (p *plant) config() map[string]any {
	p.t.Helper()
	data, err := os.ReadFile(p.path("tradepost.yaml"))
	require.NoError(p.t, err)
	config := map[string]any{}
	require.NoError(p.t, yaml.Unmarshal(data, &config))
	return config
}

// awaitAll waits until every stage has logged text so many times.
func (p *plant) awaitAll(text string, times int) {
	p.t.Helper()
	for _, s := range stages {
		require.Eventually(p.t, func() bool { return strings.Count(p.procs[s].log.String(), `"msg":"`+text) >= times },
			30*time.Second, 20*time.Millisecond, "%s: %s", s, text)
	}
}

func (p *plant) awaitLine(stage, text string) {
	p.t.Helper()
	require.Eventually(p.t, func() bool { return strings.Contains(p.procs[stage].log.String(), text) }, 40*time.Second, 20*time.Millisecond, "%s: %s", stage, text)
}

// awaitProgressOf waits until so many invoices are settled.
func (p *plant) awaitProgressOf(settled int) {
	p.t.Helper()
	require.Eventually(p.t, func() bool { return 40-p.sandbox.API.Counts()["pending_accounting"] >= settled }, time.Minute, time.Millisecond)
}

// page fetches a page of a stage.
func (p *plant) page(stage, path string) string {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, "http://"+p.procs[stage].ready+path, nil)
	require.NoError(p.t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(p.t, err)
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	require.NoError(p.t, err)
	return string(text)
}
