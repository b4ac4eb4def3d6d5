package cli

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/pkg/stage"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/deliver"
)

const filesConfig = `
accounts:
  acme:
    time_zone: America/Chicago
    servicetrade: {url: "http://127.0.0.1:1/api", username: integration, password: sandbox, invoice_entity_type: 13}
  other:
    time_zone: America/Chicago
    servicetrade: {url: "http://127.0.0.1:1/api", username: other, password: sandbox, invoice_entity_type: 13}
connections:
  acme-sage:
    account: acme
    connector: sage50
    mapping_file: mapping.yaml
    settings: {folder: outbox, layout: peachtree, wait: 0s, accounts: {receivable: "11000", revenue: "40000"}}
  acme-books:
    account: other
    connector: hledger
    mapping_file: mapping.yaml
    settings: {journal_dir: books, check: when_installed}
`

// given opens the connection and gives documents away, each in a file of its own.
func given(t *testing.T, path string, ids ...int64) (connector.Connector, []string) {
	t.Helper()
	config, err := connection.Load(path, nil)
	require.NoError(t, err)
	registry, err := deliver.Connectors()
	require.NoError(t, err)
	reg, err := registry.Lookup("sage50")
	require.NoError(t, err)
	c, err := reg.New(t.Context(), stage.Settings(config, config.Connections["acme-sage"], slog.New(slog.DiscardHandler)))
	require.NoError(t, err)
	_, err = c.Company(t.Context())
	require.NoError(t, err)
	for _, id := range ids {
		require.IsType(t, connector.Handed{}, c.Create(t.Context(), connector.Posting{Document: saleOf(id), DocumentHash: "h" + strconv.FormatInt(id, 10), Generation: 1}))
	}
	files, err := c.(connector.FileLedger).HandedFiles(t.Context())
	require.NoError(t, err)
	var names []string
	for _, f := range files {
		names = append(names, f.Name)
	}
	return c, names
}

func saleOf(id int64) *tradepostv1.Document {
	number := strconv.FormatInt(1000+id, 10)
	return &tradepostv1.Document{
		Kind: tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE, Marker: "st-acme-" + strconv.FormatInt(id, 10), Number: number,
		Source: &tradepostv1.Source{Account: "acme", InvoiceId: id, Total: "275.00"}, IssueDate: "2026-11-22", DueDate: "2026-12-22", Currency: "USD",
		Customer: &tradepostv1.Customer{Name: "ACME", Reference: &tradepostv1.Reference{By: tradepostv1.ReferenceBy_REFERENCE_BY_CODE, Value: "C100"}},
		Lines:    []*tradepostv1.Line{{Key: "1", Kind: tradepostv1.LineKind_LINE_KIND_ITEM, Description: "Labor", Amount: "275.00"}},
		Totals:   &tradepostv1.Totals{Subtotal: "275.00", Total: "275.00"},
	}
}

func filesSetUp(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tradepost.yaml")
	require.NoError(t, os.WriteFile(path, []byte(filesConfig), 0o600))
	mapping := []byte("version: 1\ncustomers: {match: [external_id]}\nitems: {match: [external_id]}\naccounts: {revenue_default: \"40000\"}\ntax: {mode: none}\n")
	require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(path), "mapping.yaml"), mapping, 0o600))
	return path
}

func found(t *testing.T, c connector.Connector, id int64) []connector.Found {
	t.Helper()
	docs, err := c.Find(t.Context(), connector.Query{Marker: "st-acme-" + strconv.FormatInt(id, 10)})
	if a, ok := connector.AnswerOf(err); ok {
		require.IsType(t, connector.Handed{}, a)
		return nil
	}
	require.NoError(t, err)
	return docs
}

func TestAnOperatorTellsWhatBecameOfAFile(t *testing.T) {
	path := filesSetUp(t)
	c, files := given(t, path, 1, 2, 3)
	require.Len(t, files, 3)

	code, out, errs := execute(t, "confirm", "acme-sage", "-c", path, "-o", "json")
	require.Equal(t, runtime.ExitOK, code, errs)
	var waiting []connector.HandedFile
	require.NoError(t, json.Unmarshal([]byte(out), &waiting))
	require.Len(t, waiting, 3)
	require.Equal(t, "1001", waiting[0].Documents[0].Number)

	code, out, errs = execute(t, "confirm", "acme-sage", files[0], "-c", path)
	require.Equal(t, runtime.ExitOK, code, errs)
	require.Contains(t, out, "is imported")
	require.Len(t, found(t, c, 1), 1)
	require.FileExists(t, filepath.Join(filepath.Dir(path), "outbox", "imported", files[0]))

	code, _, errs = execute(t, "confirm", "acme-sage", files[1], "--rejected", "-c", path)
	require.Equal(t, runtime.ExitConfig, code)
	require.Contains(t, errs, "--reason is missing")
	code, _, errs = execute(t, "confirm", "acme-sage", files[1], "--rejected", "--reason", "the period is closed", "-c", path)
	require.Equal(t, runtime.ExitOK, code, errs)
	answer := c.(connector.Confirmer).Confirm(t.Context(), connector.HandedOver{Token: "st-acme-2.1", Query: connector.Query{Marker: "st-acme-2"}, DocumentHash: "h2"})
	require.Equal(t, "file.rejected", answer.(connector.Rejected).Faults[0].GetCode())
	require.Contains(t, answer.(connector.Rejected).Faults[0].GetMessage(), "the period is closed")

	code, _, errs = execute(t, "confirm", "acme-sage", files[1], "-c", path)
	require.Equal(t, runtime.ExitFailure, code)
	require.Contains(t, errs, "is rejected already")

	code, out, _ = execute(t, "confirm", "acme-sage", "-c", path)
	require.Equal(t, runtime.ExitOK, code)
	require.Contains(t, out, files[2])
	require.NotContains(t, out, files[0])

	code, _, errs = execute(t, "confirm", "acme-sage", files[0], "--document", "1001", "--removed", "-c", path)
	require.Equal(t, runtime.ExitOK, code, errs)
	require.Empty(t, found(t, c, 1))
	code, _, errs = execute(t, "confirm", "acme-sage", files[2], "--document", "999", "-c", path)
	require.Equal(t, runtime.ExitFailure, code)
	require.Contains(t, errs, `no document "999"`)
	code, _, errs = execute(t, "confirm", "acme-sage", "SALES.CSV", "-c", path)
	require.Equal(t, runtime.ExitFailure, code)
	require.Contains(t, errs, "no file")
}

// A file that two folders contradict waits, and the list says why.
func TestTheListSaysWhatKeepsAFileWaiting(t *testing.T) {
	path := filesSetUp(t)
	_, files := given(t, path, 1)
	dir := filepath.Join(filepath.Dir(path), "outbox")
	require.NoError(t, os.Link(filepath.Join(dir, files[0]), filepath.Join(dir, "rejected", files[0])))
	code, out, errs := execute(t, "confirm", "acme-sage", "-c", path)
	require.Equal(t, runtime.ExitOK, code, errs)
	require.Contains(t, out, "it is in the folder rejected, and still among those that are to be imported")
}

func TestAFileIsReversed(t *testing.T) {
	path := filesSetUp(t)
	_, files := given(t, path, 1, 2)
	code, _, errs := execute(t, "confirm", "acme-sage", files[1], "--rejected", "--reason", "no such job", "-c", path)
	require.Equal(t, runtime.ExitOK, code, errs)
	code, _, errs = execute(t, "reverse", "acme-sage", files[1], "-c", path)
	require.Equal(t, runtime.ExitFailure, code)
	require.Contains(t, errs, "needs no reversal")
	code, out, errs := execute(t, "reverse", "acme-sage", files[0], "-c", path)
	require.Equal(t, runtime.ExitOK, code, errs)
	require.Contains(t, out, "reversals/REVERSAL-")
	raw, err := os.ReadFile(filepath.Join(filepath.Dir(path), "outbox", out[:len(out)-1]))
	require.NoError(t, err)
	require.Contains(t, string(raw), "275.00")
	require.Contains(t, string(raw), "TRUE", "a credit memo")
	code, _, errs = execute(t, "reverse", "acme-sage", files[0], "-c", path)
	require.Equal(t, runtime.ExitFailure, code)
	require.Contains(t, errs, "was written before")

	// Of a file of which a part was refused only the other part is taken back.
	both := filesSetUp(t)
	raw, err = os.ReadFile(both)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(both, []byte(strings.Replace(string(raw), "wait: 0s", "wait: 1h, batch: 2", 1)), 0o600))
	_, files = given(t, both, 1, 2)
	require.Len(t, files, 1)
	code, _, errs = execute(t, "confirm", "acme-sage", files[0], "--document", "1001", "--rejected", "--reason", "no such job", "-c", both)
	require.Equal(t, runtime.ExitOK, code, errs)
	code, out, errs = execute(t, "reverse", "acme-sage", files[0], "-c", both)
	require.Equal(t, runtime.ExitOK, code, errs)
	require.Contains(t, errs, "Nobody has confirmed")
	require.Contains(t, errs, "tradepost confirm acme-sage "+files[0]+" --removed")
	raw, err = os.ReadFile(filepath.Join(filepath.Dir(both), "outbox", out[:len(out)-1]))
	require.NoError(t, err)
	require.Contains(t, string(raw), "1002")
	require.NotContains(t, string(raw), "1001", "it never came into the books")
}

func TestTheImportIsExplained(t *testing.T) {
	path := filesSetUp(t)
	code, out, errs := execute(t, "template", "acme-sage", "-c", path)
	require.Equal(t, runtime.ExitOK, code, errs)
	require.Contains(t, out, "these 51 fields")
	require.Contains(t, out, "   51  Return Authorization\n")
	require.Contains(t, out, "First Row Contains Headings off")
	require.NoDirExists(t, filepath.Join(filepath.Dir(path), "outbox"), "it calls nobody")
	code, _, errs = execute(t, "template", "acme-books", "-c", path)
	require.Equal(t, runtime.ExitConfig, code)
	require.Contains(t, errs, "hands over no files")
}

// What an operator says of a file is acted on at once, where deliver can be told.
func TestAConfirmationIsToldToDeliver(t *testing.T) {
	path := filesSetUp(t)
	_, files := given(t, path, 1, 2)
	code, out, errs := execute(t, "confirm", "acme-sage", files[1], "-c", path)
	require.Equal(t, runtime.ExitOK, code, errs)
	require.Contains(t, out, "it looks by itself every 15s", "without NATS the word counts all the same")

	broker := bustest.Server(t)
	js := broker.JS(t)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, append([]byte("nats: {url: \""+broker.URL()+"\"}\n"), text...), 0o600))
	s := &shelf{t: t, js: js, path: path}
	s.keep("acme", "acme-sage", 1, `"state":"RECORD_STATE_HANDED","handedToken":"st-acme-1.1"`)
	code, out, errs = execute(t, "confirm", "acme-sage", files[0], "-c", path)
	require.Equal(t, runtime.ExitOK, code, errs)
	require.Contains(t, out, "1 invoice is looked at now")
	m, err := js.Stream(t.Context(), bus.StreamCommand)
	require.NoError(t, err)
	last, err := m.GetLastMsgForSubject(t.Context(), "invoice.command.acme-sage.1")
	require.NoError(t, err)
	require.Contains(t, string(last.Data), "refresh")
	code, out, errs = execute(t, "confirm", "acme-sage", files[1], "-c", path)
	require.Equal(t, runtime.ExitOK, code, errs)
	require.Contains(t, out, "no invoice of it waits")
}

// A file that is done with, and lies where it would be imported again, is told with what
// became of it.
func TestAFileThatLiesWhereItDoesNotBelongIsTold(t *testing.T) {
	path := filesSetUp(t)
	_, files := given(t, path, 1)
	code, _, errs := execute(t, "confirm", "acme-sage", files[0], "--document", "1001", "--rejected", "--reason", "no such job", "-c", path)
	require.Equal(t, runtime.ExitOK, code, errs)
	code, out, errs := execute(t, "confirm", "acme-sage", "--all", "-c", path)
	require.Equal(t, runtime.ExitOK, code, errs)
	require.Contains(t, out, "no such job; its file still lies among those to import")
}
