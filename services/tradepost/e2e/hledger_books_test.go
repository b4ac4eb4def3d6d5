package e2e

import (
	"bytes"
	"encoding/csv"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/deliver/connectors/hledger"
	"github.com/tradepost/tradepost/services/sandbox"
)

// hledgerAccounts are the names of the accounts in the journal.
var hledgerAccounts = map[string]string{
	accountServices: "revenue:services", accountParts: "revenue:parts", accountDiscounts: "revenue:discounts",
}

const (
	hledgerReceivable = "assets:receivable"
	hledgerTaxes      = "liabilities:salestax"
)

// hledgerBooks is a journal. Each location has an account below its customer's, each
// item of the books leads to a revenue account, and each tax has an account of its own.
type hledgerBooks struct {
	t    *testing.T
	dir  string
	book *sandbox.Book
}

func (h *hledgerBooks) system() string { return "hledger" }

func (h *hledgerBooks) connection() map[string]any {
	declare := []string{}
	for _, name := range hledgerAccounts {
		declare = append(declare, name)
	}
	for _, group := range taxGroups(h.book) {
		declare = append(declare, hledgerTaxes+":"+group)
	}
	return map[string]any{"connector": "hledger", "settings": map[string]any{"journal_dir": h.dir, "declare": declare}}
}

func (h *hledgerBooks) remap(mapping map[string]any) {
	byItem, codes := map[string]any{}, map[string]any{}
	keys := itemKeys(h.book)
	for id, account := range revenueByItem(h.book) {
		if keys[id] != "" {
			byItem[keys[id]] = hledgerAccounts[account]
		}
	}
	for _, group := range taxGroups(h.book) {
		codes[group] = hledgerTaxes + ":" + group
	}
	customers := mapping["customers"].(map[string]any)
	customers["level"], customers["create"] = "location", true
	mapping["accounts"] = map[string]any{"receivable": hledgerReceivable, "revenue_by_item": byItem}
	mapping["tax"] = taxCodes(codes, hledgerTaxes)
}

func (h *hledgerBooks) requireOnce(documents int) {
	h.t.Helper()
	tie, err := hledger.TieOut(h.t.Context(), h.dir, "")
	require.NoError(h.t, err)
	require.Equal(h.t, documents, tie.Count, "transactions in the journal")
	require.Len(h.t, tie.Documents, documents)
	require.Greater(h.t, len(h.balances("--depth", "4")), len(h.balances("--depth", "3")), "locations are below their customers")
}

// totals is what `hledger balance` says.
func (h *hledgerBooks) totals() totals {
	h.t.Helper()
	sums := totals{}
	for name, balance := range h.balances("--depth", "3") {
		customer, owes := strings.CutPrefix(name, hledgerReceivable+":")
		place, taxed := strings.CutPrefix(name, hledgerTaxes+":")
		switch {
		case owes:
			sums.add("customer "+customer, balance)
			sums.add(accountReceivable, balance)
		case taxed:
			sums.add("tax "+place, balance.Neg())
			sums.add(accountSalesTax, balance)
		default:
			sums.add(h.commonName(name), balance)
		}
	}
	return sums
}

// commonName is what all books call an account of the journal.
func (h *hledgerBooks) commonName(name string) string {
	for common, own := range hledgerAccounts {
		if name == own {
			return common
		}
	}
	return "account " + name
}

// balances asks the program for the balance of each account.
func (h *hledgerBooks) balances(options ...string) map[string]decimal.Decimal {
	h.t.Helper()
	cmd := exec.Command("hledger", append([]string{"-f", "main.journal", "balance", "--flat", "--no-total", "-O", "csv"}, options...)...)
	cmd.Dir, cmd.Env = h.dir, append(os.Environ(), "LC_ALL=C.UTF-8")
	out, err := cmd.Output()
	require.NoError(h.t, err)
	rows, err := csv.NewReader(bytes.NewReader(out)).ReadAll()
	require.NoError(h.t, err)
	require.Equal(h.t, []string{"account", "balance"}, rows[0])
	all := map[string]decimal.Decimal{}
	for _, row := range rows[1:] {
		all[row[0]] = decimal.RequireFromString(strings.NewReplacer("$", "", ",", "").Replace(row[1]))
	}
	return all
}
