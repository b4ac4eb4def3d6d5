package quickbooks_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox/quickbooks"
)

func TestPaymentsAndDeposits(t *testing.T) {
	c := serve(t, quickbooks.Options{})
	inv := c.made("Invoice", sale("100"))
	pay := func(amount string) object {
		return object{"CustomerRef": object{"value": "1"}, "TotalAmt": json.Number(amount), "Line": []any{object{
			"Amount": json.Number(amount), "LinkedTxn": []any{object{"TxnId": inv["Id"], "TxnType": "Invoice"}},
		}}}
	}
	p := c.made("Payment", pay("40"))
	require.Equal(t, "0", text(p["UnappliedAmt"]))
	after := c.get("invoice/" + text(inv["Id"])).body["Invoice"].(object)
	require.Equal(t, "60", text(after["Balance"]))
	require.Equal(t, "1", after["SyncToken"], "a payment changes the invoice")
	require.Equal(t, []any{object{"TxnId": p["Id"], "TxnType": "Payment"}}, after["LinkedTxn"])
	requireFault(t, c.post("invoice?operation=delete", object{"Id": inv["Id"], "SyncToken": "1"}), http.StatusBadRequest, "800")
	require.Equal(t, "60", text(c.rows("select * from Customer where Id = '1'")[0]["Balance"]))
	requireFault(t, c.post("payment", pay("61")), http.StatusBadRequest, "6000")
	changed := c.made("Invoice", object{"Id": inv["Id"], "SyncToken": "1", "sparse": true, "Line": []any{line("150", "NON")}})
	require.Equal(t, "110", text(changed["Balance"]), "what was paid stays paid")
	c.made("Payment", object{"Id": p["Id"], "SyncToken": "0", "sparse": true}, "operation=update", "include=void")
	require.Equal(t, "150", text(c.get("invoice/" + text(inv["Id"])).body["Invoice"].(object)["Balance"]))

	a := c.do(c.request("POST", "/_quickbooks/companies/"+c.realm+"/objects/Invoice/"+text(inv["Id"])+"/deposit", "", nil))
	require.Equal(t, http.StatusOK, a.status, a.raw)
	requireFault(t, c.post("invoice?operation=void", object{"Id": inv["Id"], "SyncToken": "3"}), http.StatusBadRequest, "6540")
}

func TestAddressesOfAnUpdate(t *testing.T) {
	c := serve(t, quickbooks.Options{})
	c.made("Customer", object{"Id": "1", "SyncToken": "0", "sparse": true, "GivenName": "Ada", "FamilyName": "Lovelace", "CompanyName": "Engines"})
	first := object{"Line1": "1 Main St", "City": "Durham", "CountrySubDivisionCode": "NC", "PostalCode": "27701"}
	inv := c.made("Invoice", sale("1", object{"ShipAddr": first}))
	shown := inv["ShipAddr"].(object)
	require.Equal(t, "1 Main St Durham", text(shown["Line1"])+" "+text(shown["City"]))
	same := c.made("Invoice", object{"Id": inv["Id"], "SyncToken": "0", "sparse": true, "ShipAddr": first})
	require.Equal(t, shown, same["ShipAddr"], "an address that stays is shown as before")
	moved := c.made("Invoice", object{"Id": inv["Id"], "SyncToken": "1", "sparse": true, "ShipAddr": object{
		"Line1": "9 Elm St", "Line2": "Dock 4", "City": "Raleigh", "CountrySubDivisionCode": "NC", "PostalCode": "27601",
	}})["ShipAddr"].(object)
	delete(moved, "Id")
	require.Equal(t, object{"Line1": "Ada Lovelace", "Line2": "Engines", "Line3": "9 Elm St", "Line4": "Dock 4", "Line5": "Raleigh, NC  27601"}, moved)
}
