package quickbooks

import (
	"testing"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	stand "github.com/tradepost/tradepost/services/sandbox/quickbooks"
)

func codesOf(faults []*tradepostv1.Fault) []string {
	codes := make([]string, len(faults))
	for i, f := range faults {
		codes[i] = f.GetCode() + " " + f.GetThing()
	}
	return codes
}

// Everything that is wrong with a document is told at once, by preview and by the
// posting alike: whoever mends it sends it once more, and not once for each problem.
func TestAllThatIsWrongIsToldAtOnce(t *testing.T) {
	c := newCompany(t, nil)
	q := c.connect()
	first := sample(1)
	first.Number = "7001"
	c.posted(q, first)
	gone := c.put("Customer", stand.Object{"DisplayName": "Closed Shop"})
	c.put("Customer", stand.Object{"Id": gone["Id"], "sparse": true, "Active": false})

	d := sample(2)
	d.Number = "7001"
	d.Customer.CompanyId, d.Customer.Name, d.Customer.Reference = 9, "Closed Shop", byName("Closed Shop")
	d.Location = &tradepostv1.Location{LocationId: 70, Name: "Annex", BelowCustomer: true}
	d.Terms = &tradepostv1.Terms{Reference: byName("Net Nowhere")}
	d.Class, d.Department = byName("No Class"), byName("No Place")
	d.CustomFields = map[string]string{"No Field": "x"}
	d.Lines[0].Item.Reference, d.Lines[0].RevenueAccount = byName("No Item"), byName("No Account")
	taxed("No Code")(d)
	want := []string{
		`terms.not_in_books Payment terms "Net Nowhere"`, `class.not_in_books Class "No Class"`, `department.not_in_books Department "No Place"`,
		`field.not_in_books Custom field "No Field"`, `customer.inactive_in_books Customer "Closed Shop"`, `customer.not_in_books Location "Annex"`,
		`account.not_in_books Account "No Account"`, `item.not_in_books Item "No Item"`, `tax.not_in_books Sales tax "No Code"`,
		`document.number_taken Number 7001`,
	}
	told, err := q.CheckDocument(t.Context(), d)
	require.NoError(t, err)
	require.Equal(t, want, codesOf(told))
	require.Equal(t, want, codesOf(c.rejected(q, d).Faults))

	d.Customer.Name, d.Customer.Reference, d.Customer.CreateIfMissing = "Nobody", byName("Nobody"), false
	told, err = q.CheckDocument(t.Context(), d)
	require.NoError(t, err)
	require.Contains(t, codesOf(told), `customer.not_in_books Customer "Nobody"`)
	require.NotContains(t, codesOf(told), `customer.not_in_books Location "Annex"`, "who is below somebody who is not there cannot be known")
}

// A document that is refused for its number leaves nothing behind.
func TestNothingIsMadeForANumberThatIsTaken(t *testing.T) {
	c := newCompany(t, nil)
	q := c.connect()
	first := sample(1)
	first.Number = "7001"
	c.posted(q, first)
	before := len(c.stand.API.Objects(c.realm, "Customer"))
	d := at(sample(2), "Annex", "1042")
	d.Number = "7001"
	require.Equal(t, []string{"document.number_taken Number 7001"}, codesOf(c.rejected(q, d).Faults))
	require.Len(t, c.stand.API.Objects(c.realm, "Customer"), before)

	first.Memo = "edited"
	told, err := q.CheckDocument(t.Context(), first)
	require.NoError(t, err)
	require.Empty(t, told, "a document that is there has its own number")
}
