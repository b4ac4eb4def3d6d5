package pipeline_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox/quickbooks"
)

func updating() company { return company{resend: "update"} }

// An invoice that was edited is changed in its place: the same document, the new total,
// and what a bookkeeper added stays.
func TestQuickBooksTakesAnEdit(t *testing.T) {
	inQuickBooks(t, updating(), func(o *online) {
		id := o.first().ID
		before := o.posted(id)
		o.put("Payment", o.payment(before, 5))
		o.raise(id)
		o.send(id)
		o.requireStatus(id, "processed")
		after := o.document(id)
		require.Equal(t, before["Id"], after["Id"])
		require.NotEqual(t, fmt.Sprint(before["TotalAmt"]), fmt.Sprint(after["TotalAmt"]))
		inv, err := o.sandbox.API.Invoice(id)
		require.NoError(t, err)
		require.Equal(t, inv.Total.StringFixed(2), fmt.Sprint(after["TotalAmt"]))
		require.NotEmpty(t, after["LinkedTxn"], "the payment stays")
		require.Empty(t, o.sandbox.API.Comments(id))
	})
}

// payment pays a part of an invoice, as a bookkeeper enters it.
func (o *online) payment(of quickbooks.Object, dollars int) quickbooks.Object {
	return quickbooks.Object{"CustomerRef": of["CustomerRef"], "TotalAmt": dollars, "Line": []any{
		quickbooks.Object{"Amount": dollars, "LinkedTxn": []any{quickbooks.Object{"TxnId": of["Id"], "TxnType": "Invoice"}}},
	}}
}

// The bookkeeper enters a payment while the edit is on its way: the version that it
// names is stale, the document is read once more, and the edit is made.
func TestQuickBooksTakesAnEditOverAStaleVersion(t *testing.T) {
	inQuickBooks(t, updating(), func(o *online) {
		id := o.first().ID
		before := o.posted(id)
		o.raise(id)
		var once sync.Once
		o.stand.SetWorking(func(r *http.Request) {
			if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/invoice") {
				once.Do(func() { o.put("Payment", o.payment(before, 5)) })
			}
		})
		sent := len(o.writes())
		o.send(id)
		o.requireStatus(id, "processed")
		require.GreaterOrEqual(t, len(o.writes())-sent, 2, "the first was stale")
		inv, err := o.sandbox.API.Invoice(id)
		require.NoError(t, err)
		require.Equal(t, inv.Total.StringFixed(2), fmt.Sprint(o.document(id)["TotalAmt"]))
		require.Empty(t, o.sandbox.API.Comments(id))
	})
}

// Sent again without an edit: nothing is written, whatever the policy.
func TestQuickBooksIsLeftAloneByAnUnchangedSend(t *testing.T) {
	for _, resend := range []string{"update", "reject"} {
		t.Run(resend, func(t *testing.T) {
			inQuickBooks(t, company{resend: resend}, func(o *online) {
				id := o.first().ID
				before := o.posted(id)
				sent := o.writes()
				o.send(id)
				o.requireStatus(id, "processed")
				require.Equal(t, before, o.document(id))
				require.Equal(t, sent, o.writes())
				require.Empty(t, o.sandbox.API.Comments(id))
			})
		})
	}
}

// Edited in ServiceTrade where posted documents are not changed.
func TestQuickBooksKeepsWhatWasPosted(t *testing.T) {
	inQuickBooks(t, company{}, func(o *online) {
		id := o.first().ID
		before := o.posted(id)
		o.raise(id)
		o.send(id)
		o.requireStatus(id, "failed")
		require.Equal(t, before, o.document(id))
		o.requireComment(id, 1, "posted-before")
	})
}

// The bookkeeper changed an amount in QuickBooks: an edit does not write over it.
func TestQuickBooksKeepsWhatABookkeeperChanged(t *testing.T) {
	inQuickBooks(t, updating(), func(o *online) {
		id := o.first().ID
		before := o.posted(id)
		o.put("Invoice", quickbooks.Object{"Id": before["Id"], "sparse": true, "Line": []any{quickbooks.Object{
			"DetailType": "SalesItemLineDetail", "Amount": 77, "Description": "Agreed on the phone",
			"SalesItemLineDetail": quickbooks.Object{"ItemRef": quickbooks.Object{"value": o.stand.API.Objects(o.realm, "Item")[0]["Id"]}},
		}}})
		o.raise(id)
		o.send(id)
		o.requireStatus(id, "failed")
		require.Equal(t, "77", fmt.Sprint(o.document(id)["TotalAmt"]))
		o.requireComment(id, 1, "changed-in-books")
	})
}

// The bookkeeper gave the customer more time: an edit does not write over that, and it is
// the due date that is told, and not a total that the bookkeeper never touched.
func TestQuickBooksKeepsADueDateThatABookkeeperChanged(t *testing.T) {
	inQuickBooks(t, updating(), func(o *online) {
		id := o.first().ID
		before := o.posted(id)
		o.put("Invoice", quickbooks.Object{"Id": before["Id"], "sparse": true, "DueDate": "2026-12-24"})
		o.raise(id)
		o.send(id)
		o.requireStatus(id, "failed")
		require.Equal(t, "2026-12-24", o.document(id)["DueDate"])
		o.requireComment(id, 1, "due-date-changed-in-books")
	})
}

// The bookkeeper deleted it: it is posted anew.
func TestQuickBooksGetsAnewWhatWasDeleted(t *testing.T) {
	inQuickBooks(t, updating(), func(o *online) {
		id := o.first().ID
		before := o.posted(id)
		require.NoError(t, o.stand.API.Delete(o.realm, "Invoice", before["Id"].(string)))
		time.Sleep(time.Hour) // fake time
		o.send(id)
		o.requireStatus(id, "processed")
		after := o.document(id)
		require.NotEqual(t, before["Id"], after["Id"])
		require.Equal(t, before["DocNumber"], after["DocNumber"])
		require.Equal(t, fmt.Sprint(before["TotalAmt"]), fmt.Sprint(after["TotalAmt"]))
	})
}

// The bookkeeper made it void, and it is to count again: the void one has the number.
func TestQuickBooksGetsAnewWhatWasMadeVoid(t *testing.T) {
	inQuickBooks(t, updating(), func(o *online) {
		id := o.first().ID
		before := o.posted(id)
		require.NoError(t, o.stand.API.Void(o.realm, "Invoice", before["Id"].(string)))
		time.Sleep(time.Hour) // fake time
		o.send(id)
		o.requireStatus(id, "failed")
		o.requireComment(id, 1, "void-has-the-number")
		require.NoError(t, o.stand.API.Delete(o.realm, "Invoice", before["Id"].(string)))
		o.send(id)
		o.requireStatus(id, "processed")
		require.Equal(t, before["DocNumber"], o.document(id)["DocNumber"])
	})
}

// The period was closed in QuickBooks after the posting: an edit does not get into it, and
// a document that is gone from it is not made anew there.
func TestQuickBooksKeepsClosedBooks(t *testing.T) {
	inQuickBooks(t, updating(), func(o *online) {
		id, gone := o.first().ID, o.sandbox.API.Invoices("ok")[1].ID
		before, other := o.posted(id), o.posted(gone)
		require.NoError(t, o.stand.API.Delete(o.realm, "Invoice", other["Id"].(string)))
		closed("2026-12-31", false)(o, id)
		time.Sleep(time.Hour) // fake time
		o.raise(id)
		o.send(id)
		o.requireStatus(id, "failed")
		require.Equal(t, before, o.document(id))
		o.requireComment(id, 1, "edit-closed")
		o.send(gone)
		o.requireStatus(gone, "failed")
		o.requireComment(gone, 1, "gone-closed")
	})
}
