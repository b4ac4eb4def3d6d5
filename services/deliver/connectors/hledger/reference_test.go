package hledger

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
)

func listed(t *testing.T, l *Ledger, kind connector.ReferenceKind) map[string]string {
	records := map[string]string{}
	require.NoError(t, l.ListReference(t.Context(), kind, func(r connector.ReferenceRecord) error {
		require.Equal(t, kind, r.Kind)
		records[r.Code] = r.Name
		return nil
	}))
	return records
}

// What is listed is what a mapping may name: it leads to the very account.
func TestTheBooksListTheirRecords(t *testing.T) {
	dir := t.TempDir()
	l := books(t, dir, func(c *Config) {
		c.Declare = []string{"revenue:labor", "liabilities:salestax:nc:wake", "assets:receivable:C300:Annex"}
	})
	writeFile(t, readFile(t, dir, "chart.journal")+"account assets:receivable:C200  ; name:Brown & Sons, type:A\n", dir, "chart.journal")
	mustPost(t, l, sample(1))

	require.Equal(t, map[string]string{"C100": "C100", "C200": "Brown & Sons", "assets:receivable:C300:Annex": "Annex"}, listed(t, l, connector.ReferenceCustomer))
	require.Equal(t, map[string]string{"revenue:labor": "labor"}, listed(t, l, connector.ReferenceItem), "discounts are no item")
	require.Equal(t, map[string]string{"liabilities:salestax:nc:wake": "wake"}, listed(t, l, connector.ReferenceTax))
	require.Contains(t, listed(t, l, connector.ReferenceAccount), "liabilities:salestax")
	require.NotContains(t, listed(t, l, connector.ReferenceAccount), "assets:receivable:C100")
	require.Empty(t, listed(t, l, connector.ReferenceTerms))

	for code := range listed(t, l, connector.ReferenceCustomer) {
		d := sample(9)
		d.Customer.Reference.Value = code
		account, _ := l.customerAccount(d)
		accounts := declared{}
		require.NoError(t, readChart(l.path(mainFile), accounts, 0))
		require.True(t, accounts.has(account), account)
	}
}

func TestBooksThatAreAwayListNothing(t *testing.T) {
	dir := t.TempDir()
	none := func(connector.ReferenceRecord) error { return nil }
	for _, known := range []string{"", "the company of before"} {
		l, err := New(Config{JournalDir: dir}, connector.Settings{Connection: "acme", Company: known})
		require.NoError(t, err)
		require.Error(t, l.ListReference(t.Context(), connector.ReferenceCustomer, none))
		writeFile(t, "account assets:receivable:C1\n", dir, mainFile)
		err = l.ListReference(t.Context(), connector.ReferenceCustomer, none)
		if known == "" {
			require.NoError(t, err, "books that Tradepost has not used yet")
		} else {
			require.ErrorIs(t, err, errNoBooks)
		}
		require.NoError(t, os.Remove(filepath.Join(dir, mainFile)))
	}
}
