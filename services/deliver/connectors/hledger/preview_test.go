package hledger

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// faultful are documents that Create refuses for one reason each, and one that it takes.
var faultful = map[string]func(*tradepostv1.Document){
	"":                      func(*tradepostv1.Document) {},
	"account.not_in_books":  func(d *tradepostv1.Document) { d.Lines[0].RevenueAccount = named1("revenue:nobody") },
	"currency.not_in_books": func(d *tradepostv1.Document) { d.Currency = "EUR" },
	"text.refused":          func(d *tradepostv1.Document) { d.Number = "1)2" },
	"date.invalid":          func(d *tradepostv1.Document) { d.DueDate = "2026-02-30" },
	"total.mismatch":        func(d *tradepostv1.Document) { d.Totals.Total = "275.01" },
	"document.incomplete":   func(d *tradepostv1.Document) { d.Marker = "st-kit" },
	"customer.not_in_books": func(d *tradepostv1.Document) { d.Customer.Reference.Value = "C404" },
	"line.amount_invalid":   func(d *tradepostv1.Document) { d.Lines[0].Amount = "much" },
}

// What CheckDocument says is what Create then does, and CheckDocument leaves the
// books as they are: also those that are not set up yet.
func TestCheckDocumentSaysWhatCreateDoes(t *testing.T) {
	needProgram(t)
	for code, spoil := range faultful {
		for _, fresh := range []bool{true, false} {
			t.Run(code, func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "books")
				own := func(c *Config) { c.Declare = []string{"assets:receivable:C100"}; c.Customers = CustomersChart }
				cfg := Config{JournalDir: dir}
				own(&cfg)
				l, err := New(cfg, connector.Settings{Connection: "demo"})
				require.NoError(t, err)
				if !fresh {
					l = books(t, dir, own)
				}
				d := sample(1)
				spoil(d)
				before := treeOf(t, dir)
				faults, err := l.CheckDocument(t.Context(), d)
				require.NoError(t, err)
				require.Equal(t, before, treeOf(t, dir), "a look changes nothing")

				answer := books(t, dir, own).Create(t.Context(), postingOf(t, d))
				if code == "" {
					require.Empty(t, faults)
					require.IsType(t, connector.Posted{}, answer)
					return
				}
				require.Equal(t, []string{code}, codesOf(faults))
				require.Equal(t, faults, answer.(connector.Rejected).Faults)
			})
		}
	}
}

// treeOf is every file below dir with its content; nil when there is no dir.
func treeOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	if _, err := os.Stat(dir); os.IsNotExist(err) {
		return nil
	}
	files := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			files[path] = readFile(t, path)
		}
		return err
	}))
	return files
}

// "No faults" is never said of books that could not be looked at.
func TestCheckDocumentTellsWhatKeepsItFromLooking(t *testing.T) {
	needProgram(t)
	dir := t.TempDir()
	reason := func(l *Ledger) string {
		faults, err := l.CheckDocument(t.Context(), sample(1))
		require.Empty(t, faults)
		answer, ok := connector.AnswerOf(err)
		require.True(t, ok, "%v", err)
		return answer.(connector.Wait).Reason
	}
	require.Equal(t, connector.ReasonProgramMissing, reason(books(t, dir, func(c *Config) { c.Program, c.Check = "no-such-program", CheckRequired })))

	away, err := New(Config{JournalDir: filepath.Join(dir, "away")}, connector.Settings{Connection: "demo", Company: "used before"})
	require.NoError(t, err)
	require.Equal(t, connector.ReasonBooksMissing, reason(away))

	l := books(t, dir)
	writeFile(t, readFile(t, dir, "chart.journal")+"acount x\n", dir, "chart.journal")
	require.Equal(t, connector.ReasonBooksBroken, reason(l))
	require.NoError(t, os.Remove(filepath.Join(dir, "chart.journal")))
	require.Equal(t, connector.ReasonBooksMissing, reason(l), "a chart that was removed is not the one of new books")
}

// Other books in the place of those that were used before are not looked at: every
// document would seem not to exist.
func TestOtherBooksThanThoseOfTheFirstUseAreNotLookedAt(t *testing.T) {
	dir := t.TempDir()
	books(t, dir)
	l, err := New(Config{JournalDir: dir}, connector.Settings{Connection: "acme-books", Company: "the first ones"})
	require.NoError(t, err)
	_, err = l.Find(t.Context(), connector.Query{Marker: "st-kit-1"})
	answer, ok := connector.AnswerOf(err)
	require.True(t, ok, "%v", err)
	require.Equal(t, connector.ReasonBooksMissing, answer.(connector.Wait).Reason)
	require.Contains(t, answer.(connector.Wait).Message, "other books than before")
	swapped, err := l.Company(t.Context())
	require.NoError(t, err, "whoever compares the companies is told which one this is")
	require.NotEqual(t, "the first ones", swapped.ID)
}

// What only the program itself finds is told in its words, behind ours.
func TestWhatOnlyTheProgramRefusesIsToldWithItsWords(t *testing.T) {
	needProgram(t)
	dir := t.TempDir()
	l := books(t, dir)
	chart := readFile(t, dir, "chart.journal")
	writeFile(t, strings.Replace(chart, "commodity $1000.00\n", "commodity EUR 1000.00\n", 1), dir, "chart.journal")
	faults, err := l.CheckDocument(t.Context(), sample(1))
	require.NoError(t, err)
	require.Equal(t, []string{"accounting.refused"}, codesOf(faults))
	require.NotEmpty(t, faults[0].GetVendorText())
	require.Contains(t, fault.Text(faults[0]), `hledger did not accept it. It says: "`)
	require.Equal(t, faults, l.Create(t.Context(), postingOf(t, sample(1))).(connector.Rejected).Faults)
}
