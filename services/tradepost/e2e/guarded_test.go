package e2e

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/services/sandbox"
)

// The users of deploy/nats/permissions.conf.example; each has its name as password here.
var users = append([]string{"provisioner", "operator"}, stages...)

// guarded is a plant whose NATS server has the users and permissions that we ship.
type guarded struct {
	*plant
	address string
}

// newGuarded starts the plant; change edits the permissions before.
func newGuarded(t *testing.T, book *sandbox.Book, change func(string) string) *guarded {
	t.Helper()
	g := &guarded{plant: &plant{t: t, dir: t.TempDir(), procs: map[string]*proc{}}, address: bustest.FreeAddress(t)}
	g.sandbox = sandbox.New(sandbox.Options{Book: book, Configured: true})
	web := httptest.NewServer(g.sandbox)
	t.Cleanup(web.Close)
	g.permit(change)
	g.startGuardedNATS()
	g.natsURL = g.as("provisioner")
	g.writeConfig(web.URL, book)
	g.tradepost("nats", "apply", "--first-install")
	for _, s := range stages {
		listen := bustest.FreeAddress(t)
		g.add(&proc{
			name: s, args: []string{"--config", g.path("tradepost.yaml")}, ready: listen,
			env: []string{"TRADEPOST_HTTP_LISTEN=" + listen, "TRADEPOST_NATS_URL=" + g.as(s)},
		})
		g.procs[s].start()
	}
	g.awaitReady()
	return g
}

// as is the server's address for a user.
func (g *guarded) as(user string) string { return "nats://" + user + ":" + user + "@" + g.address }

// permit writes the permissions as we ship them, changed, and with a user for the test itself.
func (g *guarded) permit(change func(string) string) {
	g.t.Helper()
	_, file, _, _ := runtime.Caller(0)
	shipped, err := os.ReadFile(filepath.Join(filepath.Dir(file), "..", "..", "..", "deploy", "nats", "permissions.conf.example"))
	require.NoError(g.t, err)
	text := string(shipped)
	if change != nil {
		text = change(text)
		require.NotEqual(g.t, string(shipped), text)
	}
	text = strings.Replace(text, "users: [", `users: [{user: test, password: test, permissions: {publish: ">", subscribe: ">"}}`, 1)
	require.NoError(g.t, os.WriteFile(g.path("permissions.conf"), []byte(text), 0o600))
}

func (g *guarded) startGuardedNATS() {
	g.t.Helper()
	host, port, err := net.SplitHostPort(g.address)
	require.NoError(g.t, err)
	config := "host: " + host + "\nport: " + port + "\njetstream { store_dir: " + strconv.Quote(g.path("nats")) +
		", sync_interval: always }\ninclude \"permissions.conf\"\n"
	require.NoError(g.t, os.WriteFile(g.path("nats.conf"), []byte(config), 0o600))
	var env []string
	for _, u := range users {
		env = append(env, "TRADEPOST_NATS_"+strings.ToUpper(u)+"_PASSWORD="+u)
	}
	g.add(&proc{name: "nats-server", args: []string{"-c", g.path("nats.conf")}, ready: g.address, env: env})
	g.procs["nats-server"].start()
	g.procs["nats-server"].awaitReady()
	g.nc, err = nats.Connect(g.as("test"), nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond))
	require.NoError(g.t, err)
	g.t.Cleanup(g.nc.Close)
	g.js, err = jetstream.New(g.nc)
	require.NoError(g.t, err)
}

// readiness is what a process answers on /readyz.
func (p *proc) readiness() (int, string) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.ready+"/readyz", nil)
	require.NoError(p.t, err)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	require.NoError(p.t, err)
	return resp.StatusCode, string(body)
}
