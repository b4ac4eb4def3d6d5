package mapping_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/mapping"
)

func read(t testing.TB, file string) []byte {
	data, err := os.ReadFile("testdata/" + file)
	require.NoError(t, err)
	return data
}

func parse(t testing.TB, text string) *mapping.Mapping {
	m, err := mapping.Parse([]byte(text), "m.yaml")
	require.NoError(t, err)
	return m
}

func TestParseFull(t *testing.T) {
	m, err := mapping.Parse(read(t, "full.yaml"), "full.yaml")
	require.NoError(t, err)
	require.Equal(t, []mapping.Match{mapping.MatchExternalID, mapping.MatchTable, mapping.MatchName}, m.Customers.Match)
	require.Equal(t, mapping.LevelCompany, m.Customers.Level)
	require.Equal(t, "MISC", m.Items.Default.GetValue())
	require.Equal(t, "assets:receivable:customer", m.Accounts.Receivable.GetValue())
	require.Equal(t, "liabilities:salestax", m.Accounts.SalesTax.GetValue())
	require.Equal(t, mapping.TaxAsBilled, m.Tax.Mode)
	require.Equal(t, "NC 7.25", m.Tax.Code.GetValue())
	require.Equal(t, "2026-09-30", m.BooksClosedThrough.String())
	require.Equal(t, "CAD", m.Currency)
	require.Equal(t, "ST-1042", m.Number("1042", ""))
	require.Regexp(t, "^[0-9a-f]{64}$", m.Hash())
}

func TestParseSmallest(t *testing.T) {
	m := parse(t, "version: 1\n")
	require.Equal(t, []mapping.Match{mapping.MatchExternalID, mapping.MatchTable}, m.Customers.Match)
	require.Equal(t, mapping.TaxNone, m.Tax.Mode)
	require.Equal(t, "USD", m.Currency)
	require.Nil(t, m.Items.Default)
	require.True(t, m.BooksClosedThrough.IsZero())
}

// All mistakes come at once, each with its place, in the order of the file.
func TestParseTellsEverything(t *testing.T) {
	_, err := mapping.Parse(read(t, "broken.yaml"), "broken.yaml")
	var problems mapping.Problems
	require.ErrorAs(t, err, &problems)
	places := make([]string, len(problems))
	for i, p := range problems {
		places[i] = fmt.Sprintf("%d:%d %s", p.Line, p.Column, p.Key)
		require.Equal(t, "broken.yaml", p.File)
		require.NotEmpty(t, p.What)
		require.NotEmpty(t, p.Fix)
	}
	require.Equal(t, []string{
		`1:10 version`,
		`3:24 customers.match[1]`,
		`3:31 customers.match[2]`,
		`4:10 customers.level`,
		`7:5 customers.table["Acme  Tower LLC"]`,
		`8:5 customers.table["Beta"]`,
		`9:12 customers.table["Gamma"]`,
		`10:12 customers.table["Delta"]`,
		`11:14 customers.table["Epsilon"]`,
		`14:10 items.table`,
		`15:3 items.defualt`,
		`17:15 accounts.receivable`,
		`18:6 tax`,
		`19:19 numbers.prefix`,
		`20:23 books_closed_through`,
		`21:11 currency`,
		`22:1 books_closed`,
		`23:1 customers`,
	}, places)
	require.Contains(t, err.Error(), `broken.yaml:15:3: items.defualt: unknown key; known here: create, default, match, rules, table, table_file`)
}

func TestParseRefuses(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"empty":          {"", "the file is empty"},
		"only comments":  {"# nothing\n", "the file is empty"},
		"no version":     {"currency: USD\n", "add version: 1"},
		"bad syntax":     {"version: 1\ncustomers: {match: [table\n", "not readable as YAML"},
		"tab":            {"version: 1\ncustomers:\n\tmatch: [table]\n", "not readable as YAML"},
		"a list":         {"- version\n", "expected keys with values"},
		"two documents":  {"version: 1\n---\nversion: 1\n", "second document"},
		"anchor":         {"version: 1\naccounts:\n  receivable: &a x\n  sales_tax: *a\n", "anchor or alias"},
		"merge key":      {"version: 1\n<<: {currency: USD}\n", "plain text"},
		"tag":            {"version: 1\ncurrency: !!binary USD\n", "a tag"},
		"deep flow":      {"version: " + strings.Repeat("[", 100000), "too many levels"},
		"deep entries":   {"version: 1\nx:\n" + strings.Repeat("- ", 100000), "too many levels"},
		"huge":           {"version: 1\n#" + strings.Repeat("x", 5<<20), "bytes"},
		"long reference": {"version: 1\naccounts: {receivable: " + strings.Repeat("x", 501) + "}\n", "at most 500"},
		"Latin-1":        {"version: 1\ntexts: {memo: caf\xe9}\n", "m.yaml:2:18: the file is not UTF-8 text: the byte 0xE9 here belongs to another encoding, such as Windows-1252 or Latin-1; save the file as UTF-8"},
		"UTF-16":         {"\xff\xfev\x00", "m.yaml:1:1: the file is UTF-16 text, and has to be UTF-8; save the file as UTF-8"},
		"NUL":            {"version: 1\n\x00", "m.yaml:2:1: the file is not UTF-8 text: it has a NUL here"},
		"required terms": {"version: 1\nterms: {required: true}\n", "m.yaml:2:8: terms.required: nothing chooses what is required; add steps"},
		"no rules":       {"version: 1\nitems: {match: [rules]}\n", "m.yaml:2:16: items.match: there are no rules to ask"},
		"empty table":    {"version: 1\ncustomers: {table: {}}\n", "m.yaml:2:20: customers.table: the table is empty"},
		"empty match":    {"version: 1\nitems: {match: []}\n", "the list is empty"},
		"default as nil": {"version: 1\nitems: {default: {code: }}\n", "expected text, found nothing"},
		"not text":       {"version: 1\nitems: {default: {code: yes, name: no}}\n", "exactly one of id, code or name"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := mapping.Parse([]byte(c.text), "m.yaml")
			var problems mapping.Problems
			require.True(t, errors.As(err, &problems), "%v", err)
			require.Contains(t, err.Error(), c.want)
			require.True(t, strings.HasPrefix(err.Error(), "m.yaml:"))
		})
	}
}

// Editors of Windows put a byte order mark in front of UTF-8.
func TestParseTakesAByteOrderMark(t *testing.T) {
	m := parse(t, "\ufeffversion: 1\ncurrency: CAD\n")
	require.Equal(t, "CAD", m.Currency)
	require.Equal(t, parse(t, "version: 1\ncurrency: CAD\n").Hash(), m.Hash())
}

func TestHashIsOfWhatItSays(t *testing.T) {
	a := parse(t, "version: 1\ncustomers: {table: {A: C1, B: C2}}\ncurrency: USD\n")
	b := parse(t, "# note\ncurrency:   \"USD\"\ncustomers:\n  table:\n    B: {code: C2}\n    \"A\": C1\nversion: 1\n")
	require.Equal(t, a.Hash(), b.Hash())
	seen := map[string]string{a.Hash(): "a"}
	for _, text := range []string{
		"version: 1\n",
		"version: 1\ncustomers: {table: {A: C1, B: C3}}\n",
		"version: 1\ncustomers: {table: {A: C1, B: {name: C2}}}\n",
		"version: 1\nitems: {table: {A: C1, B: C2}}\n",
		"version: 1\nitems: {match: [table, external_id]}\n",
		"version: 1\nitems: {default: {code: X}}\n",
		"version: 1\naccounts: {receivable: X}\n",
		"version: 1\naccounts: {revenue_default: X}\n",
		"version: 1\naccounts: {sales_tax: X}\n",
		"version: 1\naccounts: {revenue_by_item: {X: Y}}\n",
		"version: 1\nnumbers: {prefix: X}\n",
		"version: 1\nbooks_closed_through: 2026-01-01\n",
		"version: 1\ncurrency: CAD\n",
		"version: 1\ntax: {mode: as_billed, code: X}\n",
		"version: 1\ntax: {code: X}\n",
	} {
		h := parse(t, text).Hash()
		require.Empty(t, seen[h], text)
		seen[h] = text
	}
}

func FuzzParse(f *testing.F) {
	f.Add(read(f, "full.yaml"))
	f.Add(read(f, "broken.yaml"))
	for _, s := range []string{"version: 1\n", "a: b: c", "? [x]\n: y", "&a [*a]", "version: 1\n<<: *x", "\x00", "- - - -", "version: |\n  1\n", "{", "!!map {version: 1}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := mapping.Parse(data, "m.yaml")
		if err != nil {
			var problems mapping.Problems
			require.ErrorAs(t, err, &problems)
			require.NotEmpty(t, problems)
			return
		}
		require.NotEmpty(t, m.Hash())
		again, err := mapping.Parse(data, "other.yaml")
		require.NoError(t, err)
		require.Equal(t, m.Hash(), again.Hash())
		m.Customer(mapping.CustomerQuery{CompanyID: 1, Name: "x"})
		m.Item(mapping.ItemQuery{Code: "x"})
	})
}
