package pipeline_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/grant"
	"github.com/tradepost/tradepost/pkg/keyring"
	"github.com/tradepost/tradepost/pkg/pause"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/runtime"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/deliver"
	"github.com/tradepost/tradepost/services/tradepost/internal/life"
	"github.com/tradepost/tradepost/services/tradepost/internal/signins"
)

const books = "acme-books"

// replica runs another deliver, with its own keys for secrets, until stop or the test's end.
func (o *office) replica(name, keys string) (health *runtime.Health, stop func()) {
	o.t.Helper()
	config, err := connection.Load(filepath.Join(o.dir, "tradepost.yaml"), []string{"TRADEPOST_SECRETS_KEY=" + keys, "TRADEPOST_CONNECT_LISTEN=off"})
	require.NoError(o.t, err)
	nc, err := nats.Connect("", nats.InProcessServer(o.nats))
	require.NoError(o.t, err)
	js, err := jetstream.New(nc)
	require.NoError(o.t, err)
	connectors, err := deliver.Connectors()
	require.NoError(o.t, err)
	health = runtime.NewHealth()
	s, err := deliver.New(o.t.Context(), runtime.Deps{
		Config: config, NC: nc, JS: js, Log: slog.New(slog.NewTextHandler(o.log, nil)).With("replica", name),
		Metrics: runtime.NewMetrics(), Health: health, Instance: name,
	}, connectors)
	require.NoError(o.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(o.t, <-ended)
		nc.Close()
	})
	o.t.Cleanup(stop)
	return health, stop
}

func (o *office) neverPaused() {
	o.t.Helper()
	store, err := pause.Open(o.t.Context(), o.js)
	require.NoError(o.t, err)
	p, err := store.Get(o.t.Context(), books)
	require.NoError(o.t, err)
	require.Nil(o.t, p)
	require.NotContains(o.t, o.log.String(), "connection paused")
}

// A replica that was started without the key, or with a wrong one, leaves the connection
// to the others: it is not ready, says why, and pauses nobody.
func TestAReplicaWithoutTheKeyLeavesTheConnectionToOthers(t *testing.T) {
	o := newOffice(t)
	o.signIn(o.startUnready("sign it in"))
	o.await("ready", func() bool { return o.health.Readiness().OK() })
	for name, keys := range map[string]string{"keyless": "", "wrong": keyring.NewKey()} {
		health, stop := o.replica(name, keys)
		o.await("it keeps out", func() bool {
			return !health.Readiness().OK() && strings.Contains(health.Readiness().Checks["connections"], "key_missing")
		})
		require.Contains(t, health.Readiness().Checks["connections"], "TRADEPOST_SECRETS_KEY")
		o.await("it is in the log", func() bool {
			return strings.Contains(o.log.String(), "replica="+name) && strings.Contains(o.log.String(), "code=connection.key_missing")
		})
		before := o.posted()
		o.sendOne()
		o.awaitSettled("acme")
		require.Equal(t, before+1, o.posted())
		o.neverPaused()
		missing, err := signins.KeyMissing(t.Context(), o.js, books)
		require.NoError(t, err)
		require.False(t, missing.Nobody, "others have it")
		require.Equal(t, name, missing.Processes[0].Process)
		stop()
		missing, err = signins.KeyMissing(t.Context(), o.js, books)
		require.NoError(t, err)
		require.Nil(t, missing)
	}
}

// The sign-in is encrypted anew with a key that the running process lacks: it leaves the
// connection, what waits is told with the key, and the first process that has it posts.
func TestAReplicaThatLosesTheKeyLeavesTheConnection(t *testing.T) {
	o := newOffice(t)
	config := o.startUnready("sign it in")
	o.signIn(config)
	o.await("ready", func() bool { return o.health.Readiness().OK() })
	added, _, err := keyring.Add(config.Secrets.Key.Reveal())
	require.NoError(t, err)
	promoted, inUse, err := keyring.Promote(added)
	require.NoError(t, err)
	ring, err := keyring.Parse(promoted)
	require.NoError(t, err)
	keeper, err := grant.Open(t.Context(), grant.Options{JS: o.js, Ring: ring})
	require.NoError(t, err)
	_, err = keeper.Reencrypt(t.Context(), o.js, inUse.String())
	require.NoError(t, err)
	o.stand.API.ExpireAccess(o.realm)

	id := o.sendOne()
	o.await("it left", func() bool {
		return strings.Contains(o.health.Readiness().Checks["deliver/connections"], "it needs key "+inUse.String())
	})
	var missing *signins.Missing
	o.await("nobody has the key", func() bool {
		missing, err = signins.KeyMissing(t.Context(), o.js, books)
		return err == nil && missing != nil && missing.Nobody
	})
	require.Contains(t, missing.What(time.UTC), "its invoices wait")
	o.neverPaused()
	o.await("its send is opened", func() bool { return o.record(id) != nil })
	var l *life.Life
	o.await("the invoice waits for it", func() bool {
		l = o.life(id)
		return strings.Contains(l.Waits, "no process of deliver that runs has the key for secrets")
	})
	require.Contains(t, strings.Join(l.Todo, "\n"), "operator: Put that key back")
	require.Equal(t, "pending_accounting", o.status(id))

	o.replica("healthy", promoted)
	o.awaitSettled("acme")
	require.Equal(t, "processed", o.status(id))
	o.neverPaused()
	l = o.life(id)
	require.Empty(t, l.Waits)
}

func (o *office) record(id int64) *tradepostv1.Record {
	o.t.Helper()
	store, err := record.Open(o.t.Context(), o.js)
	require.NoError(o.t, err)
	e, err := store.Get(o.t.Context(), record.Key{Account: "acme", InvoiceID: id})
	require.NoError(o.t, err)
	return e.Record
}

func (o *office) life(id int64) *life.Life {
	o.t.Helper()
	store, err := record.Open(o.t.Context(), o.js)
	require.NoError(o.t, err)
	e, err := store.Get(o.t.Context(), record.Key{Account: "acme", InvoiceID: id})
	require.NoError(o.t, err)
	l, err := life.Of(o.t.Context(), o.js, e, time.UTC)
	require.NoError(o.t, err)
	require.Empty(o.t, l.Missing)
	return l
}
