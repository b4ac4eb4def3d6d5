package pipeline_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"log/slog"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/services/deliver"
	"github.com/tradepost/tradepost/services/ingest"
	"github.com/tradepost/tradepost/services/reconcile"
	"github.com/tradepost/tradepost/services/sandbox"
	"github.com/tradepost/tradepost/services/transform"
)

// town is a ServiceTrade whose customers have no external ids, a NATS server, and
// the four stages between it and the books of a connection.
type town struct {
	t       *testing.T
	sandbox *sandbox.Sandbox
	broker  *bustest.Broker
	js      jetstream.JetStream
	config  *connection.Config
	log     *lockedBuffer
	// connectors are what deliver has.
	connectors *connector.Registry
	ids        []int64 // of all invoices that can be sent
	companies  map[int64]string
}

// newTown makes one whose connection has this connector and settings, and finds
// customers by match. Nothing runs yet.
func newTown(t *testing.T, o sandbox.Options, kind string, settings map[string]any, match ...string) *town {
	t.Helper()
	book := sandbox.GenerateBook(sandbox.BookOptions{Seed: 3, Invoices: 16, MaxLines: 3})
	w := &town{t: t, broker: bustest.Server(t), log: &lockedBuffer{}, companies: map[int64]string{}}
	for i := range book.Companies {
		book.Companies[i].ExternalIDs = nil
		w.companies[book.Companies[i].ID] = book.Companies[i].Name
	}
	o.Book, o.Configured = book, true
	w.sandbox = sandbox.New(o)
	web := httptest.NewServer(w.sandbox)
	t.Cleanup(web.Close)
	w.js = w.broker.JS(t)
	for _, inv := range w.sandbox.API.Invoices("ok") {
		if inv.Type == "invoice" {
			w.ids = append(w.ids, inv.ID)
		}
	}
	w.configure(web.URL+"/api", book, kind, settings, match)
	return w
}

func (w *town) configure(url string, book *sandbox.Book, kind string, settings map[string]any, match []string) {
	w.t.Helper()
	items := map[string]string{}
	for _, r := range book.ItemTable {
		items[strconv.FormatInt(r.ID, 10)] = r.Key
	}
	dir := w.t.TempDir()
	write := func(name string, content any) {
		text, err := yaml.Marshal(content)
		require.NoError(w.t, err)
		require.NoError(w.t, os.WriteFile(filepath.Join(dir, name), text, 0o600))
	}
	key := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32))
	require.NoError(w.t, os.WriteFile(filepath.Join(dir, "secrets.key"), []byte(key), 0o600))
	write("tradepost.yaml", map[string]any{
		"nats": map[string]any{"url": w.broker.URL()}, "http": map[string]any{"listen": "off"},
		"secrets": map[string]any{"key_file": "secrets.key"},
		"accounts": map[string]any{"acme": map[string]any{"time_zone": book.TimeZone, "servicetrade": map[string]any{
			"url": url, "username": sandbox.DefaultUsername, "password": sandbox.DefaultPassword,
			"invoice_entity_type": sandbox.DefaultInvoiceEntityType, "poll_interval": "1s", "external_system": book.ExternalSystem,
		}}},
		"connections": map[string]any{"acme-books": map[string]any{
			"account": "acme", "connector": kind, "mapping_file": "mapping.yaml", "settings": settings, "write_external_ids": true,
		}},
	})
	write("mapping.yaml", map[string]any{
		"version": 1, "customers": map[string]any{"match": match},
		"items":    map[string]any{"match": []string{"external_id", "table"}, "table": items},
		"accounts": map[string]any{"receivable": "assets:receivable", "revenue_default": "revenue"},
		"tax":      map[string]any{"mode": "none"},
	})
	var err error
	w.config, err = connection.Load(filepath.Join(dir, "tradepost.yaml"), nil)
	require.NoError(w.t, err)
}

// start runs a stage until stop is called, at the latest until the test ends.
func (w *town) start(name string) (stop func()) {
	w.t.Helper()
	build := map[string]runtime.Build{
		"ingest":    func(ctx context.Context, d runtime.Deps) (runtime.Service, error) { return ingest.New(ctx, d) },
		"transform": func(ctx context.Context, d runtime.Deps) (runtime.Service, error) { return transform.New(ctx, d) },
		"reconcile": func(ctx context.Context, d runtime.Deps) (runtime.Service, error) { return reconcile.New(ctx, d) },
		"deliver": func(ctx context.Context, d runtime.Deps) (runtime.Service, error) {
			return deliver.New(ctx, d, w.connectors)
		},
	}[name]
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- runtime.Run(ctx, runtime.Options{Name: name, Config: w.config, Log: slog.New(slog.NewTextHandler(w.log, nil))}, build)
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(w.t, <-done)
	})
	w.t.Cleanup(stop)
	return stop
}

// startAll runs the pipeline with so many replicas of deliver.
func (w *town) startAll(delivers int) (stopDeliver func()) {
	w.t.Helper()
	for _, name := range []string{"reconcile", "transform", "ingest"} {
		w.start(name)
	}
	for range delivers {
		stopDeliver = w.start("deliver")
	}
	return stopDeliver
}

// send has invoices sent, and waits until they are processed.
func (w *town) send(ids ...int64) {
	w.t.Helper()
	require.NoError(w.t, w.sandbox.API.Send("", ids...))
	w.await("the invoices are processed", func(a *sandbox.API) bool {
		for _, id := range ids {
			if inv, err := a.Invoice(id); err != nil || inv.Status != "processed" {
				return false
			}
		}
		return true
	})
}

func (w *town) await(what string, done func(a *sandbox.API) bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 60*time.Second)
	defer cancel()
	require.NoError(w.t, w.sandbox.API.Await(ctx, done), what)
}

// payers returns the companies of invoices.
func (w *town) payers(ids ...int64) map[int64]string {
	w.t.Helper()
	all := map[int64]string{}
	for _, id := range ids {
		inv, err := w.sandbox.API.Invoice(id)
		require.NoError(w.t, err)
		all[inv.CustomerID] = w.companies[inv.CustomerID]
	}
	return all
}

// written returns the PUTs of external ids that ServiceTrade was sent, by path.
func (w *town) written() map[string][]sandbox.Request {
	puts := map[string][]sandbox.Request{}
	for _, r := range w.sandbox.API.Requests(sandbox.RequestFilter{Method: "PUT", Prefix: "/api/externalid/"}) {
		puts[r.Path] = append(puts[r.Path], r)
	}
	return puts
}

// awaitIDs waits until each of the companies has the id that the books know it by.
func (w *town) awaitIDs(of map[int64]string, id func(name string) string) {
	w.t.Helper()
	missing := maps.Clone(of)
	w.await("the external ids are written", func(*sandbox.API) bool {
		for company, name := range missing {
			if w.externalID(company) == id(name) {
				delete(missing, company)
			}
		}
		return len(missing) == 0
	})
}
