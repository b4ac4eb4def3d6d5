package file

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/invoice"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

var update = flag.Bool("update", false, "write the golden files anew")

func rich() *tradepostv1.Document {
	d := sample(7)
	d.Lines = append(d.Lines,
		&tradepostv1.Line{Key: "2", Kind: tradepostv1.LineKind_LINE_KIND_ITEM, Description: "3/4\" valve; \"brass\",\r\nreplaced", Quantity: "2", UnitPrice: "45.005", Amount: "90.01", RevenueAccount: code("4000-20"), CostCode: "15-100"},
		&tradepostv1.Line{Key: "3", Kind: tradepostv1.LineKind_LINE_KIND_ITEM, Description: "Gutschrift für Żółć 冷", Amount: "-10.00", RevenueAccount: code("4000-10")})
	d.Taxes = []*tradepostv1.Tax{{Name: "NC Wake", Code: code("WAKE"), Account: code("2310"), Amount: "26.47"}}
	d.Discount = &tradepostv1.Discount{Amount: "5.00", Account: code("4900")}
	d.Totals = &tradepostv1.Totals{Subtotal: "355.01", Discount: "5.00", Tax: "26.47", Total: "376.48"}
	return d
}

func memo() *tradepostv1.Document {
	d := rich()
	d.Kind, d.Number, d.Marker = tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO, "CM-7", "st-kit-7-c"
	return d
}

// Each folder of testdata has settings as people write them, and what comes of them.
func TestGolden(t *testing.T) {
	all, err := filepath.Glob("testdata/*.yaml")
	require.NoError(t, err)
	require.Len(t, all, 4)
	for _, path := range all {
		t.Run(path, func(t *testing.T) {
			raw, err := os.ReadFile(path)
			require.NoError(t, err)
			var c Config
			require.NoError(t, yaml.UnmarshalWithOptions(raw, &c, yaml.Strict()))
			f, err := New(c, connector.Settings{Connection: "acme-file", Dir: t.TempDir()})
			require.NoError(t, err)
			have := f.cfg.heading()
			for _, d := range []*tradepostv1.Document{rich(), memo()} {
				item, faults := f.Item(d)
				require.Empty(t, faults)
				have = append(have, item.Rows...)
			}
			golden := strings.TrimSuffix(path, ".yaml") + f.cfg.Extension
			if *update {
				require.NoError(t, os.WriteFile(golden, have, 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			require.Equal(t, string(want), string(have))
		})
	}
}

func TestSettingsThatCannotWork(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"folder: is missing":         func(c *Config) { c.Folder = "" },
		"format":                     func(c *Config) { c.Format = "xml" },
		"amount: \"total\" is no":    func(c *Config) { c.Amount = "total" },
		"can't evaluate field Costs": func(c *Config) { c.Columns[1].Value = "{{.Costs}}" },
		"unclosed action":            func(c *Config) { c.Columns[1].Value = "{{.Number" },
		"is no format of a date":     func(c *Config) { c.Columns[1].Value = `{{date "D.M.Y" .Date}}` },
		"there twice":                func(c *Config) { c.Columns[1].Name = "marker" },
		"delimiter":                  func(c *Config) { c.Delimiter = "::" },
		"name":                       func(c *Config) { c.Name = "../x" },
		"extension":                  func(c *Config) { c.Extension = "csv" },
		"columns: is missing":        func(c *Config) { c.Columns = nil },
		"max: -1":                    func(c *Config) { c.Columns[1].Max = -1 },
		"batch":                      func(c *Config) { c.Batch = 1001 },
	} {
		c := lineSettings(t.TempDir())
		change(&c)
		_, err := New(c, connector.Settings{Connection: "acme-file"})
		require.ErrorContains(t, err, want)
	}
}

// A template that leaves an amount out is found by the total, before anything is written.
func TestATemplateCannotLeaveALineOut(t *testing.T) {
	c := lineSettings(t.TempDir())
	c.Columns[7].Value = `{{if eq .Row "tax"}}0{{else}}{{.Amount}}{{end}}`
	f := connect(t, c)
	d := rich()
	answer := f.Create(t.Context(), connector.Posting{Document: d, DocumentHash: "h", Generation: 1})
	require.Equal(t, "total.mismatch", answer.(connector.Rejected).Faults[0].GetCode())
	faults, err := f.CheckDocument(t.Context(), d)
	require.NoError(t, err)
	require.Len(t, faults, 1)
}

// Whatever a document has, the file owes its total, and what reverses it takes it back.
func TestTheFileSaysTheDocumentsTotal(t *testing.T) {
	dir := t.TempDir()
	f, b := connect(t, lineSettings(dir)), &books{t: t, dir: dir}
	id := int64(0)
	rapid.Check(t, func(r *rapid.T) {
		id++
		d := sample(id)
		if rapid.Bool().Draw(r, "memo") {
			d.Kind = tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO
		}
		d.Lines, d.Taxes = nil, nil
		sum := decimal.Zero
		for i := range rapid.IntRange(1, 8).Draw(r, "lines") {
			a := decimal.New(int64(rapid.IntRange(-1_000_000, 5_000_000).Draw(r, "cents")), -2)
			sum = sum.Add(a)
			d.Lines = append(d.Lines, &tradepostv1.Line{Key: string(rune('a' + i)), Kind: tradepostv1.LineKind_LINE_KIND_ITEM, Description: rapid.String().Draw(r, "text"), Amount: a.StringFixed(2)})
		}
		d.Totals = &tradepostv1.Totals{Subtotal: sum.StringFixed(2), Total: sum.StringFixed(2)}
		owes := func(d *tradepostv1.Document) decimal.Decimal {
			item, faults := f.Item(d)
			require.Empty(r, faults)
			require.NoError(r, os.WriteFile(filepath.Join(dir, "rows"), item.Rows, 0o600))
			owed := decimal.Zero
			for _, row := range b.read(filepath.Join(dir, "rows")) {
				owed = owed.Add(decimal.RequireFromString(row.Amount.String()))
			}
			return owed
		}
		owed := owes(d)
		back := owes(invoice.Reverse(d, &tradepostv1.AppliesTo{Kind: d.GetKind(), Number: d.GetNumber()}, d.GetIssueDate()))
		if d.GetKind() == tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO {
			sum = sum.Neg()
		}
		require.True(r, owed.Equal(sum), "%s is not %s", owed, sum)
		require.True(r, back.Equal(sum.Neg()))
	})
}
