package pipeline_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/services/deliver/connectors/webhook"
	"github.com/tradepost/tradepost/services/deliver/connectors/webhook/receiver"
	"github.com/tradepost/tradepost/services/sandbox"
)

const endpointSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="

// An endpoint of the user's own takes invoices, and now and then loses an answer after it
// made the document, or a request before: each invoice is there once, to the cent.
func TestAnEndpointThatLosesAnswers(t *testing.T) {
	key, err := webhook.ParseSecret(endpointSecret)
	require.NoError(t, err)
	p := newPlant(t)
	s := p.add("acme", 7)
	books := filepath.Join(p.dir, "endpoint")
	require.NoError(t, os.Mkdir(books, 0o750))
	own := &receiver.Receiver{Dir: books, Keys: []webhook.Key{key}, CompanyID: "acme", CompanyName: "Acme"}
	var posts, lost atomic.Int64
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			own.ServeHTTP(w, r)
			return
		}
		switch posts.Add(1) % 7 {
		case 2: // after the commit
			own.ServeHTTP(httptest.NewRecorder(), r)
			lost.Add(1)
			panic(http.ErrAbortHandler)
		case 5: // before it
			lost.Add(1)
			panic(http.ErrAbortHandler)
		}
		own.ServeHTTP(w, r)
	}))
	t.Cleanup(web.Close)
	p.connections["acme-books"] = map[string]any{
		"account": "acme", "connector": "webhook", "mapping_file": "acme.yaml",
		"settings": map[string]any{"url": web.URL, "secrets": []string{endpointSecret}, "call_timeout": "5s", "parallel": 4, "atomic_marker": true},
	}
	p.put("acme.yaml", mappingOf(s.API.Book()))
	p.start()
	ids := p.send("acme", 14)
	p.awaitSettled("acme")
	require.GreaterOrEqual(t, lost.Load(), int64(3))
	requirePaper(t, p, books, len(ids))
	require.NotContains(t, p.log.String(), endpointSecret)
}

// An endpoint that announces it takes the edit of a posted invoice in its place, and makes
// it void later, each once, although the first answer to each write is lost.
func TestAnEndpointChangesAndVoidsWhatWasPosted(t *testing.T) {
	key, err := webhook.ParseSecret(endpointSecret)
	require.NoError(t, err)
	p := newPlant(t)
	s := p.add("acme", 7)
	books := filepath.Join(p.dir, "endpoint")
	require.NoError(t, os.Mkdir(books, 0o750))
	own := &receiver.Receiver{Dir: books, Keys: []webhook.Key{key}, CompanyID: "acme"}
	var keys sync.Map
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, again := keys.LoadOrStore(r.Header.Get(webhook.HeaderKey), true); again || r.Method == http.MethodGet {
			own.ServeHTTP(w, r)
			return
		}
		own.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	}))
	t.Cleanup(web.Close)
	p.accounts["acme"].(map[string]any)["servicetrade"].(map[string]any)["webhook_secret"] = "0123456789abcdef0123456789abcdef"
	p.connections["acme-books"] = map[string]any{
		"account": "acme", "connector": "webhook", "mapping_file": "acme.yaml", "resend": "update",
		"settings": map[string]any{"url": web.URL, "secrets": []string{endpointSecret}, "call_timeout": "5s", "can": []string{"update", "void"}},
	}
	mapping := mappingOf(s.API.Book())
	mapping["policy"] = map[string]any{"voided": "void"}
	p.put("acme.yaml", mapping)
	p.start()
	id := p.send("acme", 1)[0]
	p.awaitSettled("acme")
	before := sheetOf(t, books, id)

	inv, err := s.API.Invoice(id)
	require.NoError(t, err)
	lines := slices.Clone(inv.Lines)
	lines[0].Price = sandbox.NewAmount(lines[0].Price.Add(decimal.NewFromInt(10)).String())
	_, err = s.API.Edit(id, sandbox.InvoiceEdit{Lines: &lines})
	require.NoError(t, err)
	require.NoError(t, s.API.Send("", id))
	p.awaitSettled("acme")
	inv, err = s.API.Invoice(id)
	require.NoError(t, err)
	require.Equal(t, "processed", inv.Status)
	after := sheetOf(t, books, id)
	require.Equal(t, inv.Total.StringFixed(2), after.Document.Totals.Total)
	require.NotEqual(t, before.Document.Totals.Total, after.Document.Totals.Total)
	require.Equal(t, 1, after.Revision)

	// An event of a send that is still under way is taken for the echo of our own writes.
	p.await("the record is closed", func() bool { return strings.Contains(p.log.String(), "send=2 settlement=processed") })
	require.NoError(t, s.API.Void(id))
	nc, err := nats.Connect("", nats.InProcessServer(p.nats))
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	require.NoError(t, err)
	later := time.Now().Add(time.Minute) // else it might be the echo of our own write
	require.NoError(t, bus.NewPublisher(js, slog.New(slog.DiscardHandler)).Hint(t.Context(), "acme", id, later))
	p.await("the void is told", func() bool { return len(s.API.Comments(id)) == 1 })
	require.Contains(t, s.API.Comments(id)[0].Content, "Made void there: invoice "+inv.Number)
	voided := sheetOf(t, books, id)
	require.True(t, voided.Void)
	require.Equal(t, 2, voided.Revision)
}

// sheet is the file of an endpoint's document.
type sheet struct {
	Revision int
	Void     bool
	Document struct{ Totals struct{ Total string } }
}

// sheetOf is the one file of an invoice.
func sheetOf(t *testing.T, books string, id int64) (one sheet) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(books, fmt.Sprintf("st-acme-%d*", id)))
	require.NoError(t, err)
	require.Len(t, names, 1)
	raw, err := os.ReadFile(names[0])
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, &one))
	return one
}
