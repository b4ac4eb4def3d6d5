package quickbooks_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox/quickbooks"
)

func TestASaleIsCompleted(t *testing.T) {
	c := serve(t, quickbooks.Options{})
	a := c.post("invoice?minorversion=75", sale("237.50", object{
		"SalesTermRef": object{"value": "1"}, "PrivateNote": "st-1", "CustomerMemo": object{"value": "Thanks"}, "ClassRef": nil,
		"DepartmentRef": object{"value": "1"}, "CustomField": []any{object{"DefinitionId": "1", "StringValue": "PO-77", "Type": "StringType"}},
		"BillEmail": object{"Address": "not an address"}, "EmailStatus": "NeedToSend", "TotalAmt": 1,
	}))
	require.Equal(t, http.StatusOK, a.status, a.raw)
	require.Regexp(t, `^1-[0-9a-f]{8}-[0-9a-f]{24}$`, a.header.Get("intuit_tid"))
	require.Contains(t, a.body, "time")
	inv := a.body["Invoice"].(object)
	require.Equal(t, "0", inv["SyncToken"])
	require.Equal(t, "1001", inv["DocNumber"])
	require.Equal(t, "2026-12-20", inv["DueDate"], "30 days after the date")
	require.Equal(t, json.Number("237.5"), inv["TotalAmt"], "the body's own total does not count")
	require.Equal(t, inv["TotalAmt"], inv["Balance"])
	require.Equal(t, object{"value": "1", "name": "C-10001"}, inv["CustomerRef"])
	require.Equal(t, "NotSet", inv["EmailStatus"], "what is no address is not mailed to, silently")
	require.Equal(t, []any{
		object{"DefinitionId": "1", "Name": "PO Number", "Type": "StringType", "StringValue": "PO-77"},
		object{"DefinitionId": "2", "Name": "Job", "Type": "StringType"},
	}, inv["CustomField"], "what is empty is shown too")
	require.Equal(t, []any{}, inv["LinkedTxn"])
	require.Equal(t, inv["TotalAmt"], c.get("customer/1").body["Customer"].(object)["Balance"])
	lines := inv["Line"].([]any)
	require.Len(t, lines, 2, "the subtotal is a line")
	require.Equal(t, "SubTotalLineDetail", lines[1].(object)["DetailType"])
	require.Equal(t, inv, c.get("invoice/" + text(inv["Id"])).body["Invoice"])
	require.Equal(t, []object{inv}, c.rows("select * from Invoice where Id = '"+text(inv["Id"])+"'"))
}

func TestSalesThatAreRefused(t *testing.T) {
	c := serve(t, quickbooks.Options{})
	long := func(n int) string { return strings.Repeat("x", n) }
	for name, at := range map[string]struct {
		code string
		body any
	}{
		"no line":              {"2020", sale("1", object{"Line": []any{}})},
		"no customer":          {"2020", sale("1", object{"CustomerRef": nil})},
		"unknown customer":     {"2500", sale("1", object{"CustomerRef": object{"value": "99999"}})},
		"unknown item":         {"2500", sale("1", object{"Line": []any{line("1", "NON", object{"ItemRef": object{"value": "999"}})}})},
		"unknown term":         {"2500", sale("1", object{"SalesTermRef": object{"value": "99"}})},
		"unknown property":     {"2010", sale("1", object{"Colour": "red"})},
		"unknown line detail":  {"2170", sale("1", object{"Line": []any{object{"DetailType": "Surprise", "Amount": 1}}})},
		"line property":        {"2010", sale("1", object{"Line": []any{object{"DetailType": "DescriptionOnly", "Text": "x"}}})},
		"number too long":      {"2050", sale("1", object{"DocNumber": long(22)})},
		"note too long":        {"2050", sale("1", object{"PrivateNote": long(4001)})},
		"memo too long":        {"2050", sale("1", object{"CustomerMemo": object{"value": long(1001)}})},
		"description too long": {"2050", sale("1", object{"Line": []any{object{"DetailType": "DescriptionOnly", "Description": long(4001)}}})},
		"custom field long":    {"2050", sale("1", object{"CustomField": []any{object{"DefinitionId": "1", "StringValue": long(32)}}})},
		"custom field off":     {"3000", sale("1", object{"CustomField": []any{object{"DefinitionId": "3", "StringValue": "x"}}})},
		"amount":               {"6070", sale("1", object{"Line": []any{line("10", "NON", object{"Qty": 3, "UnitPrice": json.Number("3.33")})}})},
		"line tax code":        {"6100", sale("1", object{"Line": []any{line("1", "2")}})},
		"tax code":             {"6160", sale("1", object{"TxnTaxDetail": object{"TxnTaxCodeRef": object{"value": "99"}}})},
		"no such day":          {"2070", sale("1", object{"TxnDate": "2026-02-30"})},
		"service date":         {"2060", sale("1", object{"Line": []any{line("1", "NON", object{"ServiceDate": "yesterday"})}})},
		"negative total":       {"6000", sale("-1")},
		"class of all":         {"5030", sale("1", object{"ClassRef": object{"value": "5000000001"}})},
		"currency":             {"6000", sale("1", object{"CurrencyRef": object{"value": "CAD"}})},
		"no JSON":              {"2010", "{"},
		"no UTF-8":             {"500", "{\"PrivateNote\":\"\xff\"}"},
		"unknown id":           {"610", sale("1", object{"Id": "77", "SyncToken": "0"})},
		"discount":             {"6090", sale("1", object{"Line": []any{line("1", "NON"), object{"DetailType": "DiscountLineDetail", "DiscountLineDetail": object{"PercentBased": true}}}})},
		"mail to nobody":       {"2020", sale("1", object{"BillEmail": object{}, "EmailStatus": "NeedToSend"})},
		"751 taxable lines":    {"6000", sale("1", object{"Line": many(751, line("1", "TAX"))})},
		"huge number":          {"2090", sale("1e99999999")},
		"text for an object":   {"2010", sale("1", object{"BillAddr": "1 Main St"})},
		"object for a list":    {"2010", sale("1", object{"Line": object{}})},
		"reference as text":    {"2010", sale("1", object{"Line": []any{line("1", "NON", object{"ItemRef": "1"})}})},
		"no amount":            {"2020", sale("1", object{"Line": []any{object{"DetailType": "SalesItemLineDetail", "SalesItemLineDetail": object{"ItemRef": object{"value": "1"}}}}})},
	} {
		t.Run(name, func(t *testing.T) { requireFault(t, c.post("invoice", at.body), http.StatusBadRequest, at.code) })
	}
	require.Empty(t, c.rows("select * from Invoice"), "nothing was made")
}

func TestWhatAmountsCount(t *testing.T) {
	c := serve(t, quickbooks.Options{})
	for name, at := range map[string]struct {
		total string
		lines []any
	}{
		"rounded product":          {"10.01", []any{line("10.01", "NON", object{"Qty": json.Number("2.5"), "UnitPrice": json.Number("4.0025")})}},
		"half away from zero":      {"0.13", []any{line("0.13", "NON", object{"Qty": json.Number("0.5"), "UnitPrice": json.Number("0.25")})}},
		"five decimals":            {"1.01", []any{line("1.00500", "NON")}},
		"single negative":          {"50", []any{line("100", "NON"), line("-50", "NON")}},
		"without an item":          {"1", []any{line("1", "NON"), object{"DetailType": "SalesItemLineDetail", "Amount": 55, "SalesItemLineDetail": object{}}}},
		"description only":         {"1", []any{line("1", "NON"), object{"DetailType": "DescriptionOnly", "Description": "work", "DescriptionLineDetail": object{}}}},
		"discount":                 {"90", []any{line("100", "NON"), object{"DetailType": "DiscountLineDetail", "Amount": 10, "DiscountLineDetail": object{"PercentBased": false}}}},
		"discount in percent":      {"87.5", []any{line("100", "NON"), object{"DetailType": "DiscountLineDetail", "Amount": 0, "DiscountLineDetail": object{"PercentBased": true, "DiscountPercent": json.Number("12.5")}}}},
		"a subtotal was sent back": {"7", []any{line("7", "NON"), object{"DetailType": "SubTotalLineDetail", "Amount": 7, "SubTotalLineDetail": object{}}}},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, at.total, text(c.made("Invoice", sale("1", object{"Line": at.lines}))["TotalAmt"]))
		})
	}
}

func TestUpdates(t *testing.T) {
	c := serve(t, quickbooks.Options{})
	inv := c.made("Invoice", sale("10", object{"PrivateNote": "keep", "DocNumber": "A-1"}))
	id := text(inv["Id"])

	sparse := c.made("Invoice", object{"Id": id, "SyncToken": "0", "sparse": true, "CustomerMemo": object{"value": "new"}})
	require.Equal(t, "1", sparse["SyncToken"])
	require.Equal(t, "keep", sparse["PrivateNote"])
	require.Equal(t, "10", text(sparse["TotalAmt"]))

	requireFault(t, c.post("invoice", object{"Id": id, "SyncToken": "0", "sparse": true}), http.StatusBadRequest, "5010")
	requireFault(t, c.post("invoice", object{"Id": id, "sparse": true}), http.StatusBadRequest, "2020")

	full := c.made("Invoice", sale("20", object{"Id": id, "SyncToken": "1", "DocNumber": "A-1"}))
	require.Equal(t, "2", full["SyncToken"])
	require.NotContains(t, full, "PrivateNote", "a full update clears what it does not name")
	require.Equal(t, "20", text(full["TotalAmt"]))
	require.Equal(t, inv["MetaData"].(object)["CreateTime"], full["MetaData"].(object)["CreateTime"])
	require.Len(t, c.rows("select * from Invoice"), 1)
}

func TestTaxOfUpdates(t *testing.T) {
	c := serve(t, quickbooks.Options{})
	inv := c.made("Invoice", taxed("", "", object{"TxnTaxCodeRef": object{"value": "2"}, "TotalTax": 9}))
	tax := func(o object) string { return text(o["TxnTaxDetail"].(object)["TotalTax"]) }
	noted := c.made("Invoice", object{"Id": inv["Id"], "SyncToken": "0", "sparse": true, "PrivateNote": "x"})
	require.Equal(t, "9", tax(noted), "a total that was sent stays while the lines do")
	lines := c.made("Invoice", object{"Id": inv["Id"], "SyncToken": "1", "sparse": true, "Line": []any{line("200", "TAX")}})
	require.Equal(t, "15", tax(lines), "7.5 % of the new lines")
}

func TestVoidAndDelete(t *testing.T) {
	c := serve(t, quickbooks.Options{})
	inv := c.made("Invoice", sale("10", object{"PrivateNote": "st-7", "DocNumber": "A-1"}))
	id := text(inv["Id"])
	requireFault(t, c.post("invoice?operation=void", object{"Id": id, "SyncToken": "5"}), http.StatusBadRequest, "5010")
	void := c.made("Invoice", object{"Id": id, "SyncToken": "0"}, "operation=void")
	require.Equal(t, "0", text(void["TotalAmt"]))
	require.Equal(t, "0", text(void["Balance"]))
	require.Equal(t, "Voided - st-7", void["PrivateNote"])
	require.Equal(t, "A-1", void["DocNumber"])
	require.Equal(t, "1", void["SyncToken"])

	gone := c.made("Invoice", object{"Id": id, "SyncToken": "1"}, "operation=delete")
	require.Equal(t, object{"domain": "QBO", "status": "Deleted", "Id": id}, gone)
	requireFault(t, c.get("invoice/"+id), http.StatusBadRequest, "610")
	require.Empty(t, c.rows("select * from Invoice"))

	memo := c.made("CreditMemo", sale("5"))
	require.Equal(t, "5", text(memo["RemainingCredit"]))
	requireFault(t, c.post("creditmemo?operation=void", object{"Id": memo["Id"], "SyncToken": "0"}), http.StatusBadRequest, "500")
	require.NotEqual(t, id, memo["Id"], "transactions share their ids")
	requireFault(t, c.post("customer?operation=delete", object{"Id": "1", "SyncToken": "0"}), http.StatusBadRequest, "500")
}

func TestNumbers(t *testing.T) {
	c := serve(t, quickbooks.Options{})
	number := func(o object) string { n, _ := o["DocNumber"].(string); return n }
	require.Equal(t, "1001", number(c.made("Invoice", sale("1"))))
	require.Equal(t, "1500", number(c.made("Invoice", sale("1", object{"DocNumber": "1500"}))))
	require.Equal(t, "1002", number(c.made("Invoice", sale("1"))), "a number that was sent does not move the counter")

	again := sale("1", object{"DocNumber": "1500"})
	a := c.post("invoice", again)
	requireFault(t, a, http.StatusBadRequest, "6140")
	_, _, detail := a.fault()
	require.Contains(t, detail, "DocNumber=1500 is assigned to TxnType=Invoice with TxnId=2")
	require.Equal(t, "1500", number(c.made("Invoice", again, "include=allowduplicatedocnum")))
	require.Equal(t, "1500", number(c.made("CreditMemo", again)), "other forms have numbers of their own")
	c.configure(func(s *quickbooks.Settings) { s.WarnDuplicates = false })
	c.made("Invoice", again)
	require.Len(t, c.rows("select * from Invoice where DocNumber = '1500'"), 3)

	c.configure(func(s *quickbooks.Settings) { s.CustomNumbers = true })
	require.Empty(t, number(c.made("Invoice", sale("1"))), "custom numbers are on, and none was sent")
	require.Equal(t, "1003", number(c.made("Invoice", sale("1", object{"DocNumber": "AUTO_GENERATE"}))))
	require.Equal(t, "1004", number(c.made("Invoice", sale("1", object{"AutoDocNumber": true}))))
}

func TestClosedBooks(t *testing.T) {
	c := serve(t, quickbooks.Options{})
	inv := c.made("Invoice", sale("1", object{"TxnDate": "2026-06-30"}))
	c.configure(func(s *quickbooks.Settings) { s.ClosedThrough = "2026-06-30" })
	requireFault(t, c.post("invoice", sale("1", object{"TxnDate": "2026-06-30"})), http.StatusBadRequest, "6200")
	c.made("Invoice", sale("1", object{"TxnDate": "2026-07-01"}))
	c.configure(func(s *quickbooks.Settings) { s.ClosedPassword = true })
	for name, at := range map[string]struct {
		rest string
		body object
	}{
		"create": {"creditmemo", sale("1", object{"TxnDate": "2026-01-01"})},
		"update": {"invoice", object{"Id": inv["Id"], "SyncToken": "0", "sparse": true, "TxnDate": "2026-08-01"}},
		"void":   {"invoice?operation=void", object{"Id": inv["Id"], "SyncToken": "0"}},
	} {
		t.Run(name, func(t *testing.T) { requireFault(t, c.post(at.rest, at.body), http.StatusBadRequest, "6210") })
	}
	prefs := c.get("preferences").body["Preferences"].(object)
	require.Equal(t, "2026-06-30", prefs["AccountingInfoPrefs"].(object)["BookCloseDate"])
}

func TestFeaturesOfTheCompany(t *testing.T) {
	c := serve(t, quickbooks.Options{})
	classed := sale("1", object{"Line": []any{line("1", "NON", object{"ClassRef": object{"value": "5000000001"}})}})
	inv := c.made("Invoice", classed)
	require.Equal(t, "Sprinkler", inv["Line"].([]any)[0].(object)["SalesItemLineDetail"].(object)["ClassRef"].(object)["name"])
	c.configure(func(s *quickbooks.Settings) { s.ClassPerLine, s.Departments = false, false })
	requireFault(t, c.post("invoice", classed), http.StatusBadRequest, "5030")
	requireFault(t, c.post("invoice", sale("1", object{"DepartmentRef": object{"value": "1"}})), http.StatusBadRequest, "5030")
	c.configure(func(s *quickbooks.Settings) { s.Ended = true })
	requireFault(t, c.post("invoice", sale("1")), http.StatusBadRequest, "6190")
	require.NotEmpty(t, c.rows("select * from Invoice"), "reading goes on")
	c.configure(func(s *quickbooks.Settings) { s.Ended, s.Maintenance = false, true })
	requireFault(t, c.post("invoice", sale("1")), http.StatusBadRequest, "150")
	c.configure(func(s *quickbooks.Settings) { s.Maintenance, s.AccessLost = false, true })
	requireFault(t, c.get("companyinfo/"+c.realm), http.StatusUnauthorized, "120")
}

func many(n int, one object) []any {
	out := make([]any, n)
	for i := range out {
		out[i] = one
	}
	return out
}
