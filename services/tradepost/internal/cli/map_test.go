package cli

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/mapping"
	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/services/sandbox"
	"github.com/tradepost/tradepost/services/tradepost/internal/mapmaker"
)

const mapConfig = `
accounts:
  acme:
    time_zone: America/New_York
    servicetrade: {url: "%s/api", username: integration, password: sandbox, invoice_entity_type: 13, external_system: accounting}
connections:
  acme-books: {account: acme, connector: hledger, mapping_file: mapping.yaml, settings: {journal_dir: books, check: when_installed}}
`

// chart is a bookkeeper's, who names his customers in his own way.
const chart = `account assets:receivable
account assets:receivable:C-1  ; name:Harbor Point Medical Center
account assets:receivable:C-2  ; name:Piedmont Cold Storage
account assets:receivable:Oak Ridge Unified School District
account revenue
account revenue:permits  ; name:Permit fee
account revenue:labor:apprentice
account liabilities:salestax
account liabilities:salestax:NC-WAKE
account liabilities:salestax:nc:durham
`

// unmapped is a contractor whose customers and items are all still to be mapped.
func unmapped(t *testing.T) (dir string, s *sandbox.Sandbox) {
	t.Helper()
	book := sandbox.GenerateBook(sandbox.BookOptions{Seed: 1, Invoices: 40, TaxShown: true})
	for i := range book.Companies {
		if book.Companies[i].Name != "Café Ñandú Restaurants" {
			book.Companies[i].ExternalIDs = nil
		}
	}
	s = sandbox.New(sandbox.Options{Book: book, Configured: true})
	t.Cleanup(s.Close)
	web := httptest.NewServer(s)
	t.Cleanup(web.Close)
	dir = t.TempDir()
	put := func(name, text string) {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	put("tradepost.yaml", fmt.Sprintf(mapConfig, web.URL))
	put("mapping.yaml", "version: 1\ncustomers: {table_file: customers.csv}\n")
	put("books/main.journal", "include chart.journal\n")
	put("books/chart.journal", chart)
	return dir, s
}

func makeMap(t *testing.T, dir string, args ...string) (code int, out, errs string) {
	return execute(t, append([]string{"map", "-c", filepath.Join(dir, "tradepost.yaml")}, args...)...)
}

// The table is begun while the mapping that names it is still broken for want of it,
// and makes the mapping whole.
func TestMapCustomers(t *testing.T) {
	dir, s := unmapped(t)
	file := filepath.Join(dir, "customers.csv")
	code, out, errs := makeMap(t, dir, "customers", "acme-books", "--file", file)
	require.Equal(t, runtime.ExitOK, code, errs)
	require.Empty(t, out)
	require.Contains(t, errs, "customers: 1 are mapped already, 2 are exact matches, 10 are left to you")
	table, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Contains(t, string(table), "\n9001,C-1,\n")
	require.Contains(t, string(table), "\n9006,Oak Ridge Unified School District,\n")
	require.Contains(t, string(table), "#   \"Piedmont Cold Storage\" the same but for case, accents, punctuation or legal form (score 0.99)\n#9003,C-2,\n")
	require.Contains(t, string(table), "# Nobody Knows Us, LLC: nothing in the books is like it\n#9011,,\n")

	config, err := connection.Load(filepath.Join(dir, "tradepost.yaml"), nil)
	require.NoError(t, err)
	m := config.Connections["acme-books"].Mapping
	_, ok := m.Customer(mapping.CustomerQuery{CompanyID: 9003, Name: "Piedmont Cold Storage, Inc."})
	require.False(t, ok, "a proposal links nothing")

	code, _, errs = makeMap(t, dir, "customers", "acme-books", "--file", file)
	require.Equal(t, runtime.ExitConfig, code)
	require.Contains(t, errs, "customers.csv exists, and may hold somebody's work")
	code, out, errs = makeMap(t, dir, "customers", "acme-books")
	require.Equal(t, runtime.ExitOK, code, errs)
	require.Contains(t, errs, "customers: 3 are mapped already, 0 are exact matches, 10 are left to you", "what is mapped by now, and by an external id, is left out")
	require.NotContains(t, out, "9001,")
	require.NotContains(t, out, "Ñandú")
	require.Empty(t, s.API.Requests(sandbox.RequestFilter{Method: "PUT"}), "nothing is written to ServiceTrade")
	entries, err := os.ReadDir(filepath.Join(dir, "books"))
	require.NoError(t, err)
	require.Len(t, entries, 2, "nothing is written to the books")
}

func TestMapItemsTaxesAndTerms(t *testing.T) {
	dir, _ := unmapped(t)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "mapping.yaml"), []byte("version: 1\nterms: {steps: [{by: invoice.terms, table: {Net 30: N30}}]}\n"), 0o600))
	code, out, errs := makeMap(t, dir, "items", "acme-books")
	require.Equal(t, runtime.ExitOK, code, errs)
	require.Contains(t, out, "\n126,revenue:permits,\n")
	require.NotContains(t, out, "Standard labor", "it has an external id")

	code, out, errs = makeMap(t, dir, "taxes", "acme-books")
	require.Equal(t, runtime.ExitOK, code, errs)
	require.Contains(t, out, "\nNC-WAKE,liabilities:salestax:NC-WAKE,\n")
	require.Contains(t, out, "\n#NC-DURHAM,liabilities:salestax:nc:durham,\n")

	code, out, errs = makeMap(t, dir, "terms", "acme-books", "-o", "json")
	require.Equal(t, runtime.ExitOK, code, errs)
	require.Contains(t, errs, "hledger has no list of terms: fill in the column books by hand")
	var r mapmaker.Result
	require.NoError(t, json.Unmarshal([]byte(out), &r))
	var words []string
	for _, m := range r.Matches {
		words = append(words, m.Record.Key)
	}
	require.Equal(t, []string{"2% 10 Net 30", "Due on receipt", "Net 15", "Net 60"}, words)
	require.Equal(t, 1, r.Settled)
}

func TestMapRefusesWhatItCannotDo(t *testing.T) {
	dir, _ := unmapped(t)
	code, _, errs := makeMap(t, dir, "customers", "nowhere")
	require.Equal(t, runtime.ExitConfig, code)
	require.Contains(t, errs, `no connection "nowhere"`)
	main := filepath.Join(dir, "books", "main.journal")
	require.NoError(t, os.Remove(main))
	require.NoError(t, os.Mkdir(main, 0o755)) // Cannot be read, although it is there.
	code, _, errs = makeMap(t, dir, "customers", "acme-books")
	require.Equal(t, runtime.ExitFailure, code)
	require.True(t, strings.Contains(errs, "read the customers of hledger"), errs)
}

// README has the tables begun before the first `tradepost up`, which makes the books.
func TestMapBeforeThereAreBooks(t *testing.T) {
	for _, kind := range []string{"customers", "items", "taxes", "terms"} {
		dir, _ := unmapped(t)
		require.NoError(t, os.RemoveAll(filepath.Join(dir, "books")))
		code, out, errs := makeMap(t, dir, kind, "acme-books")
		require.Equal(t, runtime.ExitOK, code, errs)
		require.NotEmpty(t, out)
		require.Contains(t, errs, "fill in the column books by hand")
		if kind != "terms" {
			require.Contains(t, errs, "tradepost up")
		}
		require.NoDirExists(t, filepath.Join(dir, "books"))
	}
}
