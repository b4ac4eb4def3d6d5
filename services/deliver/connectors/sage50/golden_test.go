package sage50

import (
	"bytes"
	"encoding/csv"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

var update = flag.Bool("update", false, "write the golden files anew")

// rich is an invoice with everything that is hard: two tax agencies, a discount, a credit
// line, a line of text, quotes, line breaks, and letters outside Windows-1252.
func rich() *tradepostv1.Document {
	d := sample(7)
	d.PostingDate = "2026-12-01"
	d.Terms = &tradepostv1.Terms{Name: "Net 30", NetDays: 30}
	d.Job.Reference = code("J-1042")
	d.SalesRep = code("KIM")
	d.PrivateNote = "Zażółć gęślą jaźń – 冷却水"
	d.CustomerMessage = "Thank you,\r\n\"see you\" soon"
	d.Location = &tradepostv1.Location{Name: "ACME Tower – North entrance of the old wing", Address: &tradepostv1.Address{
		Street: "1200 Boulevard of the Very Long Names, Suite 400", City: "Raleigh", State: "North Carolina", PostalCode: "27601", Country: "USA",
	}}
	d.Lines = []*tradepostv1.Line{
		{Key: "1", Kind: tradepostv1.LineKind_LINE_KIND_ITEM, Description: "Labor", Quantity: "2.5", UnitPrice: "110", Amount: "275.00", Taxable: true},
		{
			Key: "2", Kind: tradepostv1.LineKind_LINE_KIND_ITEM, Description: "3/4\" valve, \"brass\"\r\nreplaced", Quantity: "2", UnitPrice: "45.005", Amount: "90.01",
			Taxable: true, Item: &tradepostv1.Item{Reference: code("VALVE-34")}, RevenueAccount: code("40100"), Job: code("J-7"),
		},
		{Key: "3", Kind: tradepostv1.LineKind_LINE_KIND_ITEM, Description: "Credit for the old part", Quantity: "4", UnitPrice: "-2.50", Amount: "-10.00"},
		{Key: "4", Kind: tradepostv1.LineKind_LINE_KIND_TEXT, Description: "Wärmepumpe geprüft; Żuraw 冷 ✓", Amount: "0.00"},
	}
	d.Discount = &tradepostv1.Discount{Amount: "5.00", Account: code("49000")}
	d.Taxes = []*tradepostv1.Tax{{Name: "Sales tax", Code: code("WAKE"), Amount: "20.00", Source: tradepostv1.TaxSource_TAX_SOURCE_AS_BILLED}}
	d.Totals = &tradepostv1.Totals{Subtotal: "355.01", Discount: "5.00", Tax: "20.00", Total: "370.01"}
	d.Source.Total = "370.01"
	return d
}

// memo is the same owed to the customer, against invoice 990.
func memo() *tradepostv1.Document {
	d := rich()
	d.Kind, d.Number, d.Marker, d.Source.Total = tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO, "CM-7", "st-kit-7-c", "-370.01"
	d.AppliesTo = &tradepostv1.AppliesTo{Kind: tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE, Number: "990"}
	d.DueDate, d.Terms = "", nil
	return d
}

// large has 200 lines.
func large() *tradepostv1.Document {
	d := sample(200)
	d.Lines = nil
	cents := 0
	for i := range 200 {
		c := 100*i + i%100
		cents += c
		amount := fmt.Sprintf("%d.%02d", c/100, c%100)
		d.Lines = append(d.Lines, &tradepostv1.Line{
			Key: strconv.Itoa(i), Kind: tradepostv1.LineKind_LINE_KIND_ITEM, Description: "Line " + strconv.Itoa(i+1), Quantity: "1", UnitPrice: amount, Amount: amount,
		})
	}
	total := fmt.Sprintf("%d.%02d", cents/100, cents%100)
	d.Totals, d.Source.Total = &tradepostv1.Totals{Subtotal: total, Total: total}, total
	return d
}

// shapes are the layouts, and one of one's own.
var shapes = map[string]func(*Config){
	LayoutFull:      func(*Config) {},
	LayoutPeachtree: func(c *Config) { c.Layout = LayoutPeachtree; c.DateFormat = "M/D/YYYY" },
	LayoutShort:     func(c *Config) { c.Layout = LayoutShort; c.Header = true },
	"own": func(c *Config) {
		c.Header = true
		c.Columns = []string{
			"Amount", "Customer ID", "Invoice/CM #", "Date", "Date Due", "Accounts Receivable Account", "Sales Tax Code",
			"Number of Distributions", "Invoice/CM Distribution", "Description", "G/L Account", "Tax Type", "Sales Tax Authority",
			"Credit Memo", "Quantity", "Unit Price", "Internal Note",
		}
	},
}

func fileOf(t *testing.T, c *Config, docs ...*tradepostv1.Document) []byte {
	t.Helper()
	content := c.heading()
	for _, d := range docs {
		s := newSheet(c, "acme-sage", d)
		require.Empty(t, s.faults)
		content = append(content, s.text()...)
	}
	return content
}

func completed(t *testing.T, change func(*Config)) *Config {
	t.Helper()
	c := settings(t.TempDir(), change)
	c.complete()
	require.NoError(t, c.problems())
	return &c
}

func TestGolden(t *testing.T) {
	for name, shape := range shapes {
		t.Run(name, func(t *testing.T) {
			c := completed(t, shape)
			docs := []*tradepostv1.Document{rich(), large()}
			if c.has(colCreditMemo) {
				docs = append(docs, memo())
			}
			have := fileOf(t, c, docs...)
			path := filepath.Join("testdata", name+".csv")
			if *update {
				require.NoError(t, os.WriteFile(path, have, 0o644))
			}
			want, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, string(want), string(have))
		})
	}
}

// cellsOf reads a file as the import does, by the place of each column.
func cellsOf(t *testing.T, c *Config, content []byte) []map[string]string {
	t.Helper()
	text, err := charmap.Windows1252.NewDecoder().Bytes(content)
	require.NoError(t, err)
	require.Equal(t, bytes.Count(text, []byte("\n")), bytes.Count(text, []byte("\r\n")), "every line ends with CRLF, and no text breaks one")
	records, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	require.NoError(t, err)
	if c.Header {
		require.Equal(t, c.Columns, records[0])
		records = records[1:]
	}
	var rows []map[string]string
	for _, record := range records {
		require.Len(t, record, len(c.Columns))
		row := map[string]string{}
		for i, name := range c.Columns {
			row[name] = record[i]
		}
		rows = append(rows, row)
	}
	return rows
}

func inUTF8(t *testing.T, f *Files, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(f.Location(), name))
	require.NoError(t, err)
	text, err := charmap.Windows1252.NewDecoder().Bytes(raw)
	require.NoError(t, err)
	return string(text)
}
