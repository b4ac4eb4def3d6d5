package pipeline_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox"
	"github.com/tradepost/tradepost/services/sandbox/quickbooks"
)

func voiding(how string) company {
	return company{mapping: map[string]any{"policy": map[string]any{"voided": how}}}
}

// An invoice that is voided in ServiceTrade is made void in QuickBooks: no second
// document, and the bookkeeper is told.
func TestQuickBooksVoidsWhatWasVoided(t *testing.T) {
	inQuickBooks(t, voiding("void"), func(o *online) {
		id := o.first().ID
		o.posted(id)
		require.NoError(t, o.sandbox.API.Void(id))
		o.awaitVoided(3*time.Hour, id)
		require.Equal(t, "0", fmt.Sprint(o.document(id)["TotalAmt"]))
		require.Contains(t, o.document(id)["PrivateNote"], "Voided")
		o.requireStatus(id, "void")
		o.requireComment(id, 1, "void")
	})
}

// An invoice that was paid is made void, and the bookkeeper is told of the payment.
func TestQuickBooksVoidsWhatWasPaid(t *testing.T) {
	inQuickBooks(t, voiding("void"), func(o *online) {
		id := o.first().ID
		o.put("Payment", o.payment(o.posted(id), 500))
		require.NoError(t, o.sandbox.API.Void(id))
		o.awaitVoided(3*time.Hour, id)
		require.Equal(t, "0", fmt.Sprint(o.document(id)["TotalAmt"]))
		o.requireStatus(id, "void")
		o.requireComment(id, 1, "void-paid")
	})
}

// A void that QuickBooks refuses is told, with what the bookkeeper does about it.
func TestQuickBooksRefusesAVoid(t *testing.T) {
	inQuickBooks(t, voiding("void"), func(o *online) {
		id := o.first().ID
		o.posted(id)
		o.configure(func(s *quickbooks.Settings) { s.ClosedThrough, s.ClosedPassword = "2026-12-31", true })
		require.NoError(t, o.sandbox.API.Void(id))
		o.awaitVoided(3*time.Hour, id)
		require.NotEqual(t, "0", fmt.Sprint(o.document(id)["TotalAmt"]))
		o.requireComment(id, 1, "void-closed")
	})
}

// What takes an invoice back stands beside it in QuickBooks, with the same total.
func TestQuickBooksTakesBackWithACreditMemo(t *testing.T) {
	inQuickBooks(t, voiding("credit_memo"), func(o *online) {
		inv := o.first()
		o.posted(inv.ID)
		require.NoError(t, o.sandbox.API.Void(inv.ID))
		o.awaitVoided(3*time.Hour, inv.ID)
		memos := o.stand.API.Objects(o.realm, "CreditMemo")
		require.Len(t, memos, 1)
		require.Equal(t, inv.Number+"-V", memos[0]["DocNumber"])
		require.Equal(t, fmt.Sprint(o.document(inv.ID)["TotalAmt"]), fmt.Sprint(memos[0]["TotalAmt"]))
		o.requireComment(inv.ID, 1, "credit-memo")
	})
}

// The books are left alone, and the bookkeeper is told what to do.
func TestQuickBooksIsLeftAloneWhereAVoidIsOnlyTold(t *testing.T) {
	inQuickBooks(t, voiding("comment"), func(o *online) {
		id := o.first().ID
		o.posted(id)
		before := o.document(id)["SyncToken"]
		require.NoError(t, o.sandbox.API.Void(id))
		o.awaitVoided(3*time.Hour, id)
		require.Equal(t, before, o.document(id)["SyncToken"])
		require.Empty(t, o.stand.API.Objects(o.realm, "CreditMemo"))
		o.requireComment(id, 1, "void-told")
	})
}

// QuickBooks voids no credit memos: the bookkeeper is told.
func TestQuickBooksCannotVoidACreditMemo(t *testing.T) {
	inQuickBooks(t, voiding("void"), func(o *online) {
		credit := o.first()
		credit.ID, credit.Number, credit.Lines = 0, "C-77", slices.Clone(credit.Lines[:1])
		credit.Lines[0].Quantity, credit.Lines[0].Price = sandbox.NewAmount("1"), sandbox.NewAmount("-25")
		made, err := o.sandbox.API.Add(credit)
		require.NoError(t, err)
		require.Empty(t, o.stand.API.Objects(o.realm, "CreditMemo"))
		o.posted(made.ID)
		require.Len(t, o.stand.API.Objects(o.realm, "CreditMemo"), 1)
		require.NoError(t, o.sandbox.API.Void(made.ID))
		o.awaitVoided(3*time.Hour, made.ID)
		o.requireComment(made.ID, 1, "void-credit-memo")
	})
}
