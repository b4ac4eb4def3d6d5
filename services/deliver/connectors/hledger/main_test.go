package hledger

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/canonical"
	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

const skipVariable = "TRADEPOST_SKIP_HLEDGER"

// TestMain refuses to pass without the real program, unless told so aloud.
func TestMain(m *testing.M) {
	if _, err := exec.LookPath("hledger"); err != nil && os.Getenv(skipVariable) != "1" {
		fmt.Fprintf(os.Stderr, "these tests need the program hledger (Debian: apt-get install hledger); %s=1 leaves out what needs it\n", skipVariable)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// needProgram skips a test that runs hledger where that was asked for.
func needProgram(t testing.TB) {
	t.Helper()
	if _, err := exec.LookPath("hledger"); err != nil {
		t.Skipf("hledger is not installed and %s=1", skipVariable)
	}
}

// books opens a journal directory, and sets it up as deliver does.
func books(t testing.TB, dir string, change ...func(*Config)) *Ledger {
	t.Helper()
	cfg := Config{JournalDir: dir}
	if _, err := exec.LookPath("hledger"); err != nil {
		cfg.Check = CheckWhenInstalled
	}
	for _, c := range change {
		c(&cfg)
	}
	l, err := New(cfg, connector.Settings{Connection: "demo"})
	require.NoError(t, err)
	_, err = l.Company(t.Context())
	require.NoError(t, err)
	return l
}

// sample is an invoice of one line that fresh books accept.
func sample(id int64) *tradepostv1.Document {
	return &tradepostv1.Document{
		Kind:   tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE,
		Marker: "st-kit-" + strconv.FormatInt(id, 10),
		Source: &tradepostv1.Source{Account: "kit", InvoiceId: id, InvoiceNumber: strconv.FormatInt(1000+id, 10), Total: "275.00"},
		Number: strconv.FormatInt(1000+id, 10), IssueDate: "2026-11-22", DueDate: "2026-12-22", Currency: "USD",
		Customer: &tradepostv1.Customer{
			CompanyId: 7, Name: "ACME Tower LLC",
			Reference: &tradepostv1.Reference{By: tradepostv1.ReferenceBy_REFERENCE_BY_CODE, Value: "C100"},
		},
		Job:      &tradepostv1.Job{JobId: 9, Number: "1042", Name: "Quarterly maintenance"},
		PoNumber: "PO 77",
		Lines: []*tradepostv1.Line{{
			Key: "1", Kind: tradepostv1.LineKind_LINE_KIND_ITEM, Description: "Labor", Quantity: "2.5", UnitPrice: "110", Amount: "275.00",
		}},
		Totals: &tradepostv1.Totals{Subtotal: "275.00", Total: "275.00"},
	}
}

func postingOf(t testing.TB, d *tradepostv1.Document) connector.Posting {
	t.Helper()
	hash, err := canonical.Message(d)
	require.NoError(t, err)
	return connector.Posting{Document: d, DocumentHash: hash, Generation: 1, Key: hash[:50]}
}

func mustPost(t testing.TB, l *Ledger, d *tradepostv1.Document) connector.Posted {
	t.Helper()
	answer := l.Create(context.Background(), postingOf(t, d))
	posted, ok := answer.(connector.Posted)
	require.True(t, ok, "%#v", answer)
	return posted
}

func mustFind(t testing.TB, l *Ledger, marker string) []connector.Found {
	t.Helper()
	found, err := l.Find(context.Background(), connector.Query{Marker: marker})
	require.NoError(t, err)
	return found
}

// strict runs the real program over the whole book.
func strict(t testing.TB, dir string) {
	t.Helper()
	_, err := program{"hledger", dir}.run(t.Context(), "", "-f", mainFile, "check", "--strict", "payees")
	require.NoError(t, err)
}

func readFile(t testing.TB, elem ...string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(elem...))
	require.NoError(t, err)
	return string(raw)
}

func writeFile(t testing.TB, content string, elem ...string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(elem...), []byte(content), 0o644))
}

// tempFiles lists what is left in the temporary directory.
func tempFiles(t testing.TB, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, tempDir, "*"))
	require.NoError(t, err)
	return files
}

// countMarkers counts entries over all journals, as a plain search does.
func countMarkers(t testing.TB, dir, marker string) int {
	t.Helper()
	n := 0
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".journal" {
			return err
		}
		n += strings.Count(readFile(t, path), "; stid:"+marker+", ")
		return nil
	}))
	return n
}
