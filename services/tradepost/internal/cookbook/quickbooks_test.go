package cookbook_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/stage"
	"github.com/tradepost/tradepost/services/deliver/connectors/quickbooksonline"
	"github.com/tradepost/tradepost/services/sandbox"
	"github.com/tradepost/tradepost/services/sandbox/quickbooks"
)

var update = flag.Bool("update", false, "write the golden files anew")

// requireGolden compares all that came out, of which the page shows a part.
func requireGolden(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join("testdata", "quickbooks", name)
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), text)
}

// wire notes what is written to QuickBooks, as it goes over the wire.
type wire struct {
	mu      sync.Mutex
	written []string
}

// RoundTrip implements http.RoundTripper.
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPost {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		var pretty bytes.Buffer
		if err := json.Indent(&pretty, body, "", "  "); err != nil {
			return nil, err
		}
		_, resource, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/v3/company/"), "/")
		w.mu.Lock()
		w.written = append(w.written, fmt.Sprintf("POST /%s\n%s\n", resource, strings.NewReplacer(`\u0026`, "&", `\u003c`, "<", `\u003e`, ">").Replace(pretty.String())))
		w.mu.Unlock()
	}
	return http.DefaultTransport.RoundTrip(r)
}

// company is QuickBooks as the page has it: `sandbox serve --tax --quickbooks`.
func company(t *testing.T) (url, token string, stand *quickbooks.Stand) {
	t.Helper()
	stand = quickbooks.New(quickbooks.Options{
		Book: sandbox.GenerateBook(sandbox.BookOptions{Seed: 1, Invoices: 40, TaxShown: true}), PlainNames: true, Limits: quickbooks.NoLimits(),
	})
	web := httptest.NewServer(stand)
	t.Cleanup(web.Close)
	tokens, err := stand.API.Connect(stand.API.Realms()[0])
	require.NoError(t, err)
	return web.URL, tokens.Access, stand
}

// inQuickBooks makes the kitchen post to a company of its own.
func inQuickBooks(w *wire) func(k *kitchen) {
	return func(k *kitchen) {
		var err error
		c := k.config.Connections[connectionID]
		k.books, err = quickbooksonline.Registration(quickbooksonline.Options{Transport: w}).New(k.t.Context(),
			stage.Settings(k.config, c, slog.New(slog.DiscardHandler)))
		require.NoError(k.t, err)
		k.kind, k.title = "http", "QuickBooks Online"
		k.shown = func(connector.Posted) string {
			w.mu.Lock()
			defer w.mu.Unlock()
			all := strings.Join(w.written, "")
			w.written = nil
			return all
		}
	}
}

// Each recipe for QuickBooks writes what the page shows.
func TestEveryRecipeForQuickBooks(t *testing.T) {
	p := readPage(t, "cookbook-quickbooks.md")
	require.GreaterOrEqual(t, len(p.recipes), 8)
	at, ids := contractor(t)
	for _, r := range p.recipes {
		t.Run(r.title, func(t *testing.T) {
			url, token, stand := company(t)
			realm := stand.API.Realms()[0]
			if strings.Contains(r.title, "Automated") {
				stand.API.Configure(realm, func(s *quickbooks.Settings) { s.SalesTax = quickbooks.TaxAutomated })
			}
			if strings.Contains(r.title, "missing") {
				without(t, stand, "Miscellaneous part")
			}
			p := p
			p.config = strings.ReplaceAll(p.config, "http://localhost:8390", url)
			k := newKitchen(t, at, p, r, []string{"QBO_TOKEN=" + token}, inQuickBooks(&wire{}))
			number, _, _ := strings.Cut(r.title, ".")
			for invoice, came := range k.requireShown(r, ids) {
				requireGolden(t, fmt.Sprintf("%s-%s.txt", number, invoice), came[1])
			}
		})
	}
}

// without takes an item away: under another name it is another one.
func without(t *testing.T, stand *quickbooks.Stand, name string) {
	t.Helper()
	realm := stand.API.Realms()[0]
	for _, o := range stand.API.Objects(realm, "Item") {
		if o["Name"] == name {
			_, err := stand.API.Put(realm, "Item", quickbooks.Object{"Id": o["Id"], "sparse": true, "Name": name + " (old)"})
			require.NoError(t, err)
			return
		}
	}
	require.Fail(t, "no such item", name)
}
