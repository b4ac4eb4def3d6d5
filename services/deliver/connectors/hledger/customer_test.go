package hledger

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Whatever names the customer, its id leads to the account that it came from.
func TestACustomersIDLeadsToItsAccount(t *testing.T) {
	l := books(t, t.TempDir())
	for name, want := range map[string]string{
		"C100":                    "C100",
		"ACME Tower LLC":          "ACME Tower LLC",
		"assets:receivable:A:C 1": "assets:receivable:A:C 1",
		"Tower: North; Wing":      "",
		"  Tower  ":               "",
	} {
		d := sample(1)
		d.Customer.Reference.Value = name
		account, id := l.customerAccount(d)
		if want != "" {
			require.Equal(t, want, id)
		}
		d.Customer.Reference = &tradepostv1.Reference{By: tradepostv1.ReferenceBy_REFERENCE_BY_ID, Value: id}
		again, same := l.customerAccount(d)
		require.Equal(t, account, again, name)
		require.Equal(t, id, same, name)
		require.NoError(t, accountProblem(account))
	}
}

// An entry that a bookkeeper edited is adopted by what it shows; its account may
// have been the edit.
func TestAnEntryChangedByHandTellsNoCustomer(t *testing.T) {
	dir := t.TempDir()
	l := books(t, dir)
	posted := mustPost(t, l, sample(1))
	require.Equal(t, []connector.Customer{{Record: connector.RecordCompany, RecordID: 7, ID: "C100"}}, posted.Customers)
	path := l.file(sample(1).GetMarker())
	writeFile(t, strings.ReplaceAll(readFile(t, path), "receivable:C100", "receivable:C999"), path)
	adopted := mustPost(t, l, sample(1))
	require.True(t, adopted.Adopted)
	require.Empty(t, adopted.Customers)

	d := sample(2)
	d.Customer.CompanyId = 0
	require.Empty(t, mustPost(t, l, d).Customers, "no company that it could be written to")
}
