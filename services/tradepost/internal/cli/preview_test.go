package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
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
	d.write("tradepost.yaml", map[string]any{
		"data_dir": "data",
		"nats":     map[string]any{"url": "nats://127.0.0.1:1"},
		"accounts": map[string]any{"demo": map[string]any{"time_zone": book.TimeZone, "servicetrade": map[string]any{
			"url": web.URL + "/api", "username": sandbox.DefaultUsername, "password": sandbox.DefaultPassword,
			"invoice_entity_type": sandbox.DefaultInvoiceEntityType, "external_system": book.ExternalSystem,
		}}},
		"connections": map[string]any{"demo-books": map[string]any{
			"account": "demo", "connector": "hledger", "mapping_file": "mapping.yaml",
			"settings": map[string]any{"journal_dir": "books", "check": "when_installed"},
		}},
	})
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

func TestPreviewOfAllThatArePending(t *testing.T) {
	d := newDesk(t)
	d.setUpBooks()
	r, code := d.report("--pending")
	require.Equal(t, 1, code)
	require.Equal(t, []int{30, 10, 0}, []int{r.Postable, r.Faulty, r.CannotLook}, "the demo's plan")
	want := d.sandbox.API.Book().Expected
	for _, view := range r.Invoices {
		var codes []string
		for _, f := range view.Faults {
			codes = append(codes, f.Code)
			require.NotEmpty(t, f.Owner)
			require.Contains(t, f.Text, f.Fix[:12])
		}
		slices.Sort(codes)
		require.Equal(t, want[view.InvoiceID].Faults, slices.Compact(codes), view.InvoiceNumber)
		require.Equal(t, len(codes) == 0, view.Verdict == preview.Postable)
	}
	code, out, _ := d.preview("--pending")
	require.Equal(t, 1, code)
	require.Contains(t, out, "40 invoices: 30 postable, 10 with problems, 0 could not be looked at")
}

func TestPreviewOfOneInvoiceForAPerson(t *testing.T) {
	d := newDesk(t)
	d.setUpBooks()
	r, _ := d.report("--pending")
	good, bad := r.Invoices[0], r.Invoices[0]
	for _, view := range r.Invoices {
		if view.Verdict == preview.Postable {
			good = view
		} else {
			bad = view
		}
	}
	code, out, errs := d.preview(fmt.Sprint(good.InvoiceID), "--explain", "--diff")
	require.Zero(t, code, errs)
	for _, word := range []string{
		good.InvoiceNumber, "POSTABLE", "would be made anew", "total", "customer", "quantity", good.Documents[0].Hash,
		"the sign of the total", "customers.external_id", "Not compared with what was posted before", "NATS was not reached",
	} {
		require.Contains(t, out, word)
	}
	code, out, _ = d.preview(bad.InvoiceNumber)
	require.Equal(t, 1, code, "by number")
	require.Contains(t, out, "NOT POSTABLE")
	for _, f := range bad.Faults {
		require.Contains(t, out, f.Text, "what the comment says, word for word")
		require.Contains(t, out, f.Code)
	}
	code, _, errs = d.preview("no such number")
	require.Equal(t, 2, code)
	require.Contains(t, errs, "ServiceTrade shows no such invoice")
}

func TestPreviewOfARange(t *testing.T) {
	d := newDesk(t)
	d.setUpBooks()
	all, _ := d.report("--from", "2000-01-01", "--to", "2100-01-01")
	require.GreaterOrEqual(t, len(all.Invoices), 40)
	var day string
	for _, view := range all.Invoices {
		if len(view.Documents) > 0 {
			doc := struct{ IssueDate string }{}
			require.NoError(t, json.Unmarshal(view.Documents[0].Document, &doc))
			day = doc.IssueDate
		}
	}
	some, _ := d.report("--from", day, "--to", day)
	require.NotEmpty(t, some.Invoices)
	require.Less(t, len(some.Invoices), len(all.Invoices))
	for _, view := range some.Invoices {
		for _, p := range view.Documents {
			require.Contains(t, string(p.Document), day)
		}
	}
	none, code := d.report("--to", "1999-12-31")
	require.Empty(t, none.Invoices)
	require.Zero(t, code)
}

func TestPreviewOfAFile(t *testing.T) {
	d := newDesk(t)
	d.setUpBooks()
	snapshot, err := filepath.Abs(filepath.Join("..", "..", "..", "transform", "testdata", "make", "plain", "snapshot.json"))
	require.NoError(t, err)
	r, code := d.report("--file", snapshot)
	require.Equal(t, 1, code, "the sandbox's mapping does not know this customer's items")
	require.Equal(t, "11653990", r.Invoices[0].InvoiceNumber)

	saved := filepath.Join(t.TempDir(), "invoice.json")
	var id int64
	all, _ := d.report("--pending")
	for _, view := range all.Invoices {
		if view.Verdict == preview.Postable {
			id = view.InvoiceID
		}
	}
	require.NoError(t, os.WriteFile(saved, d.get(fmt.Sprintf("/api/invoice/%d", id)), 0o600))
	r, code = d.report("--file", saved)
	require.Zero(t, code)
	require.Equal(t, id, r.Invoices[0].InvoiceID, "an answer of the API, completed from ServiceTrade")

	require.NoError(t, os.WriteFile(saved, []byte(`{"nothing": 1}`), 0o600))
	code, _, errs := d.preview("--file", saved)
	require.Equal(t, 2, code)
	require.Contains(t, errs, "neither a snapshot")
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

func TestPreviewThatCannotLook(t *testing.T) {
	d := newDesk(t)
	code, out, _ := d.preview(fmt.Sprint(d.sent[0]))
	require.Equal(t, 2, code, "there are no books, and without NATS nobody knows whether there were some: %s", out)
	require.Contains(t, out, "CANNOT LOOK")

	for _, args := range [][]string{
		{}, {"1", "--pending"}, {"--file", "x", "--from", "2026-01-01"}, {"--from", "yesterday"}, {"1", "--connection", "nobody"}, {"--no-such-flag"},
	} {
		code, _, errs := execute(t, append([]string{"preview", "-c", filepath.Join(d.dir, "tradepost.yaml")}, args...)...)
		require.Equal(t, 2, code, args)
		require.NotEmpty(t, errs, args)
	}
	code, _, errs := execute(t, "preview", "-c", filepath.Join(d.dir, "nowhere.yaml"), "1")
	require.Equal(t, 2, code)
	require.NotEmpty(t, errs)
}

func TestFaultExplainsACode(t *testing.T) {
	code, out, _ := execute(t, "fault", "customer.not_mapped")
	require.Zero(t, code)
	require.Contains(t, out, "What to do (bookkeeper)")
	code, out, _ = execute(t, "fault", "customer.not_mapped", "-o", "json")
	require.Zero(t, code)
	entry := faultEntry{}
	require.NoError(t, json.Unmarshal([]byte(out), &entry))
	require.Equal(t, "bookkeeper", entry.Owner)
	require.Equal(t, []string{"ways"}, entry.Params)
	_, out, _ = execute(t, "fault")
	require.Greater(t, strings.Count(out, "\n"), 80)
	_, out, _ = execute(t, "fault", "tax.")
	require.Contains(t, out, "tax.mismatch")
	require.NotContains(t, out, "customer.")
	code, _, errs := execute(t, "fault", "no.such")
	require.Equal(t, 2, code)
	require.Contains(t, errs, "there is no fault")
}
