package e2e

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"

	"github.com/tradepost/tradepost/services/sandbox"
)

// sageAccounts are the G/L accounts of the company in Sage 50.
var sageAccounts = map[string]string{accountServices: "40000", accountParts: "40100", accountDiscounts: "49000"}

const sageReceivable = "11000"

// sageFiles is a company of Sage 50: the files that wait to be imported, read by the names
// of their columns. Each tax has a state's and a county's agency, which share the tax.
type sageFiles struct {
	t    *testing.T
	dir  string
	book *sandbox.Book
}

func (f *sageFiles) system() string { return "Sage 50" }

// taxID is the Sales Tax ID of a tax group: Sage 50 takes eight characters.
func (f *sageFiles) taxID(i int) string { return "TAX" + strconv.Itoa(i+1) }

func (f *sageFiles) connection() map[string]any {
	taxes := map[string]any{}
	for i := range taxGroups(f.book) {
		taxes[f.taxID(i)] = []any{
			map[string]any{"agency": "STATE", "account": "23000", "rate": "4.75"},
			map[string]any{"agency": fmt.Sprint("COUNTY", i+1), "account": strconv.Itoa(23001 + i), "rate": "2.5"},
		}
	}
	return map[string]any{"connector": "sage50", "settings": map[string]any{
		"folder": f.dir, "header": true, "batch": 50, "wait": "10m", "net_days": 30, "sales_taxes": taxes,
		"accounts": map[string]any{"receivable": sageReceivable},
	}}
}

func (f *sageFiles) remap(mapping map[string]any) {
	byItem, codes := map[string]any{}, map[string]any{}
	for id, account := range revenueByItem(f.book) {
		byItem[strconv.FormatInt(id, 10)] = sageAccounts[account]
	}
	for i, group := range taxGroups(f.book) {
		codes[group] = f.taxID(i)
	}
	mapping["accounts"] = map[string]any{
		"receivable": sageReceivable, "revenue": []any{map[string]any{"by": "line.item_id", "table": byItem}},
	}
	mapping["tax"] = taxCodes(codes, f.taxID(0))
}

// documents are the rows of the files by customer and number.
func (f *sageFiles) documents() map[string][]map[string]string {
	f.t.Helper()
	files, err := filepath.Glob(filepath.Join(f.dir, "SALES-*.csv"))
	require.NoError(f.t, err)
	all := map[string][]map[string]string{}
	for _, file := range files {
		in := map[string][]map[string]string{}
		for _, row := range f.rows(file) {
			key := row["Customer ID"] + " " + row["Invoice/CM #"]
			in[key] = append(in[key], row)
		}
		for key, rows := range in {
			require.Empty(f.t, all[key], "%s is in %s and in another file", key, file)
			all[key] = rows
		}
	}
	return all
}

// rows reads a file as the import does.
func (f *sageFiles) rows(file string) []map[string]string {
	f.t.Helper()
	raw, err := os.ReadFile(file)
	require.NoError(f.t, err)
	text, err := charmap.Windows1252.NewDecoder().Bytes(raw)
	require.NoError(f.t, err)
	records, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	require.NoError(f.t, err)
	require.Len(f.t, records[0], 59, "columns of %s", file)
	var rows []map[string]string
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, name := range records[0] {
			row[name] = record[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// requireOnce wants each document whole in one file, a credit memo named as one.
func (f *sageFiles) requireOnce(documents int) {
	f.t.Helper()
	all := f.documents()
	require.Len(f.t, all, documents)
	for key, rows := range all {
		owed := decimal.Zero
		for _, row := range rows {
			owed = owed.Sub(decimal.RequireFromString(row["Amount"]))
			require.Equal(f.t, strconv.Itoa(len(rows)), row["Number of Distributions"], key)
			require.Equal(f.t, rows[0]["Credit Memo"], row["Credit Memo"], key)
			require.Equal(f.t, row["Invoice/CM Distribution"] == "0", row["Sales Tax Agency ID"] != "", key)
		}
		memo := map[bool]string{true: "TRUE", false: "FALSE"}[owed.IsNegative()]
		require.Equal(f.t, memo, rows[0]["Credit Memo"], "%s owes %s", key, owed)
	}
}

// totals is what an import of the files would book: each row to its G/L account, and the
// other way round to its customer and the receivable account.
func (f *sageFiles) totals() totals {
	f.t.Helper()
	sums, ids := totals{}, f.taxIDs()
	for _, rows := range f.documents() {
		for _, row := range rows {
			amount := decimal.RequireFromString(row["Amount"])
			sums.add(f.commonName(row["G/L Account"]), amount)
			sums.add(f.commonName(row["Accounts Receivable Account"]), amount.Neg())
			sums.add("customer "+row["Customer ID"], amount.Neg())
			if row["Invoice/CM Distribution"] == "0" {
				sums.add("tax "+ids[row["Sales Tax ID"]], amount.Neg())
			}
		}
	}
	return sums
}

// taxIDs are the tax groups by their Sales Tax ID.
func (f *sageFiles) taxIDs() map[string]string {
	all := map[string]string{}
	for i, group := range taxGroups(f.book) {
		all[f.taxID(i)] = group
	}
	return all
}

// commonName is what all books call a G/L account.
func (f *sageFiles) commonName(number string) string {
	for common, own := range sageAccounts {
		if number == own {
			return common
		}
	}
	switch {
	case number == sageReceivable:
		return accountReceivable
	case strings.HasPrefix(number, "230"):
		return accountSalesTax
	}
	return "account " + number
}
