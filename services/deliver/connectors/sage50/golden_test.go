package sage50

import (
	"bytes"
	"encoding/csv"
	"flag"
	"fmt"
	"maps"
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

// Every cell of the full layout, for each row of the hard invoice.
func TestEveryFieldOfAnInvoice(t *testing.T) {
	c := completed(t, shapes[LayoutFull])
	require.Len(t, c.Columns, 59)
	rows := cellsOf(t, c, fileOf(t, c, rich()))
	shared := map[string]string{
		"Customer ID": "C100", "Invoice/CM #": "1007", "Apply to Invoice Number": "", "Credit Memo": "FALSE", "Progress Billing Invoice": "FALSE",
		"Date": "12/01/26", "Ship By": "", "Quote": "FALSE", "Quote #": "", "Quote Good Thru Date": "", "Drop Ship": "FALSE",
		"Ship to Name": "ACME Tower – North entrance of", "Ship to Address-Line One": "1200 Boulevard of the Very Lon",
		"Ship to Address-Line Two": "g Names, Suite 400", "Ship to City": "Raleigh", "Ship to State": "No", "Ship to Zipcode": "27601", "Ship to Country": "USA",
		"Customer PO": "PO 77", "Ship Via": "", "Ship Date": "", "Date Due": "12/22/26", "Discount Amount": "0.00", "Discount Date": "12/01/26",
		"Displayed Terms": "Net 30", "Sales Representative ID": "KIM", "Accounts Receivable Account": "11000", "Sales Tax ID": "WAKE",
		"Invoice Note": "Thank you, \"see you\" soon", "Note Prints After Line Items": "FALSE", "Statement Note": "", "Stmt Note Prints Before Ref": "FALSE",
		"Internal Note": "st-kit-7 Zazólc gesla jazn – ???", "Beginning Balance Transaction": "FALSE", "Number of Distributions": "7",
		"Apply to Invoice Distribution": "0", "Apply To Sales Order": "FALSE", "Apply to Proposal": "FALSE", "SO/Proposal Number": "", "Serial Number": "",
		"SO/Proposal Distribution": "0", "UPC / SKU": "", "Weight": "0", "Transaction Period": "", "Transaction Number": "", "Return Authorization": "",
		"Voided by Transaction": "", "Recur Number": "0", "Recur Frequency": "0",
	}
	columns := []string{
		"Invoice/CM Distribution", "Quantity", "Item ID", "Description", "G/L Account", "Unit Price", "Tax Type", "Amount", "Job ID", "Sales Tax Agency ID",
	}
	want := [][]string{
		{"1", "2.5", "", "Labor", "40000", "110", "1", "-275.00", "J-1042", ""},
		{"2", "2", "VALVE-34", "3/4\" valve, \"brass\" replaced", "40100", "45.005", "1", "-90.01", "J-7", ""},
		{"3", "0", "", "Credit for the old part (4 x -2.5)", "40000", "0", "2", "10.00", "J-1042", ""},
		{"4", "0", "", "Wärmepumpe geprüft; Zuraw ? x", "40000", "0", "2", "0.00", "J-1042", ""},
		{"5", "0", "", "Discount", "49000", "0", "2", "5.00", "", ""},
		{"0", "0", "", "NCDOR", "23100", "0", "0", "-13.10", "", "NCDOR"},
		{"0", "0", "", "WAKECO", "23150", "0", "0", "-6.90", "", "WAKECO"},
	}
	require.Len(t, rows, len(want))
	for i, row := range rows {
		expected := maps.Clone(shared)
		for j, name := range columns {
			expected[name] = want[i][j]
		}
		require.Len(t, expected, 59)
		require.Equal(t, expected, row, "row %d", i+1)
	}
}

// A credit memo has the same rows the other way round, and says so.
func TestEveryFieldOfACreditMemo(t *testing.T) {
	c := completed(t, shapes[LayoutFull])
	was, is := cellsOf(t, c, fileOf(t, c, rich())), cellsOf(t, c, fileOf(t, c, memo()))
	require.Len(t, is, len(was))
	differs := map[string]bool{
		"Invoice/CM #": true, "Apply to Invoice Number": true, "Credit Memo": true, "Date Due": true, "Displayed Terms": true, "Internal Note": true,
		"Amount": true, "Quantity": true, "Unit Price": true, "Description": true,
	}
	for i, row := range is {
		require.Equal(t, "CM-7", row["Invoice/CM #"])
		require.Equal(t, "990", row["Apply to Invoice Number"])
		require.Equal(t, "TRUE", row["Credit Memo"])
		require.Equal(t, "12/01/26", row["Date Due"])
		require.Equal(t, "0", row["Quantity"], "the amount stands alone")
		for name, value := range row {
			if !differs[name] {
				require.Equal(t, was[i][name], value, name)
			}
		}
	}
	require.Equal(t, []string{"275.00", "90.01", "-10.00", "0.00", "-5.00", "13.10", "6.90"}, column(is, "Amount"))
	require.Equal(t, "Labor (2.5 x 110)", is[0]["Description"])
}

// The other layouts say the same in the columns that they have.
func TestEveryFieldOfTheOtherLayouts(t *testing.T) {
	for name, columns := range map[string]int{LayoutPeachtree: 51, LayoutShort: 15, "own": 17} {
		full, c := completed(t, shapes[LayoutFull]), completed(t, shapes[name])
		full.DateFormat = c.DateFormat
		require.Len(t, c.Columns, columns)
		docs := []*tradepostv1.Document{rich(), large()}
		want, have := cellsOf(t, full, fileOf(t, full, docs...)), cellsOf(t, c, fileOf(t, c, docs...))
		require.Len(t, have, 207)
		for i, row := range have {
			for column, value := range row {
				require.Equal(t, want[i][modern(column)], value, "%s: row %d, %s", name, i+1, column)
			}
		}
	}
	c := completed(t, shapes[LayoutPeachtree])
	require.Equal(t, "12/1/2026", cellsOf(t, c, fileOf(t, c, rich()))[0]["Date"])
	require.Contains(t, c.Columns, "Sales Tax Authority")
	require.NotContains(t, c.Columns, "Weight")
}

func TestEveryRowOfALargeInvoice(t *testing.T) {
	c := completed(t, shapes[LayoutFull])
	rows := cellsOf(t, c, fileOf(t, c, large()))
	require.Len(t, rows, 200)
	for i, row := range rows {
		amount := fmt.Sprintf("%d.%02d", (100*i+i%100)/100, (100*i+i%100)%100)
		require.Equal(t, []string{"1200", "200", strconv.Itoa(i + 1), "Line " + strconv.Itoa(i+1), "1", "2", ""}, []string{
			row["Invoice/CM #"], row["Number of Distributions"], row["Invoice/CM Distribution"], row["Description"],
			map[bool]string{true: "1", false: row["Quantity"]}[i == 0], row["Tax Type"], row["Sales Tax Agency ID"],
		})
		if i > 0 {
			require.Equal(t, "-"+amount, row["Amount"])
		}
	}
}

func column(rows []map[string]string, name string) []string {
	var all []string
	for _, row := range rows {
		all = append(all, row[name])
	}
	return all
}

func inUTF8(t *testing.T, f *Files, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(f.Location(), name))
	require.NoError(t, err)
	text, err := charmap.Windows1252.NewDecoder().Bytes(raw)
	require.NoError(t, err)
	return string(text)
}
