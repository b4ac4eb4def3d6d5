package quickbooks

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	stand "github.com/tradepost/tradepost/services/sandbox/quickbooks"
)

// taxedAt is an invoice over 100.00 and 7.25 of tax, billed by ServiceTrade or left to
// QuickBooks to compute.
func taxedAt(id int64, code *tradepostv1.Reference, source tradepostv1.TaxSource) *tradepostv1.Document {
	d := sample(id)
	d.Lines[0].Quantity, d.Lines[0].UnitPrice, d.Lines[0].Amount, d.Lines[0].Taxable = "1", "100", "100.00", true
	d.Taxes = []*tradepostv1.Tax{{Code: code, Amount: "7.25", Source: source}}
	d.Totals = &tradepostv1.Totals{Subtotal: "100.00", Tax: "7.25", Total: "107.25"}
	d.Source.Total = "107.25"
	return d
}

const asBilled = tradepostv1.TaxSource_TAX_SOURCE_AS_BILLED

// The tax that was billed is what the books get, whatever they would compute; where
// they compute all the same, the invoice is never called posted.
func TestTheTaxThatWasBilledIsKeptOrTold(t *testing.T) {
	tests := map[string]struct {
		change func(*stand.Settings)
		kept   bool
	}{
		"rates by hand":                         {func(s *stand.Settings) { s.SalesTax = stand.TaxManual }, true},
		"automated, and may be overridden":      {func(s *stand.Settings) { s.SalesTax, s.TaxOverride = stand.TaxAutomated, true }, true},
		"automated, and computes all by itself": {func(s *stand.Settings) { s.SalesTax, s.TaxOverride = stand.TaxAutomated, false }, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := newCompany(t, tt.change)
			q := c.connect()
			answer := c.create(q, taxedAt(1, nil, asBilled))
			if tt.kept {
				require.IsType(t, connector.Posted{}, answer, "%+v", answer)
				require.Equal(t, "107.25", answer.(connector.Posted).Document.Total)
				return
			}
			rejected, is := answer.(connector.Rejected)
			require.True(t, is, "%+v", answer)
			require.Equal(t, "document.total_differs", rejected.Faults[0].GetCode())
			require.Equal(t, "107.25", rejected.Faults[0].GetParams()["invoice_total"])
			require.NotNil(t, rejected.Document, "it is in the books all the same")
			require.NotEqual(t, "107.25", rejected.Document.Total)

			// Asked again, it still is no success, and there is no second one.
			again := q.Create(t.Context(), c.posting(taxedAt(1, nil, asBilled), hashOf(t, taxedAt(1, nil, asBilled))))
			require.IsType(t, connector.Rejected{}, again, "%+v", again)
		})
	}
}

func TestTaxThatIsOff(t *testing.T) {
	c := newCompany(t, func(s *stand.Settings) { s.SalesTax = stand.TaxOff })
	q := c.connect()
	require.Equal(t, "document.feature_off", c.rejected(q, taxedAt(1, nil, asBilled)).Faults[0].GetCode())
	c.posted(q, sample(2))
}

func TestTwoTaxCodesAreRefused(t *testing.T) {
	c := newCompany(t, nil)
	var codes []*tradepostv1.Reference
	for _, o := range c.stand.API.Objects(c.realm, "TaxCode") {
		if name := o["Name"].(string); name != "TAX" && name != "NON" {
			codes = append(codes, byName(name))
		}
	}
	require.GreaterOrEqual(t, len(codes), 2)
	q := c.connect()
	c.posted(q, taxedAt(1, codes[0], asBilled))
	two := taxedAt(2, codes[0], asBilled)
	two.Taxes[0].Amount = "7.00"
	two.Taxes = append(two.Taxes, &tradepostv1.Tax{Code: codes[1], Amount: "0.25", Source: asBilled})
	require.Equal(t, "tax.several_codes", c.rejected(q, two).Faults[0].GetCode())
}

// No tax was billed, though the lines are taxable: automated sales tax adds none.
func TestNothingIsTaxedWhereNoTaxWasBilled(t *testing.T) {
	c := newCompany(t, func(s *stand.Settings) { s.SalesTax, s.TaxOverride = stand.TaxAutomated, false })
	d := sample(1)
	d.Lines[0].Taxable = true
	c.posted(c.connect(), d)
}

func TestClassesPlacesTermsAndFields(t *testing.T) {
	c := newCompany(t, nil)
	class, place, term := c.first("Class"), c.first("Department"), c.first("Term")
	d := sample(1)
	d.Class, d.Department = byName(class["Name"].(string)), byName(place["Name"].(string))
	d.Terms = &tradepostv1.Terms{Reference: byName(term["Name"].(string))}
	d.CustomFields = map[string]string{"job": "1042"}
	d.PoNumber, d.PrivateNote, d.ServiceTo = "PO-77", "call before", "2026-11-20"
	d.PostingDate = "2026-12-01"
	d.Location = &tradepostv1.Location{Name: "Plant", Address: &tradepostv1.Address{Street: "2 Mill Rd", City: "Durham"}}
	posted := c.posted(c.connect(), d)
	require.Equal(t, "2026-11-22", posted.Document.IssueDate, "the date of the invoice is kept beside that of the books")

	o := c.only("st-kit-1")
	require.Equal(t, "2026-12-01", o["TxnDate"])
	require.Equal(t, "2026-12-22", o["DueDate"], "the due date is the invoice's, not that of the terms")
	require.Equal(t, place["Id"], reference(o, "DepartmentRef"))
	require.Equal(t, term["Id"], reference(o, "SalesTermRef"))
	line := o["Line"].([]any)[0].(map[string]any)["SalesItemLineDetail"].(map[string]any)
	require.Equal(t, class["Id"], reference(line, "ClassRef"))
	require.Equal(t, "2026-11-20", line["ServiceDate"])
	require.Equal(t, "2 Mill Rd", o["ShipAddr"].(map[string]any)["Line1"])
	fields := map[any]any{}
	for _, f := range o["CustomField"].([]any) {
		fields[f.(map[string]any)["Name"]] = f.(map[string]any)["StringValue"]
	}
	require.Equal(t, "1042", fields["Job"])
	require.Regexp(t, `^\[st-kit-1 [^\]]+ 2026-11-22\]\ncall before\nPO PO-77\nInvoice date 2026-11-22$`, o["PrivateNote"])
}

func TestFeaturesThatAreOffAreNamed(t *testing.T) {
	c := newCompany(t, func(s *stand.Settings) { s.ClassPerLine, s.ClassPerTxn, s.Departments = false, false, false })
	d := sample(1)
	d.Class, d.Department = byName(c.first("Class")["Name"].(string)), byName(c.first("Department")["Name"].(string))
	faults := c.rejected(c.connect(), d).Faults
	require.Len(t, faults, 2)
	for _, f := range faults {
		require.Equal(t, "document.feature_off", f.GetCode())
	}
}

func TestTextThatIsTooLongForTheFormIsShortenedAndTold(t *testing.T) {
	c := newCompany(t, nil)
	d := sample(1)
	for len(d.CustomerMessage) <= 1000 {
		d.CustomerMessage += "All belts were replaced. "
	}
	posted := c.posted(c.connect(), d)
	require.Len(t, posted.Remarks, 1)
	require.Equal(t, "text.shortened", posted.Remarks[0].GetCode())
}

// QuickBooks chooses the number where the invoice has none, also in a company that
// wants to give numbers itself.
func TestNumbersThatQuickBooksChooses(t *testing.T) {
	for name, custom := range map[string]bool{"assigned": false, "given by hand": true} {
		t.Run(name, func(t *testing.T) {
			c := newCompany(t, func(s *stand.Settings) { s.CustomNumbers = custom })
			q := c.connect()
			d := sample(1)
			d.Number = ""
			posted := c.posted(q, d)
			require.True(t, posted.NumberAssigned)
			require.Regexp(t, `^[0-9]+$`, posted.Document.Number)
			found, err := q.Find(t.Context(), connector.Query{Kind: d.GetKind(), Marker: d.GetMarker()})
			require.NoError(t, err)
			require.Equal(t, posted.Document, found[0])
		})
	}
}
