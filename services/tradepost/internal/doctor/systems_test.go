package doctor_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/servicetrade"
	"github.com/tradepost/tradepost/pkg/signin"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/sandbox"
	"github.com/tradepost/tradepost/services/tradepost/internal/doctor"
)

func TestNATS(t *testing.T) {
	t.Run("own", func(t *testing.T) {
		found := only(t, newWorld(t, sandbox.Options{}).run(), "nats", "server")
		require.Equal(t, doctor.OK, found.Status)
		require.Contains(t, found.Looked, "`tradepost up` runs its own server")
	})
	t.Run("own that runs", func(t *testing.T) {
		w := newWorld(t, sandbox.Options{})
		broker := bustest.Server(t, func(o *server.Options) { o.ServerName = "tradepost" })
		broker.JS(t)
		w.options.OwnNATS = broker.URL()
		r := w.run()
		require.Contains(t, only(t, r, "nats", "server").Looked, "the one inside `tradepost up`")
		require.Equal(t, doctor.OK, only(t, r, "nats", "streams").Status)
	})
	t.Run("a stranger at its place", func(t *testing.T) {
		w := newWorld(t, sandbox.Options{})
		w.options.OwnNATS = bustest.Server(t).URL()
		require.Contains(t, of(w.run(), "nats", "server")[1].Fix, "--nats-listen")
	})
	t.Run("away", func(t *testing.T) {
		w := newWorld(t, sandbox.Options{})
		w.nats["url"] = "nats://bob:s3cret@127.0.0.1:1"
		r := w.run()
		require.Equal(t, doctor.Fail, only(t, r, "nats", "server").Status)
		require.NotContains(t, r.Text(100, nil), "s3cret")
	})
	t.Run("without JetStream", func(t *testing.T) {
		w := newWorld(t, sandbox.Options{})
		w.nats["url"] = bustest.Server(t, func(o *server.Options) { o.JetStream = false }).URL()
		require.Contains(t, of(w.run(), "nats", "server")[1].Problem, "JetStream switched off")
	})
	t.Run("without permission", func(t *testing.T) {
		w := newWorld(t, sandbox.Options{})
		w.nats["url"] = bustest.Server(t, func(o *server.Options) { o.Authorization = "token" }).URL()
		require.Contains(t, only(t, w.run(), "nats", "server").Fix, "credentials_file")
	})
}

func TestStreams(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	broker := bustest.Server(t)
	js := broker.BareJS(t)
	w.nats["url"] = broker.URL()
	missing := only(t, w.run(), "nats", "streams")
	require.Equal(t, doctor.Fail, missing.Status)
	require.Contains(t, missing.Problem, "stream INVOICE_READY")
	require.Contains(t, missing.Problem, "bucket invoices")
	require.Equal(t, "Run: tradepost nats apply", missing.Fix)
	names := js.StreamNames(t.Context())
	require.Empty(t, <-names.Name(), "doctor made nothing")

	js = broker.JS(t)
	config := bus.Streams(1)[0]
	config.MaxAge = time.Hour
	_, err := js.UpdateStream(t.Context(), config)
	require.NoError(t, err)
	bucket := bus.Buckets(1)[0]
	bucket.History = 2
	_, err = js.UpdateKeyValue(t.Context(), bucket)
	require.NoError(t, err)
	found := of(w.run(), "nats", "streams")
	require.Len(t, found, 2)
	require.Contains(t, found[0].Problem, "max_age is 1h0m0s, wanted 2160h0m0s")
	require.Contains(t, found[1].Problem, "history is 2, wanted 5")
}

func TestConnectorSettings(t *testing.T) {
	for name, test := range map[string]struct {
		change         func(w *world)
		check, problem string
	}{
		"unknown key":     {func(w *world) { w.conn["settings"] = object{"journal_dri": "books"} }, "settings", "journal_dri"},
		"missing":         {func(w *world) { w.conn["settings"] = object{} }, "settings", "journal_dir: is missing"},
		"program missing": {func(w *world) { w.conn["settings"] = object{"journal_dir": "b", "program": "/nowhere/hledger"} }, "books", "/nowhere/hledger"},
		"unknown":         {func(w *world) { w.conn["connector"] = "hleger" }, "settings", "not known"},
		"disabled":        {func(w *world) { w.conn["enabled"] = false }, "enabled", "its invoices wait"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{})
			test.change(w)
			require.Contains(t, only(t, w.run(), onBooks, test.check).Problem, test.problem)
		})
	}
}

func TestCompany(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	broker := bustest.Server(t)
	js := broker.JS(t)
	w.nats["url"] = broker.URL()
	company := func() doctor.Result { return only(t, w.run(), onBooks, "company") }

	require.Equal(t, doctor.Skip, company().Status)
	_, err := os.Stat(filepath.Join(w.dir, "books"))
	require.ErrorIs(t, err, os.ErrNotExist, "doctor sets no books up")

	store(t, js, `{"connection":"acme-books","companyId":"OTHER","companyName":"old books"}`)
	gone := company()
	require.Equal(t, doctor.Fail, gone.Status)
	require.Contains(t, gone.Looked, "old books (OTHER)")
	require.Contains(t, only(t, w.run(), onBooks, "books").Looked, "the books themselves were not seen")

	now := w.setUpBooks()
	changed := company()
	require.Equal(t, "connection.company_changed", changed.Code)
	require.Contains(t, changed.Problem, now.ID)

	store(t, js, `{"connection":"acme-books","pause":{"by":"operator","reason":"year end"}}`)
	r := w.run()
	require.Contains(t, only(t, r, onBooks, "company").Looked, "was never used")
	require.Contains(t, only(t, r, onBooks, "pause").Problem, "paused by operator: year end")
}

func TestBooksThatMayHaveBeenThere(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	company := func() doctor.Result { return only(t, w.run(), onBooks, "company") }
	require.Equal(t, doctor.Skip, company().Status, "tradepost up never ran here")
	require.NoError(t, os.MkdirAll(filepath.Join(w.dir, "data", "nats"), 0o700))
	r := company()
	require.Equal(t, doctor.Warn, r.Status)
	require.Contains(t, r.Problem, "whether the connection had some is not known")
	require.Contains(t, r.Fix, "TRADEPOST_NATS_URL")

	w.conn["settings"] = object{"journal_dir": "not/there/yet", "check": "when_installed"}
	report := w.run()
	require.Equal(t, "books.missing", only(t, report, onBooks, "books").Code)
	require.NotContains(t, report.Text(doctor.MaxWidth, nil), "nothing against posting")
}

// deaf is a connector whose check never ends.
type deaf struct {
	connector.Connector
	ends chan struct{}
}

func (d deaf) Check(context.Context) []*tradepostv1.Fault {
	<-d.ends
	return nil
}

func (d deaf) Describe() connector.Descriptor { return connector.Descriptor{Title: "deaf"} }

func TestConnectorThatHangsIsBounded(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	ends := make(chan struct{})
	t.Cleanup(func() { close(ends) })
	registry, err := connector.NewRegistry(connector.Registration{
		Kind: "deaf", New: func(context.Context, connector.Settings) (connector.Connector, error) { return deaf{ends: ends}, nil },
	})
	require.NoError(t, err)
	w.conn["connector"], w.options.Connectors, w.options.Limit = "deaf", registry, 2*time.Second
	r := w.run()
	require.Equal(t, "no answer within 2s", only(t, r, onBooks, "books").Problem)
	require.Equal(t, doctor.Skip, only(t, r, onBooks, "company").Status)
	require.Equal(t, doctor.OK, only(t, r, onAccount, "sign-in").Status, "the others went on")
}

// A connector is told which company it was first used with, as deliver tells it.
func TestConnectorIsToldItsCompany(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	broker := bustest.Server(t)
	w.nats["url"] = broker.URL()
	store(t, broker.JS(t), `{"connection":"acme-books","companyId":"realm-1","companyName":"Acme"}`)
	var told connector.Settings
	registry, err := connector.NewRegistry(connector.Registration{
		Kind: "told", New: func(_ context.Context, s connector.Settings) (connector.Connector, error) {
			told = s
			return nil, errors.New("enough")
		},
	})
	require.NoError(t, err)
	w.conn["connector"], w.options.Connectors = "told", registry
	w.run()
	require.Equal(t, "acme-books", told.Connection)
	require.Equal(t, "realm-1", told.Company)
}

func TestMappingHints(t *testing.T) {
	for name, test := range map[string]struct {
		change func(w *world)
		status doctor.Status
		text   string
	}{
		"no date":    {func(w *world) { delete(w.mapping, "books_closed_through") }, doctor.Warn, "is not set"},
		"old date":   {func(w *world) { w.mapping["books_closed_through"] = "2024-12-31" }, doctor.Warn, "year and a half"},
		"today":      {func(w *world) { w.mapping["books_closed_through"] = "2026-11-22" }, doctor.Warn, "of today (2026-11-22) are refused"},
		"no default": {func(w *world) { delete(w.mapping, "items") }, doctor.Warn, "items.default is not set"},
		"never found": {func(w *world) {
			w.account["external_system"] = ""
			w.mapping["customers"] = object{"match": []string{"external_id"}}
			w.mapping["items"] = object{"match": []string{"code"}, "default": "X"}
		}, doctor.Fail, "none will ever be found"},
		"half used": {func(w *world) {
			w.account["external_system"] = ""
			w.mapping["items"] = object{"match": []string{"code"}, "default": "X"}
		}, doctor.Warn, "only the other ways are used"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{})
			test.change(w)
			found := of(w.run(), onBooks, "mapping")
			require.Len(t, found, 2)
			require.Equal(t, test.status, found[1].Status)
			require.Contains(t, found[1].Problem, test.text)
		})
	}
}

func TestWhatTheServicesNotedOfTheirSignIn(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	broker := bustest.Server(t)
	js := broker.JS(t)
	w.nats["url"] = broker.URL()
	require.Empty(t, of(w.run(), onAccount, "shared sign-in"), "nobody has signed in")

	key, err := signin.NewKey(make([]byte, signin.KeySize))
	require.NoError(t, err)
	store, err := signin.Open(t.Context(), js, key, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	url := w.account["url"].(string)
	service := func(password string) *servicetrade.Client {
		return servicetrade.New(servicetrade.Config{
			URL: url, Username: sandbox.DefaultUsername, Password: password, Vault: store.Vault("acme", url, "session", sandbox.DefaultUsername),
			Now: w.options.Now,
		})
	}
	_, err = service("wrong").Login(t.Context())
	require.True(t, servicetrade.IsSignedOut(err))
	told := only(t, w.run(), onAccount, "shared sign-in")
	require.Equal(t, doctor.Warn, told.Status)
	require.Equal(t, "the services wait since 2026-11-22 12:00 UTC: wrong credentials, POST /auth (ServiceTrade says: Invalid credentials provided)", told.Problem)
	require.Contains(t, told.Fix, "user "+sandbox.DefaultUsername)
	require.Equal(t, doctor.OK, only(t, w.run(), onAccount, "sign-in").Status, "doctor has the right password")

	at := w.options.Now()
	w.options.Now = func() time.Time { return at.Add(time.Hour) }
	require.Empty(t, of(w.run(), onAccount, "shared sign-in"), "nobody tries it any more")

	mended := service(sandbox.DefaultPassword)
	_, err = mended.Login(t.Context())
	require.NoError(t, err)
	require.NoError(t, mended.Logout(t.Context()))
	told = only(t, w.runOpen(1), onAccount, "shared sign-in")
	require.Equal(t, "kept encrypted for all processes: 1 sign-in", told.Looked)
}
