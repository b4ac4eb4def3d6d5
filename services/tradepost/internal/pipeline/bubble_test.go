package pipeline_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
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
	plain "github.com/tradepost/tradepost/pkg/connector/connectortest/plainbooks"
	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/services/deliver"
	"github.com/tradepost/tradepost/services/deliver/connectors/hledger"
	"github.com/tradepost/tradepost/services/deliver/connectors/plainbooks"
	"github.com/tradepost/tradepost/services/deliver/connectors/quickbooksonline"
	"github.com/tradepost/tradepost/services/deliver/connectors/sage50"
	"github.com/tradepost/tradepost/services/ingest"
	"github.com/tradepost/tradepost/services/reconcile"
	"github.com/tradepost/tradepost/services/sandbox"
	"github.com/tradepost/tradepost/services/transform"
)

// plainHost is where the plain books are.
const plainHost = "books.test"

var services = []string{"ingest", "transform", "deliver", "reconcile"}

// bubble is a ServiceTrade, a NATS server, books and replicas of the stages in fake
// time. Nothing in it has a socket, since time stands still while one is waited for.
type bubble struct {
	t        *testing.T
	dir      string
	sandbox  *sandbox.Sandbox
	js       jetstream.JetStream
	broker   *bustest.Broker
	hosts    map[string]http.Handler // the books'; every other one is ServiceTrade's
	mapping  map[string]any          // what a test sets in it; nil takes a part out
	kind     string
	settings map[string]any
	resend   string
	config   *connection.Config
	stop     context.CancelFunc
	running  sync.WaitGroup
}

// direct is the network: it hands a call to the sandbox, or to the books of its host, in
// the caller's goroutine.
type direct struct {
	handler http.Handler
	hosts   map[string]http.Handler
}

// RoundTrip implements http.RoundTripper. A handler that panics with
// http.ErrAbortHandler has cut the connection.
func (d direct) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	defer func() {
		if p := recover(); p != nil {
			//nolint:errorlint // net/http compares it in the same way
			if p != http.ErrAbortHandler {
				panic(p)
			}
			resp, err = nil, io.ErrUnexpectedEOF
		}
	}()
	if r.Body == nil {
		r = r.Clone(r.Context())
		r.Body = http.NoBody
	}
	rec := httptest.NewRecorder()
	if books := d.hosts[r.URL.Host]; books != nil {
		books.ServeHTTP(rec, r)
	} else {
		d.handler.ServeHTTP(rec, r)
	}
	_ = r.Body.Close()
	return rec.Result(), r.Context().Err()
}

// inBubble runs a test with a sandbox of so many invoices, and so many replicas of
// every stage, all ready and nothing sent.
func inBubble(t *testing.T, o sandbox.Options, replicas int, test func(b *bubble)) {
	t.Helper()
	inBubbleWith(t, o, nil, replicas, test)
}

// inBubbleWith is inBubble with policies of the mapping.
func inBubbleWith(t *testing.T, o sandbox.Options, policy map[string]string, replicas int, test func(b *bubble)) {
	t.Helper()
	inBubbleOn(t, nil, o, policy, replicas, test)
}

// inBubbleOn is inBubbleWith on plain books; nil is a journal.
func inBubbleOn(t *testing.T, p *plain.Books, o sandbox.Options, policy map[string]string, replicas int, test func(b *bubble)) {
	t.Helper()
	inBubbleOf(t, o, replicas, func(b *bubble) {
		b.mapping = map[string]any{"policy": policy}
		if p != nil {
			b.kind, b.settings, b.hosts = "plainbooks", map[string]any{"url": "http://" + plainHost}, map[string]http.Handler{plainHost: p}
		}
	}, test)
}

// inBubbleOf is inBubble on books that lay sets up; without it on a journal.
func inBubbleOf(t *testing.T, o sandbox.Options, replicas int, lay, test func(b *bubble)) {
	t.Helper()
	network := http.DefaultTransport
	t.Cleanup(func() { http.DefaultTransport = network })
	dir := t.TempDir()
	// The connector reads files again that were changed just now by the clock.
	bustest.FakeTimeFrom(t, time.Now().Add(time.Hour), func(t *testing.T, broker *bustest.Broker) {
		o.Configured, o.LogSize = true, 1e6
		// The whole journal is checked at the end; to check it at every posting takes long.
		b := &bubble{
			t: t, dir: dir, sandbox: sandbox.New(o), broker: broker, kind: "hledger", resend: "reject",
			settings: map[string]any{"journal_dir": "books", "check": "when_installed", "program": "hledger-at-the-end"},
		}
		defer b.sandbox.Close()
		lay(b)
		http.DefaultTransport = direct{b.sandbox, b.hosts}
		b.js = broker.JS(t)
		broker.Ageless(t, b.js)
		b.configure(o.Book)
		ctx, cancel := context.WithCancel(t.Context())
		b.stop = cancel
		defer b.end()
		for n := range replicas {
			for _, name := range services {
				b.start(ctx, name, fmt.Sprintf("%s-%d", name, n))
			}
		}
		test(b)
	})
}

func (b *bubble) configure(book *sandbox.Book) {
	b.t.Helper()
	table := func(rows []sandbox.TableRow) map[string]string {
		m := map[string]string{}
		for _, r := range rows {
			m[strconv.FormatInt(r.ID, 10)] = r.Key
		}
		return m
	}
	mapping := map[string]any{
		"version": 1, "books_closed_through": book.BooksClosedThrough, "tax": map[string]any{"mode": "none"},
		"customers": map[string]any{"match": []string{"external_id", "table"}, "table": table(book.CustomerTable)},
		"items":     map[string]any{"match": []string{"external_id", "table"}, "table": table(book.ItemTable)},
		"accounts":  map[string]any{"receivable": "assets:receivable", "revenue_default": "revenue"},
	}
	maps.Copy(mapping, b.mapping)
	maps.DeleteFunc(mapping, func(_ string, part any) bool { return part == nil })
	b.write("mapping.yaml", mapping)
	b.write("tradepost.yaml", map[string]any{
		"data_dir": "data",
		"accounts": map[string]any{"acme": map[string]any{
			"time_zone": book.TimeZone,
			"servicetrade": map[string]any{
				"url": "http://servicetrade.test/api", "username": sandbox.DefaultUsername, "password": sandbox.DefaultPassword,
				"invoice_entity_type": sandbox.DefaultInvoiceEntityType, "poll_interval": "1m", "external_system": book.ExternalSystem,
			},
		}},
		"connections": map[string]any{"acme-books": map[string]any{
			"account": "acme", "connector": b.kind, "mapping_file": "mapping.yaml", "settings": b.settings, "resend": b.resend,
		}},
	})
	var err error
	b.config, err = connection.Load(filepath.Join(b.dir, "tradepost.yaml"), []string{
		"TRADEPOST_SECRETS_KEY=" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)),
	})
	require.NoError(b.t, err)
}

func (b *bubble) write(name string, content any) {
	b.t.Helper()
	text, err := yaml.Marshal(content)
	require.NoError(b.t, err)
	require.NoError(b.t, os.WriteFile(filepath.Join(b.dir, name), text, 0o600))
}

// start starts one replica of a stage and waits until it is ready.
func (b *bubble) start(ctx context.Context, name, instance string) {
	b.t.Helper()
	health := b.run(ctx, name, instance)
	b.await(time.Minute, func() error {
		if r := health.Readiness(); !r.OK() {
			return fmt.Errorf("%s is not ready: %v", instance, r.Checks)
		}
		return nil
	})
}

// run starts one replica of a stage.
func (b *bubble) run(ctx context.Context, name, instance string) *runtime.Health {
	b.t.Helper()
	connectors, err := connector.NewRegistry(hledger.Registration(), plainbooks.Registration(), sage50.Registration(),
		quickbooksonline.Registration(quickbooksonline.Options{Transport: http.DefaultTransport}))
	require.NoError(b.t, err)
	build := map[string]runtime.Build{
		"ingest": func(ctx context.Context, d runtime.Deps) (runtime.Service, error) { return ingest.New(ctx, d) },
		"transform": func(ctx context.Context, d runtime.Deps) (runtime.Service, error) {
			return transform.New(ctx, d)
		},
		"deliver": func(ctx context.Context, d runtime.Deps) (runtime.Service, error) {
			return deliver.New(ctx, d, connectors)
		},
		"reconcile": func(ctx context.Context, d runtime.Deps) (runtime.Service, error) {
			return reconcile.New(ctx, d)
		},
	}[name]
	health := runtime.NewHealth()
	b.running.Go(func() {
		err := runtime.Run(ctx, runtime.Options{
			Name: name, Config: b.config, InProcess: b.broker, Instance: instance, Health: health, Log: slog.New(slog.DiscardHandler),
		}, build)
		if err != nil {
			b.t.Errorf("%s: %v", instance, err)
		}
	})
	return health
}

func (b *bubble) end() {
	b.stop()
	b.running.Wait()
}

// await looks each second, in fake time.
func (b *bubble) await(limit time.Duration, condition func() error) {
	b.t.Helper()
	deadline := time.Now().Add(limit)
	for {
		err := condition()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			b.t.Fatalf("not within %s: %v", limit, err)
		}
		time.Sleep(time.Second) // fake time
	}
}
