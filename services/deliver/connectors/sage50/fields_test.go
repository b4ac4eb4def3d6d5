package sage50

import (
	"bytes"
	"encoding/csv"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"
)

// row is what a row has to say, by Sage 50's names of the columns.
type row = map[string]string

// with is a row with other values in some columns.
func with(r row, values row) row {
	r = maps.Clone(r)
	maps.Copy(r, values)
	return r
}

// plain is what stands in every row of an invoice that has nothing of it.
var plain = row{
	"Customer ID": "C100", "Apply to Invoice Number": "", "Credit Memo": "FALSE", "Progress Billing Invoice": "FALSE", "Ship By": "", "Quote": "FALSE",
	"Quote #": "", "Quote Good Thru Date": "", "Drop Ship": "FALSE", "Ship to Name": "", "Ship to Address-Line One": "", "Ship to Address-Line Two": "",
	"Ship to City": "", "Ship to State": "", "Ship to Zipcode": "", "Ship to Country": "", "Customer PO": "PO 77", "Ship Via": "", "Ship Date": "",
	"Date Due": "12/22/26", "Discount Amount": "0.00", "Displayed Terms": "", "Sales Representative ID": "", "Accounts Receivable Account": "11000",
	"Sales Tax ID": "", "Invoice Note": "", "Note Prints After Line Items": "FALSE", "Statement Note": "", "Stmt Note Prints Before Ref": "FALSE",
	"Beginning Balance Transaction": "FALSE", "Apply to Invoice Distribution": "0", "Apply To Sales Order": "FALSE", "Apply to Proposal": "FALSE",
	"SO/Proposal Number": "", "Item ID": "", "Serial Number": "", "SO/Proposal Distribution": "0", "UPC / SKU": "", "Weight": "0", "Job ID": "",
	"Sales Tax Agency ID": "", "Transaction Period": "", "Transaction Number": "", "Return Authorization": "", "Voided by Transaction": "",
	"Recur Number": "0", "Recur Frequency": "0",
}

// richRows are those of the hard invoice: lines, the discount, then the two agencies.
func richRows() []row {
	head := with(plain, row{
		"Invoice/CM #": "1007", "Date": "12/01/26", "Discount Date": "12/01/26", "Displayed Terms": "Net 30", "Sales Representative ID": "KIM",
		"Ship to Name": "ACME Tower – North entrance of", "Ship to Address-Line One": "1200 Boulevard of the Very Lon",
		"Ship to Address-Line Two": "g Names, Suite 400", "Ship to City": "Raleigh", "Ship to State": "", "Ship to Zipcode": "27601", "Ship to Country": "USA",
		"Sales Tax ID": "WAKE", "Invoice Note": "Thank you, \"see you\" soon", "Internal Note": "st-kit-7 Zazólc gesla jazn – ???", "Number of Distributions": "7",
	})
	columns := []string{
		"Invoice/CM Distribution", "Quantity", "Item ID", "Description", "G/L Account", "Unit Price", "Tax Type", "Amount", "Job ID", "Sales Tax Agency ID",
	}
	var rows []row
	for _, values := range [][]string{
		{"1", "2.5", "", "Labor", "40000", "110", "1", "-275.00", "J-1042", ""},
		{"2", "2", "VALVE-34", "3/4\" valve, \"brass\" replaced", "40100", "45.005", "1", "-90.01", "J-7", ""},
		{"3", "0", "", "Credit for the old part (4 x -2.5)", "40000", "0", "2", "10.00", "J-1042", ""},
		{"4", "0", "", "Wärmepumpe geprüft; Zuraw ? x", "40000", "0", "2", "0.00", "J-1042", ""},
		{"5", "0", "", "Discount", "49000", "0", "2", "5.00", "", ""},
		{"0", "0", "", "NCDOR", "23100", "0", "0", "-13.10", "", "NCDOR"},
		{"0", "0", "", "WAKECO", "23150", "0", "0", "-6.90", "", "WAKECO"},
	} {
		one := maps.Clone(head)
		for i, name := range columns {
			one[name] = values[i]
		}
		rows = append(rows, one)
	}
	return rows
}

// memoRows are the same the other way round: it says so, and amounts stand alone.
func memoRows() []row {
	rows := richRows()
	amounts := []string{"275.00", "90.01", "-10.00", "0.00", "-5.00", "13.10", "6.90"}
	for i := range rows {
		rows[i] = with(rows[i], row{
			"Invoice/CM #": "CM-7", "Apply to Invoice Number": "990", "Credit Memo": "TRUE", "Date Due": "12/01/26", "Displayed Terms": "",
			"Internal Note": "st-kit-7-c Zazólc gesla jazn – ???", "Quantity": "0", "Unit Price": "0", "Amount": amounts[i],
		})
	}
	rows[0]["Description"] = "Labor (2.5 x 110)"
	rows[1]["Description"] = "3/4\" valve, \"brass\" replaced (2 x 45.005)"
	return rows
}

// largeRows are those of 200 lines.
func largeRows() []row {
	var rows []row
	for i := range 200 {
		price := decimal.New(int64(100*i+i%100), -2)
		rows = append(rows, with(plain, row{
			"Invoice/CM #": "1200", "Date": "11/22/26", "Discount Date": "11/22/26", "Internal Note": "st-kit-200", "Number of Distributions": "200",
			"Invoice/CM Distribution": strconv.Itoa(i + 1), "Quantity": "1", "Description": "Line " + strconv.Itoa(i+1), "G/L Account": "40000",
			"Unit Price": price.String(), "Tax Type": "2", "Amount": price.Neg().StringFixed(2),
		}))
	}
	return rows
}

// Every field of every row of the golden files, by its place, against what the import has
// to be told.
func TestEveryFieldOfTheGoldenFiles(t *testing.T) {
	for name, columns := range importLayouts {
		t.Run(name, func(t *testing.T) {
			want := append(richRows(), largeRows()...)
			if name != LayoutShort {
				want = append(want, memoRows()...)
			}
			records := goldenRecords(t, name)
			if name == LayoutShort {
				require.Equal(t, columns, records[0], "the row with the headings")
				records = records[1:]
			}
			require.Len(t, records, len(want))
			for i, record := range records {
				require.Len(t, record, len(columns))
				for at, column := range columns {
					require.Equal(t, wanted(t, name, column, want[i]), record[at], "row %d, column %d, %s", i+1, at+1, column)
				}
			}
		})
	}
}

// wanted is what a column of a layout has to say; the golden file of Peachtree has long
// dates.
func wanted(t *testing.T, layout, column string, r row) string {
	t.Helper()
	if later, is := laterNames[column]; is {
		column = later
	}
	value, known := r[column]
	require.True(t, known, column)
	long := row{"12/01/26": "12/1/2026", "12/22/26": "12/22/2026", "11/22/26": "11/22/2026"}
	if layout == LayoutPeachtree && long[value] != "" {
		return long[value]
	}
	return value
}

// goldenRecords reads a golden file: Windows-1252, every line ending with CRLF.
func goldenRecords(t *testing.T, name string) [][]string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name+".csv"))
	require.NoError(t, err)
	require.Equal(t, bytes.Count(raw, []byte("\n")), bytes.Count(raw, []byte("\r\n")), "no text breaks a line")
	for what, text := range map[string]string{
		"quotes are doubled": `"3/4"" valve, ""brass"" replaced"`, "letters are those of Windows-1252": "W\xe4rmepumpe gepr\xfcft; Zuraw ? x",
	} {
		require.True(t, bytes.Contains(raw, []byte(text)), what)
	}
	text, err := charmap.Windows1252.NewDecoder().Bytes(raw)
	require.NoError(t, err)
	records, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	require.NoError(t, err)
	return records
}

// A list of one's own says the same in the columns that it has.
func TestEveryFieldOfAListOfOnesOwn(t *testing.T) {
	c := completed(t, shapes["own"])
	rows := cellsOf(t, c, fileOf(t, c, rich(), large(), memo()))
	want := append(append(richRows(), largeRows()...), memoRows()...)
	require.Len(t, rows, len(want))
	for i, have := range rows {
		require.Len(t, have, 17)
		for column, value := range have {
			require.Equal(t, wanted(t, "own", column, want[i]), value, "row %d, %s", i+1, column)
		}
	}
}

// A layout without the column that says so takes no credit memo.
func TestTheShortLayoutRefusesACreditMemo(t *testing.T) {
	s := newSheet(completed(t, shapes[LayoutShort]), "acme-sage", memo())
	require.Len(t, s.faults, 1)
	require.Equal(t, "document.kind_refused", s.faults[0].GetCode())
}
