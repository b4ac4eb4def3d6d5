package quickbooks_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox/quickbooks"
)

func TestNamesAreTaken(t *testing.T) {
	c := serve(t, quickbooks.Options{PlainNames: true})
	c.configure(func(s *quickbooks.Settings) { s.TerseNames = false })
	vendor := c.rows("select * from Vendor")[0]["DisplayName"]
	employee := c.rows("select * from Employee")[0]["DisplayName"]
	inactive := c.rows("select * from Customer where Active = false")[0]
	for kind, name := range map[string]any{
		"vendor": vendor, "employee": employee, "customer": strings.ToUpper(text(c.rows("select * from Customer")[0]["DisplayName"])),
	} {
		t.Run(kind, func(t *testing.T) {
			a := c.post("customer", object{"DisplayName": name})
			requireFault(t, a, http.StatusBadRequest, "6240")
			_, _, detail := a.fault()
			require.Contains(t, detail, "Another "+kind+" is already using this name")
		})
	}
	requireFault(t, c.post("customer", object{"DisplayName": inactive["DisplayName"]}), http.StatusBadRequest, "6240")
	require.Empty(t, c.rows("select * from Customer where DisplayName = '"+text(inactive["DisplayName"])+"'"), "a statement does not show what is inactive")
	require.Len(t, c.rows("select * from Customer where DisplayName = '"+text(inactive["DisplayName"])+"' and Active in (true, false)"), 1)

	c.configure(func(s *quickbooks.Settings) { s.TerseNames = true })
	_, _, detail := c.post("customer", object{"DisplayName": vendor}).fault()
	require.Equal(t, "The name supplied already exists. : null", detail)

	item := c.rows("select * from Item")[0]
	requireFault(t, c.post("item", object{"Name": item["Name"], "Type": "Service", "IncomeAccountRef": object{"value": "1"}}), http.StatusBadRequest, "6240")
}

func TestInactiveNamesCanBeFreed(t *testing.T) {
	c := serve(t, quickbooks.Options{})
	c.configure(func(s *quickbooks.Settings) { s.InactiveFreesName = true })
	made := c.made("Customer", object{"DisplayName": "Acme"})
	off := c.made("Customer", object{"Id": made["Id"], "SyncToken": "0", "sparse": true, "Active": false})
	require.Equal(t, "Acme (deleted)", off["DisplayName"])
	c.made("Customer", object{"DisplayName": "Acme"})
	requireFault(t, c.post("customer", object{"Id": made["Id"], "SyncToken": "1", "sparse": true, "Active": true}), http.StatusBadRequest, "6240")
}

func TestSubCustomers(t *testing.T) {
	c := serve(t, quickbooks.Options{})
	parent := c.made("Customer", object{"DisplayName": "Level 0"})
	for level := 1; level <= 4; level++ {
		child := c.made("Customer", object{
			"DisplayName": "Level " + string(rune('0'+level)), "Job": true, "ParentRef": object{"value": parent["Id"]}, "BillWithParent": true,
		})
		require.Equal(t, text(parent["FullyQualifiedName"])+":"+text(child["DisplayName"]), child["FullyQualifiedName"])
		parent = child
	}
	requireFault(t, c.post("customer", object{"DisplayName": "Level 5", "Job": true, "ParentRef": object{"value": parent["Id"]}}), http.StatusBadRequest, "6180")
	requireFault(t, c.post("customer", object{"DisplayName": "Stray", "Job": true}), http.StatusBadRequest, "6150")
	requireFault(t, c.post("customer", object{"DisplayName": "Odd", "ParentRef": object{"value": "1"}}), http.StatusBadRequest, "6150")
	require.Len(t, c.rows("select * from Customer where FullyQualifiedName = 'Level 0:Level 1'"), 1)
	first := c.rows("select * from Customer where DisplayName = 'Level 0'")[0]
	requireFault(t, c.post("customer", object{"Id": first["Id"], "SyncToken": "0", "sparse": true, "Active": false}), http.StatusBadRequest, "6000")
}

func TestCustomersAndItemsThatAreRefused(t *testing.T) {
	c := serve(t, quickbooks.Options{})
	income := object{"value": "1"}
	for name, at := range map[string]struct {
		code, entity string
		body         object
	}{
		"no name":        {"6080", "customer", object{"CompanyName": "x"}},
		"colon":          {"2040", "customer", object{"DisplayName": "a:b"}},
		"long":           {"2050", "customer", object{"DisplayName": strings.Repeat("x", 501)}},
		"property":       {"2010", "customer", object{"DisplayName": "x", "Colour": "red"}},
		"mail":           {"2210", "customer", object{"DisplayName": "x", "PrimaryEmailAddr": object{"Address": "nobody"}}},
		"tab":            {"2040", "customer", object{"DisplayName": "x", "PrintOnCheckName": "a\tb"}},
		"parent unknown": {"2500", "customer", object{"DisplayName": "x", "Job": true, "ParentRef": object{"value": "9999"}}},
		"item name":      {"2020", "item", object{"Type": "Service", "IncomeAccountRef": income}},
		"item type":      {"2170", "item", object{"Name": "x", "Type": "Thing", "IncomeAccountRef": income}},
		"item account":   {"2020", "item", object{"Name": "x", "Type": "Service"}},
		"no account":     {"2500", "item", object{"Name": "x", "Type": "Service", "IncomeAccountRef": object{"value": "99"}}},
		"inventory":      {"2020", "item", object{"Name": "x", "Type": "Inventory", "IncomeAccountRef": income}},
		"a term":         {"500", "term", object{"Name": "x"}},
	} {
		t.Run(name, func(t *testing.T) { requireFault(t, c.post(at.entity, at.body), http.StatusBadRequest, at.code) })
	}
	made := c.made("Customer", object{"GivenName": "Ada", "FamilyName": "Lovelace"})
	require.Equal(t, "Ada Lovelace", made["DisplayName"])
}

func TestWhatIsInactiveCannotBeSold(t *testing.T) {
	c := serve(t, quickbooks.Options{})
	item := c.rows("select * from Item where Id = '1'")[0]
	c.made("Item", object{"Id": "1", "SyncToken": item["SyncToken"], "sparse": true, "Active": false})
	a := c.post("invoice", sale("1"))
	requireFault(t, a, http.StatusBadRequest, "610")
	_, _, detail := a.fault()
	require.Contains(t, detail, "made inactive")
	c.made("Customer", object{"Id": "1", "SyncToken": "0", "sparse": true, "Active": false})
	requireFault(t, c.post("invoice", sale("1", object{"Line": []any{line("1", "NON", object{"ItemRef": object{"value": "2"}})}})), http.StatusBadRequest, "610")
}
