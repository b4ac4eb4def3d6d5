package webhook_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/connector/connectortest"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/deliver/connectors/remote/remotetest"
	"github.com/tradepost/tradepost/services/deliver/connectors/webhook"
	"github.com/tradepost/tradepost/services/deliver/connectors/webhook/receiver"
)

const (
	secret   = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="
	callTime = 3 * time.Second
)

// endpoint is the reference receiver behind a network that can be told to fail.
type endpoint struct {
	receiver.Receiver
	lose, fail, slow atomic.Bool
	// answer is given in place of the receiver's, where it is not 0.
	answer atomic.Int64
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if status := e.answer.Load(); status != 0 {
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(int(status))
		return
	}
	if req.Method == http.MethodGet {
		e.Receiver.ServeHTTP(w, req)
		return
	}
	into := w
	if e.lose.Load() || e.fail.Load() || e.slow.Load() {
		into = httptest.NewRecorder()
	}
	e.Receiver.ServeHTTP(into, req)
	switch {
	case e.lose.Load():
		panic(http.ErrAbortHandler)
	case e.fail.Load():
		w.WriteHeader(http.StatusInternalServerError)
	case e.slow.Load():
		<-req.Context().Done()
	}
}

func key(t *testing.T, secret string) webhook.Key {
	t.Helper()
	k, err := webhook.ParseSecret(secret)
	require.NoError(t, err)
	return k
}

func connect(t *testing.T, url string, change func(*webhook.Config)) connector.Connector {
	t.Helper()
	c := webhook.Config{
		URL: url, Secrets: []connection.Secret{connection.NewSecret(secret)}, Title: "Receiver", CallTimeout: callTime, Parallel: 8, AtomicMarker: true,
		Can: webhook.Abilities, Lists: []string{"customer", "item"},
	}
	if change != nil {
		change(&c)
	}
	made, err := webhook.New(c, connector.Settings{Connection: "kit-books", Account: "kit"})
	require.NoError(t, err)
	t.Cleanup(func() { _ = made.Close() })
	return made
}

func newEndpoint(t *testing.T) (*endpoint, string) {
	t.Helper()
	e := &endpoint{Receiver: receiver.Receiver{Dir: t.TempDir(), Keys: []webhook.Key{key(t, secret)}, CompanyID: uuid.NewString(), CompanyName: "Kit"}}
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	return e, server.URL
}

// The reference receiver, and so the connector, pass the kit.
func TestConformance(t *testing.T) {
	connectortest.Run(t, connectortest.Harness{
		New: newTarget, Sample: remotetest.Sample,
		AddTax: func(d *tradepostv1.Document, amount string) {
			d.Taxes = []*tradepostv1.Tax{{Name: "Sales tax", Amount: amount, Source: tradepostv1.TaxSource_TAX_SOURCE_AS_BILLED}}
		},
		Faults: map[string]func(*tradepostv1.Document){"currency.not_in_books": func(d *tradepostv1.Document) { d.Currency = "EUR" }},
		Lacks: map[connectortest.Capability]string{
			connectortest.UniqueNumbers:    "two files may carry the same number",
			connectortest.KnownAccounts:    "there is no chart of accounts",
			connectortest.KnownCustomers:   "there is no list of customers",
			connectortest.HiddenWrites:     "a file is there as soon as it is linked",
			connectortest.ReportsCustomers: "an endpoint tells no customers",
			connectortest.PeriodLists:      "an endpoint has no lists of documents",
			connectortest.ChangeLists:      "an endpoint has no lists of documents",
			connectortest.HandOvers:        "what an endpoint answers is final",
		},
	})
}

func newTarget(t *testing.T) connectortest.Target {
	e, url := newEndpoint(t)
	own := func(marker string) string { return filepath.Join(e.Dir, marker+".json") }
	read := func(marker string) string {
		raw, err := os.ReadFile(own(marker))
		require.NoError(t, err)
		return string(raw)
	}
	status := func(code int) func(bool) {
		return func(on bool) {
			e.answer.Store(0)
			if on {
				e.answer.Store(int64(code))
			}
		}
	}
	return connectortest.Target{
		Connector: connect(t, url, nil), Reopen: func() connector.Connector { return connect(t, url, nil) },
		Count:       func(marker string) int { return count(t, e.Dir, marker) },
		ReadBack:    func(marker string) connectortest.Kept { return kept(t, read(marker)) },
		Copy:        func(marker string) { write(t, filepath.Join(e.Dir, marker+"~2.json"), read(marker)) },
		Delete:      func(marker string) { require.NoError(t, os.Remove(own(marker))) },
		Tamper:      func(marker string) { write(t, own(marker), strings.ReplaceAll(read(marker), `"20.00"`, `"21.00"`)) },
		LoseAnswers: e.lose.Store, FailAfterCommit: e.fail.Store, SlowDown: e.slow.Store,
		Troubles: map[string]func(bool){
			connector.ReasonThrottled: status(http.StatusTooManyRequests), connector.ReasonSignedOut: status(http.StatusUnauthorized),
			connector.ReasonUnreachable: status(http.StatusNotFound),
		},
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
}

func count(t *testing.T, dir, marker string) int {
	t.Helper()
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	n := 0
	for _, f := range files {
		if f.Name() == marker+".json" || strings.HasPrefix(f.Name(), marker+"~") {
			n++
		}
	}
	return n
}

func kept(t *testing.T, file string) connectortest.Kept {
	t.Helper()
	var content struct {
		Document struct {
			Lines  []struct{ Description, Amount string }
			Totals struct{ Tax string }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(file), &content))
	kept := connectortest.Kept{Tax: content.Document.Totals.Tax}
	for _, ln := range content.Document.Lines {
		kept.Lines = append(kept.Lines, connectortest.KeptLine{Description: ln.Description, Amount: ln.Amount})
	}
	return kept
}
