package pipeline_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox/quickbooks"
)

// refusal is something in QuickBooks that keeps an invoice from being posted, and what
// the bookkeeper does about it once the comment was read.
type refusal struct {
	company company
	spoil   func(o *online, id int64)
	mend    func(o *online, id int64)
}

// What QuickBooks refuses fails with one comment, and what the comment says to do is
// enough: then the same invoice is posted.
func TestQuickBooksRefusals(t *testing.T) {
	for name, c := range map[string]refusal{
		"books-closed":          {spoil: closed("2026-12-31", false), mend: closed("", false)},
		"books-closed-password": {spoil: closed("2026-12-31", true), mend: closed("", false)},
		"books-closed-just-now": { // after Tradepost read what QuickBooks closed
			spoil: func(o *online, id int64) {
				o.posted(o.sandbox.API.Invoices("ok")[1].ID)
				closed("2026-12-31", true)(o, id)
			},
			mend: closed("", false),
		},
		"number-taken": {
			spoil: func(o *online, id int64) { o.byHand(id, 1) },
			mend: func(o *online, _ int64) {
				for _, one := range o.stand.API.Objects(o.realm, "Invoice") {
					require.NoError(o.t, o.stand.API.Delete(o.realm, "Invoice", one["Id"].(string)))
				}
			},
		},
		"customer-inactive": {spoil: customer(false), mend: customer(true)},
		"customer-unknown": {
			spoil: func(o *online, id int64) { o.rename(id, "Somebody Else") },
			mend:  func(o *online, id int64) { o.rename(id, o.customerName(id)) },
		},
		"name-of-a-vendor": {
			company: company{mapping: map[string]any{"customers": map[string]any{"match": []string{"name"}, "create": true}}},
			spoil: func(o *online, id int64) {
				o.rename(id, "Somebody Else")
				o.put("Vendor", quickbooks.Object{"DisplayName": o.customerName(id)})
			},
			mend: func(o *online, id int64) {
				for _, v := range o.stand.API.Objects(o.realm, "Vendor") {
					if v["DisplayName"] == o.customerName(id) {
						o.put("Vendor", quickbooks.Object{"Id": v["Id"], "sparse": true, "DisplayName": o.customerName(id) + " (vendor)"})
					}
				}
			},
		},
		"item-inactive": {spoil: items(false), mend: items(true)},
		"all-at-once": {
			company: company{mapping: map[string]any{
				"classes":     map[string]any{"line": []any{map[string]any{"use": "Plumbing"}}},
				"departments": map[string]any{"invoice": []any{map[string]any{"use": "Durham Office"}}},
			}},
			spoil: func(o *online, id int64) {
				o.byHand(id, 1)
				tracking(false)(o, id)
				customer(false)(o, id)
				items(false)(o, id)
			},
			mend: func(o *online, id int64) {
				require.NoError(o.t, o.stand.API.Delete(o.realm, "Invoice", o.stand.API.Objects(o.realm, "Invoice")[0]["Id"].(string)))
				customer(true)(o, id)
				items(true)(o, id)
				tracking(true)(o, id)
			},
		},
		"tax-recomputed": {
			company: company{taxed: true, mapping: map[string]any{"tax": map[string]any{"mode": "as_billed", "code": "TAX"}}},
			spoil: func(o *online, id int64) {
				o.configure(func(s *quickbooks.Settings) { s.SalesTax, s.TaxOverride = quickbooks.TaxAutomated, false })
				o.put("Customer", quickbooks.Object{"Id": o.customerOf(id)["Id"], "sparse": true, "Taxable": false})
			},
			mend: func(o *online, id int64) {
				o.configure(func(s *quickbooks.Settings) { s.TaxOverride = true })
				require.NoError(o.t, o.stand.API.Delete(o.realm, "Invoice", o.document(id)["Id"].(string)))
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			inQuickBooks(t, c.company, func(o *online) {
				id := o.first().ID
				c.spoil(o, id)
				o.send(id)
				o.requireStatus(id, "failed")
				o.requireComment(id, 1, name)
				o.retry(id)
				require.Len(t, o.sandbox.API.Comments(id), 1, "an operator's retry tells the same faults once")
				c.mend(o, id)
				time.Sleep(time.Hour) // fake time: a bookkeeper takes longer
				o.posted(id)
				require.Len(t, o.sandbox.API.Comments(id), 1)
			})
		})
	}
}

func closed(through string, password bool) func(o *online, id int64) {
	return func(o *online, _ int64) {
		o.configure(func(s *quickbooks.Settings) { s.ClosedThrough, s.ClosedPassword = through, password })
	}
}

// tracking turns classes and locations on or off.
func tracking(on bool) func(o *online, id int64) {
	return func(o *online, _ int64) {
		o.configure(func(s *quickbooks.Settings) { s.ClassPerLine, s.Departments = on, on })
	}
}

// customerName is the customer of an invoice as ServiceTrade calls it.
func (o *online) customerName(id int64) string {
	inv, err := o.sandbox.API.Invoice(id)
	require.NoError(o.t, err)
	for _, c := range o.sandbox.API.Book().Companies {
		if c.ID == inv.CustomerID {
			return c.Name
		}
	}
	require.Fail(o.t, "no such customer")
	return ""
}

// customerOf is the customer of an invoice as QuickBooks has it.
func (o *online) customerOf(id int64) quickbooks.Object {
	for _, c := range o.stand.API.Objects(o.realm, "Customer") {
		if c["DisplayName"] == o.customerName(id) || c["DisplayName"] == "Somebody Else" {
			return c
		}
	}
	require.Fail(o.t, "no such customer")
	return nil
}

func (o *online) rename(id int64, name string) {
	o.put("Customer", quickbooks.Object{"Id": o.customerOf(id)["Id"], "sparse": true, "DisplayName": name})
}

func customer(active bool) func(o *online, id int64) {
	return func(o *online, id int64) {
		o.put("Customer", quickbooks.Object{"Id": o.customerOf(id)["Id"], "sparse": true, "Active": active})
	}
}

// items makes all of them active, or not.
func items(active bool) func(o *online, id int64) {
	return func(o *online, _ int64) {
		for _, it := range o.stand.API.Objects(o.realm, "Item") {
			o.put("Item", quickbooks.Object{"Id": it["Id"], "sparse": true, "Active": active})
		}
	}
}

// byHand enters an invoice under the number of another one.
func (o *online) byHand(id int64, dollars int) {
	inv, err := o.sandbox.API.Invoice(id)
	require.NoError(o.t, err)
	o.put("Invoice", quickbooks.Object{
		"DocNumber": inv.Number, "CustomerRef": quickbooks.Object{"value": o.customerOf(id)["Id"]}, "TxnDate": "2026-07-02",
		"Line": []any{quickbooks.Object{"DetailType": "SalesItemLineDetail", "Amount": dollars, "SalesItemLineDetail": quickbooks.Object{
			"ItemRef": quickbooks.Object{"value": o.stand.API.Objects(o.realm, "Item")[0]["Id"]},
		}}},
	})
	require.Len(o.t, o.stand.API.Objects(o.realm, "Invoice"), 1, fmt.Sprint(inv.Number))
}
