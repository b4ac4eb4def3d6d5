package quickbooks_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox/quickbooks"
)

// taxed is an invoice of 100.00 taxable and 50.00 not, shipped to a place.
func taxed(state, city string, detail object) object {
	o := sale("1", object{"Line": []any{line("100", "TAX"), line("50", "NON")}})
	if state != "" {
		o["ShipAddr"] = object{"CountrySubDivisionCode": state, "City": city, "Line1": "1 Main St"}
	}
	if detail != nil {
		o["TxnTaxDetail"] = detail
	}
	return o
}

func TestSalesTax(t *testing.T) {
	wake, override := object{"value": "3"}, json.Number("9.99")
	for name, at := range map[string]struct {
		mode     string
		override bool
		body     object
		tax      string
	}{
		"manual by code":                    {quickbooks.TaxManual, true, taxed("", "", object{"TxnTaxCodeRef": wake}), "7.25"},
		"manual keeps the total sent":       {quickbooks.TaxManual, false, taxed("", "", object{"TxnTaxCodeRef": wake, "TotalTax": override}), "9.99"},
		"manual without a code":             {quickbooks.TaxManual, true, taxed("", "", nil), "0"},
		"manual total without a code":       {quickbooks.TaxManual, true, taxed("", "", object{"TotalTax": override}), "9.99"},
		"automated by address":              {quickbooks.TaxAutomated, true, taxed("VA", "Richmond", nil), "6"},
		"automated, a place without tax":    {quickbooks.TaxAutomated, false, taxed("TX", "Austin", object{"TotalTax": override}), "0"},
		"automated at home":                 {quickbooks.TaxAutomated, true, taxed("TX", "Austin", nil), "0"},
		"automated whatever the code":       {quickbooks.TaxAutomated, true, taxed("VA", "Richmond", object{"TxnTaxCodeRef": wake}), "6"},
		"automated keeps the total sent":    {quickbooks.TaxAutomated, true, taxed("VA", "Richmond", object{"TotalTax": override}), "9.99"},
		"automated asked to win":            {quickbooks.TaxAutomated, true, taxed("VA", "Richmond", object{"TotalTax": override, "UseAutomatedSalesTax": true}), "6"},
		"automated recomputes in silence":   {quickbooks.TaxAutomated, false, taxed("VA", "Richmond", object{"TotalTax": override}), "6"},
		"nothing taxable, whatever is sent": {quickbooks.TaxManual, true, sale("150", object{"TxnTaxDetail": object{"TxnTaxCodeRef": wake, "TotalTax": override}}), "0"},
		"off":                               {quickbooks.TaxOff, true, taxed("", "", nil), "0"},
	} {
		t.Run(name, func(t *testing.T) {
			c := serve(t, quickbooks.Options{})
			c.configure(func(s *quickbooks.Settings) { s.SalesTax, s.TaxOverride = at.mode, at.override })
			inv := c.made("Invoice", at.body)
			want, err := json.Number(at.tax).Float64()
			require.NoError(t, err)
			got, err := inv["TotalAmt"].(json.Number).Float64()
			require.NoError(t, err)
			require.InDelta(t, 150+want, got, 0.001, "%v", inv["TxnTaxDetail"])
			if detail, ok := inv["TxnTaxDetail"].(object); ok {
				require.Equal(t, at.tax, text(detail["TotalTax"]))
			}
			prefs := c.rows("select * from Preferences")[0]["TaxPrefs"].(object)
			require.Equal(t, map[string]any{quickbooks.TaxAutomated: true, quickbooks.TaxManual: nil, quickbooks.TaxOff: false}[at.mode], prefs["PartnerTaxEnabled"])
			require.Equal(t, at.mode != quickbooks.TaxOff, prefs["UsingSalesTax"])
		})
	}
}

func TestLinesThatSayNothingOfTax(t *testing.T) {
	c := serve(t, quickbooks.Options{})
	taxable := text(c.rows("select * from Item where Sku = 'SPK-HEAD'")[0]["Id"])
	untaxed := text(c.rows("select * from Item where Sku = 'LABOR-STD'")[0]["Id"])
	silent := func(item string) object {
		return object{"DetailType": "SalesItemLineDetail", "Amount": 100, "SalesItemLineDetail": object{"ItemRef": object{"value": item}}}
	}
	body := taxed("VA", "Richmond", object{"TxnTaxCodeRef": object{"value": "4"}})
	body["Line"] = []any{silent(taxable), silent(untaxed)}
	require.Equal(t, "200", text(c.made("Invoice", body)["TotalAmt"]), "nothing is taxed")
	c.configure(func(s *quickbooks.Settings) { s.SalesTax = quickbooks.TaxAutomated })
	require.Equal(t, "206", text(c.made("Invoice", body)["TotalAmt"]), "the item decides")
	c.made("Customer", object{"Id": "1", "SyncToken": "0", "sparse": true, "Taxable": false})
	require.Equal(t, "200", text(c.made("Invoice", body)["TotalAmt"]), "the customer is exempt")
}

func TestTaxThatIsOffIsIgnored(t *testing.T) {
	c := serve(t, quickbooks.Options{})
	c.configure(func(s *quickbooks.Settings) { s.SalesTax = quickbooks.TaxOff })
	inv := c.made("Invoice", taxed("", "", object{"TotalTax": 5, "TxnTaxCodeRef": object{"value": "2"}}))
	require.NotContains(t, inv, "TxnTaxDetail", "not stored, and not a word about it")
	require.Equal(t, "150", text(inv["TotalAmt"]))
}

func TestTaxByTheAddressOfAnUpdate(t *testing.T) {
	c := serve(t, quickbooks.Options{})
	c.configure(func(s *quickbooks.Settings) { s.SalesTax = quickbooks.TaxAutomated })
	inv := c.made("Invoice", taxed("VA", "Richmond", nil))
	body := object{"Id": inv["Id"], "SyncToken": "0", "sparse": true, "ShipAddr": object{"Line1": "9 Elm St", "City": "Santa Fe", "CountrySubDivisionCode": "NM", "PostalCode": "87501"}}
	moved := c.made("Invoice", body)
	require.Equal(t, "8.94", text(moved["TxnTaxDetail"].(object)["TotalTax"]))
	body = object{"Id": inv["Id"], "SyncToken": "1", "sparse": true, "Line": []any{line("200", "TAX")}}
	require.Equal(t, "17.88", text(c.made("Invoice", body)["TxnTaxDetail"].(object)["TotalTax"]), "the place is still known")
}

func TestTaxAfterDiscount(t *testing.T) {
	c := serve(t, quickbooks.Options{})
	body := taxed("", "", object{"TxnTaxCodeRef": object{"value": "2"}})
	body["Line"] = append(body["Line"].([]any), object{"DetailType": "DiscountLineDetail", "Amount": 15, "DiscountLineDetail": object{}})
	before := c.made("Invoice", body)
	require.Equal(t, "7.5", text(before["TxnTaxDetail"].(object)["TotalTax"]))
	body["ApplyTaxAfterDiscount"] = true
	after := c.made("Invoice", body)
	require.Equal(t, "6.75", text(after["TxnTaxDetail"].(object)["TotalTax"]), "7.5 % of 100 less its part of the discount")
	require.Equal(t, "141.75", text(after["TotalAmt"]))
}
