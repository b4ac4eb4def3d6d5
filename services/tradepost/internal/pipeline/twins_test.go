package pipeline

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/pause"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/services/sandbox"
)

// mood is how the books of the connection "slow-books" behave.
type mood string

const (
	moodFine mood = "fine"
	// moodHangs: no call ever returns.
	moodHangs mood = "hangs"
	// moodSignedOut: every call says that the connection is signed out.
	moodSignedOut mood = "signed out"
)

// shelf is an accounting system in memory.
type shelf struct {
	mood atomic.Value
	// calls counts what got as far as the books.
	calls atomic.Int64
	over  <-chan struct{} // ends what hangs
	mu    sync.Mutex
	docs  map[string]connector.Found // by marker
}

func (s *shelf) Describe() connector.Descriptor {
	return connector.Descriptor{Kind: "shelf", Title: "Shelf", CallTimeout: 2 * time.Minute, MaxInFlight: 4}
}

func (s *shelf) Company(context.Context) (connector.Company, error) {
	return connector.Company{ID: "shelf", Name: "Shelf"}, nil
}

func (s *shelf) Check(context.Context) []*tradepostv1.Fault {
	if s.mood.Load() == moodSignedOut {
		return []*tradepostv1.Fault{{Code: "system.signed_out", Message: "signed out"}}
	}
	return nil
}

func (s *shelf) Close() error { return nil }

// trouble is what a call meets before it comes to anything.
func (s *shelf) trouble(ctx context.Context) error {
	s.calls.Add(1)
	switch s.mood.Load() {
	case moodHangs:
		select {
		case <-ctx.Done():
		case <-s.over:
		}
		return fmt.Errorf("the call hung: %w", context.DeadlineExceeded)
	case moodSignedOut:
		return connector.Stop(connector.Wait{Scope: tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION, Reason: connector.ReasonSignedOut, Message: "sign in again"})
	}
	timer := time.NewTimer(bookTime) // what a call to books takes
	defer timer.Stop()
	<-timer.C
	return nil
}

func (s *shelf) Find(ctx context.Context, q connector.Query) ([]connector.Found, error) {
	if err := s.trouble(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if f, ok := s.docs[q.Marker]; ok {
		return []connector.Found{f}, nil
	}
	return nil, nil
}

func (s *shelf) Create(ctx context.Context, p connector.Posting) connector.Answer {
	_ = s.trouble(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	d := p.Document
	s.docs[d.GetMarker()] = connector.Found{
		Kind: d.GetKind(), ID: strconv.Itoa(len(s.docs) + 1), Number: d.GetNumber(), Total: d.GetTotals().GetTotal(), DocumentHash: p.DocumentHash,
	}
	return connector.Posted{Document: s.docs[d.GetMarker()]}
}

// twins is two accounts with a connection each, in one process.
type twins struct {
	t      *testing.T
	sites  map[string]*sandbox.Sandbox // by account
	slow   *shelf                      // the books of slow-books
	store  *record.Store
	pauses *pause.Store
}

// startTwins runs the four stages until the test, or stop, ends them.
func startTwins(t *testing.T, slow mood) (w *twins, stop func()) {
	t.Helper()
	broker := bustest.Server(t)
	js := broker.JS(t)
	w = &twins{t: t, sites: map[string]*sandbox.Sandbox{}}
	dir, over := t.TempDir(), make(chan struct{})
	config := w.configure(dir, broker.URL())
	shelves := map[string]*shelf{}
	for id, m := range map[string]mood{"quick-books": moodFine, "slow-books": slow} {
		shelves[id] = &shelf{over: over, docs: map[string]connector.Found{}}
		shelves[id].mood.Store(m)
	}
	w.slow = shelves["slow-books"]
	registry, err := connector.NewRegistry(connector.Registration{
		Kind: "shelf", Title: "Shelf", New: func(_ context.Context, s connector.Settings) (connector.Connector, error) {
			return shelves[s.Connection], nil
		},
	})
	require.NoError(t, err)
	w.open(js)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- run(ctx, Options{Config: config, Log: slog.New(slog.DiscardHandler)}, registry) }()
	stop = sync.OnceFunc(func() {
		close(over)
		cancel()
		require.NoError(t, bustest.Receive(t, done))
	})
	t.Cleanup(stop)
	return w, stop
}

func (w *twins) open(js jetstream.JetStream) {
	var err error
	w.store, err = record.Open(w.t.Context(), js)
	require.NoError(w.t, err)
	w.pauses, err = pause.Open(w.t.Context(), js)
	require.NoError(w.t, err)
}

// configure writes the configuration of both, and starts their ServiceTrades.
func (w *twins) configure(dir, natsURL string) *connection.Config {
	accounts, connections := map[string]any{}, map[string]any{}
	for i, name := range []string{"quick", "slow"} {
		book := sandbox.GenerateBook(sandbox.BookOptions{Seed: int64(i + 1), Invoices: isolated})
		site := sandbox.New(sandbox.Options{Book: book, Configured: true})
		web := httptest.NewServer(site)
		w.t.Cleanup(web.Close)
		w.sites[name] = site
		accounts[name] = map[string]any{"time_zone": book.TimeZone, "servicetrade": map[string]any{
			"url": web.URL + "/api", "username": sandbox.DefaultUsername, "password": sandbox.DefaultPassword,
			"invoice_entity_type": sandbox.DefaultInvoiceEntityType, "poll_interval": "1s", "external_system": book.ExternalSystem,
		}}
		connections[name+"-books"] = map[string]any{"account": name, "connector": "shelf", "mapping_file": name + ".yaml"}
		w.write(filepath.Join(dir, name+".yaml"), map[string]any{
			"version":   1,
			"customers": map[string]any{"match": []string{"external_id", "table"}, "table": rows(book.CustomerTable)},
			"items":     map[string]any{"match": []string{"external_id", "table"}, "table": rows(book.ItemTable)},
			"tax":       map[string]any{"mode": "none"}, "books_closed_through": book.BooksClosedThrough,
		})
	}
	path := filepath.Join(dir, "tradepost.yaml")
	w.write(path, map[string]any{
		"http": map[string]any{"listen": "off"}, "nats": map[string]any{"url": natsURL},
		"accounts": accounts, "connections": connections,
	})
	key := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32))
	config, err := connection.Load(path, []string{"TRADEPOST_SECRETS_KEY=" + key})
	require.NoError(w.t, err)
	return config
}

func (w *twins) write(path string, content map[string]any) {
	text, err := yaml.Marshal(content)
	require.NoError(w.t, err)
	require.NoError(w.t, os.WriteFile(path, text, 0o600))
}

func rows(table []sandbox.TableRow) map[string]string {
	t := map[string]string{}
	for _, r := range table {
		t[strconv.FormatInt(r.ID, 10)] = r.Key
	}
	return t
}
