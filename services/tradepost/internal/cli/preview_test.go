package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/services/tradepost/internal/preview"
)

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

func TestPreviewThatCannotLook(t *testing.T) {
	d := newDesk(t)
	code, out, _ := d.preview(fmt.Sprint(d.sent[0]))
	require.Equal(t, 2, code, "there are no books, and without NATS nobody knows whether there were some: %s", out)
	require.Contains(t, out, "CANNOT LOOK")

	for _, args := range [][]string{
		{}, {"1", "--pending"}, {"--file", "x", "--from", "2026-01-01"}, {"--from", "yesterday"}, {"--from", "2026-07-10", "--to", "2026-07-01"}, {"1", "--connection", "nobody"}, {"--no-such-flag"},
	} {
		code, _, errs := execute(t, append([]string{"preview", "-c", filepath.Join(d.dir, "tradepost.yaml")}, args...)...)
		require.Equal(t, 2, code, args)
		require.NotEmpty(t, errs, args)
	}
	code, _, errs := execute(t, "preview", "-c", filepath.Join(d.dir, "nowhere.yaml"), "1")
	require.Equal(t, 2, code)
	require.NotEmpty(t, errs)
}

// With NATS it is known that the connection was never used: then its books may
// still be missing, and are judged as they would be set up. They are not made.
func TestPreviewAsksNATSWhereItRuns(t *testing.T) {
	d := newDesk(t)
	broker := bustest.Server(t)
	broker.JS(t)
	d.config["nats"] = map[string]any{"url": broker.URL()}
	d.write("tradepost.yaml", d.config)
	r, code := d.report("--pending", "--diff")
	require.Equal(t, 1, code)
	require.Equal(t, []int{30, 10, 0}, []int{r.Postable, r.Faulty, r.CannotLook})
	for _, view := range r.Invoices {
		for _, p := range view.Documents {
			require.Contains(t, p.Diff.Cannot, "was posted for this invoice before")
		}
		require.Empty(t, view.Notes)
	}
	code, _, errs := execute(t, "pause", "demo-books", "--reason", "month end", "-c", filepath.Join(d.dir, "tradepost.yaml"))
	require.Zero(t, code, errs)
	_, out, _ := d.preview("--pending")
	require.Contains(t, out, "Note: connection demo-books is paused by an operator since ")
	require.Contains(t, out, ", until somebody resumes it: month end. Nothing is posted until then; to go on: tradepost resume demo-books.")
	require.NoDirExists(t, filepath.Join(d.dir, "books"))
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
