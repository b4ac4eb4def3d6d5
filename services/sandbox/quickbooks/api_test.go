package quickbooks_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox/quickbooks"
)

func TestWhatUsersDoByHand(t *testing.T) {
	c := serve(t, quickbooks.Options{})
	api := c.stand.API
	inv := c.made("Invoice", sale("10", object{"PrivateNote": "st-1"}))
	id := text(inv["Id"])
	changed, err := api.Put(c.realm, "Invoice", object{"Id": id, "CustomerMemo": object{"value": "by hand"}})
	require.NoError(t, err)
	require.Equal(t, "1", changed["SyncToken"])
	require.Equal(t, "st-1", changed["PrivateNote"], "what is not named stays")
	again, err := api.Put(c.realm, "invoice", sale("5", object{"DocNumber": inv["DocNumber"]}))
	require.NoError(t, err, "the page only warns about a number that is taken")
	require.NoError(t, api.Void(c.realm, "Invoice", text(again["Id"])))
	require.NoError(t, api.Delete(c.realm, "Invoice", text(again["Id"])))
	history := api.History(c.realm, "Invoice")
	require.Len(t, history, 5, "made and changed; made, voided and deleted")
	require.Equal(t, "10", text(history[0].Object["TotalAmt"]))
	require.True(t, history[4].Deleted)
	require.NoError(t, api.Deposit(c.realm, "Invoice", id))
	require.ErrorContains(t, api.Void(c.realm, "Invoice", id), "6540")
	require.ErrorContains(t, api.Delete(c.realm, "Invoice", "99"), "610")
	require.Error(t, api.Deposit(c.realm, "Invoice", "99"))
	for _, err := range []error{api.Void("1", "Invoice", id), api.Void(c.realm, "Nothing", id)} {
		require.Error(t, err)
	}
	_, err = api.Connect("1")
	require.Error(t, err)
	require.Nil(t, api.Objects("1", "Invoice"))
	require.Equal(t, quickbooks.Settings{}, api.Settings("1"))
}

func TestAwait(t *testing.T) {
	c := serve(t, quickbooks.Options{})
	done := make(chan error, 1)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	two := func(a *quickbooks.API) bool { return len(a.Objects(c.realm, "Invoice")) == 2 }
	go func() { done <- c.stand.API.Await(ctx, c.realm, two) }()
	c.made("Invoice", sale("1"))
	c.made("Invoice", sale("1"))
	require.NoError(t, <-done)
	short, stop := context.WithCancel(t.Context())
	stop()
	require.ErrorIs(t, c.stand.API.Await(short, c.realm, func(*quickbooks.API) bool { return false }), context.Canceled)
	require.Error(t, c.stand.API.Await(ctx, "1", two))
}

func TestCompaniesAreApart(t *testing.T) {
	c := serve(t, quickbooks.Options{PlainNames: true, Invoices: 100})
	realm := c.stand.API.AddCompany()
	other := c.at(realm)
	require.Equal(t, "Meridian Mechanical & Fire 2", other.rows("select * from CompanyInfo")[0]["CompanyName"])
	c.made("Customer", object{"DisplayName": "Only here"})
	require.Empty(t, other.rows("select * from Customer where DisplayName = 'Only here'"))
	require.NotEmpty(t, other.rows("select * from Customer where DisplayName = 'Harbor Point Medical Center'"))
	require.NotEmpty(t, other.rows("select * from Customer where DisplayName = 'City of Fairhaven - Public Works' and Active in (true, false)"), "a name cannot have a colon")
	require.NotEmpty(t, other.rows("select * from Item where Sku = 'CU-3/4' and Name = 'Copper pipe 3/4\", ft'"))
	require.Equal(t, "10", text(other.rows("select * from Term where Name = '2% 10 Net 30'")[0]["DiscountDays"]))
	for entity, want := range map[string]int{"Class": 8, "Department": 2, "Term": 5, "TaxRate": 5, "TaxCode": 7, "Account": 7} {
		require.Len(t, other.rows("select * from "+entity), want, entity)
	}
	rate := other.rows("select * from TaxRate where Name = 'NM-ESPANOLA'")[0]
	require.Equal(t, "8.9375", text(rate["RateValue"]))
}
