package e2e

import (
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/services/deliver"
	"github.com/tradepost/tradepost/services/sandbox"
)

// user is a connection with a user's permissions, and what the server refused it.
type user struct {
	t       *testing.T
	nc      *nats.Conn
	js      jetstream.JetStream
	refused chan error
}

func (g *guarded) connectAs(t *testing.T, name, inbox string) *user {
	t.Helper()
	u := &user{t: t, refused: make(chan error, 100)}
	var err error
	u.nc, err = bus.Connect(t.Context(), bus.ConnectOptions{
		URL: g.as(name), Name: inbox, OnPermissionError: func(err error) { u.refused <- err },
	})
	require.NoError(t, err)
	t.Cleanup(u.nc.Close)
	u.js, err = jetstream.New(u.nc)
	require.NoError(t, err)
	return u
}

// refuses tries a publish and expects that the server names it as refused.
func (u *user) refuses(subject string) {
	u.t.Helper()
	require.NoError(u.t, u.nc.Publish(subject, nil))
	u.isRefused(subject)
}

func (u *user) refusesToRead(subject string) {
	u.t.Helper()
	_, err := u.nc.SubscribeSync(subject)
	require.NoError(u.t, err)
	u.isRefused(subject)
}

func (u *user) isRefused(subject string) {
	u.t.Helper()
	select {
	case err := <-u.refused:
		require.ErrorIs(u.t, err, nats.ErrPermissionViolation)
		require.Contains(u.t, err.Error(), `"`+subject+`"`)
	case <-time.After(time.Minute):
		u.t.Errorf("%s was not refused", subject)
	}
}

// Each service does its whole work with the permissions that we ship.
func TestServicesWorkWithTheirPermissions(t *testing.T) {
	g := newGuarded(t, sandbox.DemoBook(7), nil)
	ids := g.sendAll()
	g.awaitSettled(time.Minute)
	g.awaitClosed(ids)
	g.requireRight(ids)
	g.requireOneWriteEach(ids)
	t.Run("operator", func(t *testing.T) { g.requireOperatorCanRetry(t, ids) })
	t.Run("sweeps", func(t *testing.T) { g.requireSweeps(t, len(ids)) })
	t.Run("deliver looks up attempts in doubt", func(t *testing.T) {
		u := g.connectAs(t, "deliver", "deliver")
		stream, err := u.js.Stream(t.Context(), bus.StreamReady)
		require.NoError(t, err)
		_, err = stream.GetMsg(t.Context(), 1)
		require.NoError(t, err)
		later := g.subject(bus.StageReady, ids[0])
		require.NoError(t, bus.NewPublisher(u.js, quiet).Schedule(t.Context(), later, time.Now().Add(time.Hour), retry(1)))
	})
	t.Run("deliver takes permits", g.requirePermits)
	t.Run("preview reads", func(t *testing.T) { g.requirePreviewCanRead(t, ids[0]) })
	t.Run("sign-ins", func(t *testing.T) { g.requireSignIns(t) })
	t.Run("ingest ends polls", func(t *testing.T) {
		require.NoError(t, bus.NewPublisher(g.connectAs(t, "ingest", "ingest").js, quiet).Unschedule(t.Context(), "another"))
	})
	for _, s := range stages {
		status, body := g.procs[s].readiness()
		require.Equal(t, http.StatusOK, status, body)
	}
	for name, p := range g.procs {
		require.NotContains(t, strings.ToLower(p.log.String()), "violation", name)
	}
}

// requireSweeps reads all records, as ingest and reconcile do now and then.
func (g *guarded) requireSweeps(t *testing.T, want int) {
	for _, name := range []string{"ingest", "reconcile"} {
		u := g.connectAs(t, name, name)
		store, err := record.Open(t.Context(), u.js)
		require.NoError(t, err)
		n := 0
		require.NoError(t, store.Each(t.Context(), func(record.Entry) error { n++; return nil }))
		require.Equal(t, want, n)
		require.NoError(t, u.nc.Flush())
		require.Empty(t, u.refused)
	}
}

// requirePreviewCanRead reads what `tradepost preview --diff` reads, as the two users
// that people have.
func (g *guarded) requirePreviewCanRead(t *testing.T, id int64) {
	for _, name := range []string{"operator", "provisioner"} {
		u := g.connectAs(t, name, "preview")
		_, err := deliver.StoredCompany(t.Context(), u.js, connection)
		require.NoError(t, err, name)
		store, err := record.Open(t.Context(), u.js)
		require.NoError(t, err, name)
		e, err := store.Get(t.Context(), record.Key{Account: account, InvoiceID: id})
		require.NoError(t, err, name)
		require.NotNil(t, e.Record, name)
		stream, err := u.js.Stream(t.Context(), bus.StreamReady)
		require.NoError(t, err, name)
		_, err = stream.GetMsg(t.Context(), 1, jetstream.WithGetMsgSubject("invoice.ready.>"))
		require.NoError(t, err, name)
		require.NoError(t, u.nc.Flush())
		require.Empty(t, u.refused, name)
	}
}

// requireOperatorCanRetry does what docs/operating.md tells people to do.
func (g *guarded) requireOperatorCanRetry(t *testing.T, ids []int64) {
	nc, err := nats.Connect(g.as("operator"))
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	require.NoError(t, err)
	var failed int64
	for _, id := range ids {
		if !g.sandbox.API.Book().Expected[id].Posted() {
			failed = id
		}
	}
	body, err := bus.Encode(retry(g.record(failed).GetSend()))
	require.NoError(t, err)
	_, err = js.Publish(t.Context(), g.subject(bus.StageCommand, failed).String(), body)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		r := g.record(failed)
		return r.GetSend() == 2 && r.GetState() == record.Closed
	}, time.Minute, 50*time.Millisecond)

	kv, err := js.KeyValue(t.Context(), bus.BucketInvoices)
	require.NoError(t, err)
	keys, err := kv.Keys(t.Context())
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(keys), len(ids))
	for info := range js.ListStreams(t.Context()).Info() {
		require.NotEmpty(t, info.Config.Name)
	}
	_, err = js.PauseConsumer(t.Context(), bus.StreamReady, "deliver-"+connection, time.Now().Add(time.Minute))
	require.NoError(t, err)
	_, err = js.ResumeConsumer(t.Context(), bus.StreamReady, "deliver-"+connection)
	require.NoError(t, err)
}

// Whatever is not a service's work the server refuses, and says so by name.
func TestWhatIsNotPermittedIsRefused(t *testing.T) {
	g := newGuarded(t, sandbox.GenerateBook(sandbox.BookOptions{Seed: 1, Invoices: 1}), nil)
	everyone := []string{
		"$JS.API.STREAM.DELETE.INVOICE_READY", "$JS.API.STREAM.CREATE.MINE", "$JS.API.STREAM.UPDATE.INVOICE_READY",
		"$JS.API.STREAM.PURGE.INVOICE_READY", "$JS.API.STREAM.MSG.DELETE.INVOICE_READY", "$JS.API.STREAM.SNAPSHOT.KV_invoices",
		"$JS.API.STREAM.PURGE.KV_invoices", "invoice", "elsewhere.x", "$JS.API.CONSUMER.DELETE.INVOICE_READY.deliver-acme-books",
	}
	for name, others := range map[string][]string{
		"ingest": {
			"invoice.later.acme-books.1", "invoice.outcome.acme-books.1", "invoice.settled.acme-books.1", "invoice.command.acme-books.1",
			"$KV.connections.acme-books", "$KV.grants.acme-books", "$JS.API.CONSUMER.MSG.NEXT.INVOICE_READY.deliver-acme-books", "$JS.ACK.INVOICE_READY.x.1.1.1.1.1",
			"$JS.API.CONSUMER.CREATE.INVOICE_RECEIVED.transform.invoice.received.>",
		},
		"transform": {
			"invoice.received.acme-books.1", "invoice.later.acme-books.1", "invoice.attempt.acme-books.1", "invoice.settled.acme-books.1",
			"poll.tick.acme", "$KV.connections.acme-books", "$KV.grants.acme-books", "$JS.API.CONSUMER.CREATE.INVOICE_RECEIVED.another.x",
			"$JS.API.CONSUMER.MSG.NEXT.INVOICE_OUTCOME.reconcile-acme-books", "$JS.API.CONSUMER.CREATE.KV_invoices.x",
		},
		"deliver": {
			"invoice.received.acme-books.1", "invoice.settled.acme-books.1", "poll.hint.acme.1",
			"$JS.API.CONSUMER.MSG.NEXT.INVOICE_RECEIVED.transform", "$JS.ACK.INVOICE_OUTCOME.x.1.1.1.1.1",
		},
		"reconcile": {
			"invoice.received.acme-books.1", "invoice.ready.acme-books.1", "invoice.outcome.acme-books.1", "invoice.refused.acme-books.1",
			"$KV.connections.acme-books", "$KV.grants.acme-books", "$JS.API.CONSUMER.MSG.NEXT.INVOICE_READY.deliver-acme-books", "poll.tick.acme",
		},
	} {
		t.Run(name, func(t *testing.T) {
			u := g.connectAs(t, name, name)
			for _, subject := range append(others, everyone...) {
				u.refuses(subject)
			}
			for _, subject := range []string{"invoice.>", "_INBOX.>", "_INBOX_provisioner.>", "$KV.>", ">"} {
				u.refusesToRead(subject)
			}
			for _, other := range stages {
				if other != name {
					u.refusesToRead("_INBOX_" + other + ".>")
				}
			}
		})
	}
	t.Run("operator", func(t *testing.T) {
		u := g.connectAs(t, "operator", "operator")
		for _, subject := range append(everyone[:len(everyone)-1], "$KV.invoices.acme.1", "poll.tick.acme") {
			u.refuses(subject)
		}
	})
	t.Run("provisioner", func(t *testing.T) {
		u := g.connectAs(t, "provisioner", "doctor")
		u.refuses("$JS.API.STREAM.DELETE.INVOICE_READY")
		u.refuses("invoice.ready.acme-books.1")
		u.refuses("$KV.invoices.acme.1")
		u.refusesToRead("invoice.>")
	})
	t.Run("nobody", func(t *testing.T) {
		_, err := nats.Connect("nats://" + g.address)
		require.ErrorIs(t, err, nats.ErrAuthorization)
	})
}

// A service that lacks a permission is not ready and says which; what it could not do
// is done when it has it.
func TestAMissingPermissionShowsInReadiness(t *testing.T) {
	g := newGuarded(t, sandbox.GenerateBook(sandbox.BookOptions{Seed: 5, Invoices: 10}), func(text string) string {
		return strings.Replace(text, `"invoice.ready.>", "invoice.outcome.>", "invoice.command.>"`, `"invoice.command.>"`, 1)
	})
	ids := g.sendAll()
	require.Eventually(t, func() bool {
		status, body := g.procs["transform"].readiness()
		return status == http.StatusServiceUnavailable && strings.Contains(strings.ToLower(body), "permissions violation") &&
			strings.Contains(body, "invoice.ready."+connection)
	}, time.Minute, 50*time.Millisecond)
	for _, s := range []string{"ingest", "deliver", "reconcile"} {
		status, body := g.procs[s].readiness()
		require.Equal(t, http.StatusOK, status, body)
	}
	g.permit(nil)
	require.NoError(t, g.procs["nats-server"].cmd.Process.Signal(syscall.SIGHUP))
	g.procs["transform"].end(syscall.SIGTERM)
	g.procs["transform"].start()
	g.awaitReady()
	g.awaitSettled(2 * time.Minute)
	g.awaitClosed(ids)
	g.requireRight(ids)
	g.requireOneWriteEach(ids)
}
