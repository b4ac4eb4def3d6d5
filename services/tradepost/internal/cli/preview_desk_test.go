package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox"
	"github.com/tradepost/tradepost/services/tradepost/internal/preview"
)

// desk is a sandbox whose demo invoices were sent, and a configuration for it. No
// NATS server runs.
type desk struct {
	t       *testing.T
	dir     string
	sandbox *sandbox.Sandbox
	sent    []int64
	// config is what tradepost.yaml holds.
	config map[string]any
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	book := sandbox.DemoBook(1)
	s := sandbox.New(sandbox.Options{Book: book, Configured: true})
	t.Cleanup(s.Close)
	web := httptest.NewServer(s)
	t.Cleanup(web.Close)
	d := &desk{t: t, dir: t.TempDir(), sandbox: s}
	table := func(rows []sandbox.TableRow) map[string]string {
		m := map[string]string{}
		for _, r := range rows {
			m[strconv.FormatInt(r.ID, 10)] = r.Key
		}
		return m
	}
	d.write("mapping.yaml", map[string]any{
		"version":              1,
		"customers":            map[string]any{"match": []string{"external_id", "table"}, "table": table(book.CustomerTable)},
		"items":                map[string]any{"match": []string{"external_id", "table"}, "table": table(book.ItemTable)},
		"accounts":             map[string]any{"receivable": "assets:receivable", "revenue_default": "revenue", "sales_tax": "liabilities:salestax"},
		"tax":                  map[string]any{"mode": "none"},
		"books_closed_through": book.BooksClosedThrough,
	})
	d.config = map[string]any{
		"data_dir": "data",
		"nats":     map[string]any{"url": "nats://127.0.0.1:1"},
		"accounts": map[string]any{"demo": map[string]any{"time_zone": book.TimeZone, "servicetrade": map[string]any{
			"url": web.URL + "/api", "username": sandbox.DefaultUsername, "password": sandbox.DefaultPassword,
			"invoice_entity_type": sandbox.DefaultInvoiceEntityType, "external_system": book.ExternalSystem, "poll_interval": "1s",
		}}},
		"connections": map[string]any{"demo-books": map[string]any{
			"account": "demo", "connector": "hledger", "mapping_file": "mapping.yaml",
			"settings": map[string]any{"journal_dir": "books", "check": "when_installed"},
		}},
	}
	d.write("tradepost.yaml", d.config)
	var err error
	d.sent, err = s.API.SendAll("")
	require.NoError(t, err)
	require.Len(t, d.sent, 40)
	return d
}

func (d *desk) write(name string, content any) {
	d.t.Helper()
	raw, err := yaml.Marshal(content)
	require.NoError(d.t, err)
	require.NoError(d.t, os.WriteFile(filepath.Join(d.dir, name), raw, 0o600))
}

// setUpBooks makes an empty journal directory, as the first use of the connection does.
func (d *desk) setUpBooks() {
	d.t.Helper()
	for name, text := range map[string]string{
		"company.txt": "BOOKS-1\n", "main.journal": "include chart.journal\ninclude invoices/*.journal\n",
		"chart.journal":                 "commodity $1000.00\naccount assets:receivable\naccount revenue\naccount liabilities:salestax\n",
		"invoices/00-tradepost.journal": "; kept\n", "tmp/.keep": "",
	} {
		path := filepath.Join(d.dir, "books", name)
		require.NoError(d.t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(d.t, os.WriteFile(path, []byte(text), 0o600))
	}
}

// preview runs the command, and makes sure that it changed nothing anywhere.
func (d *desk) preview(args ...string) (code int, out, errs string) {
	d.t.Helper()
	before, counts := d.files(), d.sandbox.API.Counts()
	code, out, errs = execute(d.t, append([]string{"preview", "-c", filepath.Join(d.dir, "tradepost.yaml")}, args...)...)
	require.Equal(d.t, before, d.files(), "a preview writes no file")
	require.Equal(d.t, counts, d.sandbox.API.Counts())
	for _, r := range d.sandbox.API.Requests(sandbox.RequestFilter{}) {
		if r.Method != http.MethodGet {
			require.Equal(d.t, "/api/auth", r.Path, r.Method)
		}
	}
	require.Zero(d.t, d.sandbox.API.Sessions(), "it signs out")
	return code, out, errs
}

func (d *desk) files() map[string]string {
	d.t.Helper()
	files := map[string]string{}
	require.NoError(d.t, filepath.WalkDir(d.dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		files[path] = string(raw)
		return err
	}))
	return files
}

// report is preview --json.
func (d *desk) report(args ...string) (*preview.Report, int) {
	d.t.Helper()
	code, out, errs := d.preview(append(args, "--json")...)
	require.Empty(d.t, errs)
	r := &preview.Report{}
	require.NoError(d.t, json.Unmarshal([]byte(out), r))
	return r, code
}

// get asks the sandbox's API as a person does who saves an answer.
func (d *desk) get(path string) []byte {
	d.t.Helper()
	call := func(method, path, body, session string) []byte {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Cookie", "PHPSESSID="+session)
		w := httptest.NewRecorder()
		d.sandbox.ServeHTTP(w, r)
		require.Less(d.t, w.Code, 300, "%s %s: %s", method, path, w.Body)
		return w.Body.Bytes()
	}
	var in struct{ Data struct{ AuthToken string } }
	require.NoError(d.t, json.Unmarshal(call(http.MethodPost, "/api/auth",
		fmt.Sprintf(`{"username": %q, "password": %q}`, sandbox.DefaultUsername, sandbox.DefaultPassword), ""), &in))
	defer call(http.MethodDelete, "/api/auth", "", in.Data.AuthToken)
	return call(http.MethodGet, path, "", in.Data.AuthToken)
}
