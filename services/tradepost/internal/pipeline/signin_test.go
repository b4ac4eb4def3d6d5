package pipeline_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/pkg/servicetrade"
	"github.com/tradepost/tradepost/pkg/stage"
	"github.com/tradepost/tradepost/services/sandbox"
	"github.com/tradepost/tradepost/services/tradepost/internal/pipeline"
)

// shop is a ServiceTrade, a NATS server, and a configuration for both.
type shop struct {
	t       *testing.T
	sandbox *sandbox.Sandbox
	broker  *bustest.Broker
	config  connection.Config
	ids     []int64
	// around stands between the network and the sandbox.
	around func(http.Handler) http.Handler
}

func newShop(t *testing.T, o sandbox.Options) *shop {
	t.Helper()
	o.Book, o.Configured = sandbox.DemoBook(1), true
	s := &shop{t: t, sandbox: sandbox.New(o), broker: bustest.Server(t), around: func(h http.Handler) http.Handler { return h }}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.around(s.sandbox).ServeHTTP(w, r)
	}))
	t.Cleanup(web.Close)
	s.broker.JS(t)
	for _, inv := range s.sandbox.API.Invoices() {
		s.ids = append(s.ids, inv.ID)
	}
	s.config = connection.Config{
		Secrets: connection.Secrets{Key: connection.NewSecret(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)))},
		Accounts: map[string]*connection.Account{"acme": {ID: "acme", ServiceTrade: connection.ServiceTrade{
			URL: web.URL, Auth: connection.AuthSession, Username: sandbox.DefaultUsername,
			Password: connection.NewSecret(sandbox.DefaultPassword), MaxParallel: 4,
		}}},
	}
	return s
}

// process returns the clients of ingest, deliver and reconcile in one process of
// its own. change is what its configuration has otherwise.
func (s *shop) process(change ...func(*connection.ServiceTrade)) []*servicetrade.Client {
	s.t.Helper()
	config := s.config
	account := *config.Accounts["acme"]
	for _, f := range change {
		f(&account.ServiceTrade)
	}
	config.Accounts = map[string]*connection.Account{"acme": &account}
	var clients []*servicetrade.Client
	for range 3 {
		nc := s.broker.Conn(s.t)
		d := runtime.Deps{Config: &config, NC: nc, JS: s.broker.JS(s.t), Log: slog.New(slog.DiscardHandler), Health: runtime.NewHealth()}
		all, err := stage.Clients(s.t.Context(), d, nil)
		require.NoError(s.t, err)
		clients = append(clients, all.All()["acme"])
	}
	return clients
}

// read lets all clients read invoices at the same time, and returns the errors.
func (s *shop) read(clients []*servicetrade.Client) []error {
	var group sync.WaitGroup
	faults := make([]error, 4*len(clients))
	for i, c := range clients {
		for j := range 4 {
			group.Go(func() { _, faults[4*i+j] = c.Invoice(s.t.Context(), s.ids[(4*i+j)%len(s.ids)]) })
		}
	}
	group.Wait()
	return faults
}

func (s *shop) logins() int {
	return len(s.sandbox.API.Requests(sandbox.RequestFilter{Method: http.MethodPost}))
}

func (s *shop) requireRead(clients []*servicetrade.Client) {
	s.t.Helper()
	for _, err := range s.read(clients) {
		require.NoError(s.t, err)
	}
}

func withOAuth(st *connection.ServiceTrade) {
	st.Auth, st.ClientID, st.ClientSecret = connection.AuthOAuth2, sandbox.DefaultClientID, connection.NewSecret(sandbox.DefaultClientSecret)
	st.Username, st.Password = "", connection.Secret{}
}

func TestTwelveClientsInFourProcessesShareOneSignIn(t *testing.T) {
	for name, change := range map[string]func(*connection.ServiceTrade){
		"session": func(*connection.ServiceTrade) {}, "oauth2": withOAuth,
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t, sandbox.Options{})
			var all []*servicetrade.Client
			for range 4 {
				all = append(all, s.process(change)...)
			}
			require.Len(t, all, 12)
			s.requireRead(all)
			require.Equal(t, 1, s.logins())

			for n := 2; n <= 4; n++ {
				s.sandbox.API.ExpireSessions()
				s.requireRead(all)
				require.Equal(t, n, s.logins(), "one for all that met the dead one")
			}
			require.LessOrEqual(t, s.sandbox.API.Sessions(), 1)

			late := s.process(change)
			s.requireRead(late)
			require.Equal(t, 4, s.logins(), "a process that comes later finds it")
		})
	}
}

func TestAReplicaThatEndsLeavesTheSessionToTheOthers(t *testing.T) {
	s := newShop(t, sandbox.Options{})
	one, two := s.process(), s.process()
	s.requireRead(append(one, two...))
	for _, c := range one {
		require.NoError(t, c.Logout(t.Context()))
	}
	require.Equal(t, 1, s.sandbox.API.Sessions())
	s.requireRead(two)
	require.Equal(t, 1, s.logins())

	require.NoError(t, two[0].Retire(t.Context()))
	require.Zero(t, s.sandbox.API.Sessions())
	require.NoError(t, two[1].Retire(t.Context()), "ended already")
	s.requireRead(one)
	require.Equal(t, 2, s.logins(), "whoever still needs one signs in again")
}

func TestAWrongPasswordIsTriedOnceByAllTogether(t *testing.T) {
	s := newShop(t, sandbox.Options{})
	wrong := func(st *connection.ServiceTrade) { st.Password = connection.NewSecret("wrong") }
	var all []*servicetrade.Client
	for range 4 {
		all = append(all, s.process(wrong)...)
	}
	for range 3 {
		for _, err := range s.read(all) {
			require.True(t, servicetrade.IsSignedOut(err), "%v", err)
		}
	}
	require.Equal(t, 1, s.logins())

	mended := s.process()
	s.requireRead(mended)
	require.Equal(t, 2, s.logins(), "other credentials are tried at once")
	require.Eventually(t, func() bool {
		_, err := all[0].Invoice(t.Context(), s.ids[0])
		return err == nil
	}, 20*time.Second, 100*time.Millisecond, "the others use what a mended one signed in to")
	require.Equal(t, 2, s.logins())
}

func TestReadinessTellsWhichAccountWaits(t *testing.T) {
	s := newShop(t, sandbox.Options{})
	another := *s.config.Accounts["acme"]
	another.ID, another.ServiceTrade.Password = "west", connection.NewSecret("wrong")
	s.config.Accounts["west"] = &another
	s.config.Connections = map[string]*connection.Connection{
		"acme-books": {ID: "acme-books", AccountID: "acme", Enabled: true},
		"west-books": {ID: "west-books", AccountID: "west", Enabled: true},
	}
	health := runtime.NewHealth()
	d := runtime.Deps{Config: &s.config, JS: s.broker.JS(t), Log: slog.New(slog.DiscardHandler), Health: health}
	clients, err := stage.Clients(t.Context(), d, nil)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"servicetrade": "ok"}, health.Readiness().Checks)
	for _, c := range clients.All() {
		_, _ = c.Login(t.Context())
	}
	r := health.Readiness()
	require.True(t, r.OK(), "the other account works")
	require.Contains(t, r.Checks["servicetrade"], "account west waits: wrong_credentials since ")
	require.Contains(t, r.Checks["servicetrade"], "Tradepost administrator: Correct what user integration signs in with")

	s.config.Connections["acme-books"].Enabled = false
	require.False(t, health.Readiness().OK(), "no account works")
}

func TestOtherUsersAndKeysDoNotShare(t *testing.T) {
	s := newShop(t, sandbox.Options{})
	s.requireRead(s.process())
	s.config.Secrets.Key = connection.NewSecret(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{8}, 32)))
	s.requireRead(s.process())
	require.Equal(t, 2, s.logins())
	s.config.Secrets.Key = connection.Secret{}
	s.requireRead(s.process())
	require.Equal(t, 5, s.logins(), "without a key each client signs in by itself")
}

func TestUpSharesOneSessionAndEndsIt(t *testing.T) {
	s := newShop(t, sandbox.Options{})
	dir := t.TempDir()
	s.config.Secrets.Key = connection.Secret{}
	s.config.DataDir = filepath.Join(dir, "data")
	s.config.Path = filepath.Join(dir, "tradepost.yaml")
	account := s.config.Accounts["acme"]
	account.TimeZone, account.ServiceTrade.PollInterval = "America/Chicago", time.Second
	account.ServiceTrade.InvoiceEntityType = sandbox.DefaultInvoiceEntityType
	inside := startNATS(t, filepath.Join(dir, "nats"))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	health := runtime.NewHealth()
	go func() {
		done <- pipeline.Run(ctx, pipeline.Options{
			Config: &s.config, NATS: inside, FirstInstall: true, Log: slog.New(slog.DiscardHandler), Health: health, Metrics: runtime.NewMetrics(),
		})
	}()
	require.Eventually(t, func() bool { return health.Readiness().OK() }, time.Minute, 10*time.Millisecond)
	info, err := os.Stat(filepath.Join(s.config.DataDir, "secrets.key"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	text, err := os.ReadFile(filepath.Join(s.config.DataDir, "secrets.key"))
	require.NoError(t, err)
	another := s.config
	another.Secrets.Key = connection.NewSecret(string(text))
	nc, err := nats.Connect("", nats.InProcessServer(inside))
	require.NoError(t, err)
	defer nc.Close()
	js, err := jetstream.New(nc)
	require.NoError(t, err)
	clients, err := stage.Clients(t.Context(), runtime.Deps{Config: &another, NC: nc, JS: js, Log: slog.New(slog.DiscardHandler), Health: runtime.NewHealth()}, nil)
	require.NoError(t, err)
	_, err = clients.All()["acme"].Login(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, s.sandbox.API.Sessions())
	cancel()
	require.NoError(t, <-done)
	require.Zero(t, s.sandbox.API.Sessions(), "what its stages shared is ended")
}

func startNATS(t *testing.T, dir string) *server.Server {
	t.Helper()
	s, err := server.NewServer(&server.Options{JetStream: true, StoreDir: dir, DontListen: true, NoSigs: true, NoLog: true})
	require.NoError(t, err)
	s.Start()
	require.True(t, s.ReadyForConnections(20*time.Second))
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	return s
}
