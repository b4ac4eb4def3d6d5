package quickbooks

import (
	"fmt"
	"testing"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/connector/connectortest"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	stand "github.com/tradepost/tradepost/services/sandbox/quickbooks"
)

// The kit, with numbers that the company warns about when they are taken, and writes
// that searches do not show at once.
func TestConformance(t *testing.T) {
	kit(t, func(*stand.Settings) {}, func(h *connectortest.Harness) {
		h.AddTax = func(d *tradepostv1.Document, amount string) {
			d.Taxes = []*tradepostv1.Tax{{Name: "Sales tax", Amount: amount, Source: asBilled}}
			for _, ln := range d.GetLines() {
				ln.Taxable = true
			}
		}
	})
}

// The same for a company of another kind: sales tax that QuickBooks computes, numbers
// given by hand, classes for the whole document, names that become free.
func TestConformanceOfAnotherCompany(t *testing.T) {
	kit(t, func(s *stand.Settings) {
		s.SalesTax, s.TaxOverride, s.CustomNumbers = stand.TaxAutomated, false, true
		s.ClassPerLine, s.ClassPerTxn, s.InactiveFreesName, s.MultiCurrency = false, true, true, false
	}, func(h *connectortest.Harness) {
		h.Lacks[connectortest.SalesTax] = "the company computes its sales tax itself, and takes no other"
	})
}

func kit(t *testing.T, change func(*stand.Settings), declare func(*connectortest.Harness)) {
	h := connectortest.Harness{
		New: func(t *testing.T) connectortest.Target { return newTarget(t, change) }, Sample: sample,
		UnknownAccount: func(d *tradepostv1.Document) { d.Lines[0].Item.Reference.Value = "no such item" },
		UnknownCustomer: func(d *tradepostv1.Document) {
			d.Customer.Reference.Value, d.Customer.CreateIfMissing = "nobody", false
		},
		OtherCustomer: func(d *tradepostv1.Document) {
			d.Customer.CompanyId, d.Customer.Name, d.Customer.Reference.Value = 8, "Brown & Sons", "Brown & Sons"
		},
		Faults: spoiled,
		Lacks: map[connectortest.Capability]string{
			connectortest.HandOvers: "QuickBooks answers at once",
		},
	}
	declare(&h)
	connectortest.Run(t, h)
}

var spoiled = map[string]func(*tradepostv1.Document){
	"customer.not_in_books": func(d *tradepostv1.Document) {
		d.Customer.Reference.Value, d.Customer.CreateIfMissing = "nobody", false
	},
	"customer.name_taken":  func(d *tradepostv1.Document) { d.Customer.Reference.Value = "Vera Vendor" },
	"item.not_in_books":    func(d *tradepostv1.Document) { d.Lines[0].Item.Reference.Value = "no such item" },
	"account.not_in_books": func(d *tradepostv1.Document) { d.Lines[0].RevenueAccount = byName("no such account") },
	"item.account_differs": func(d *tradepostv1.Document) { d.Lines[0].RevenueAccount = byName("Sales of Product Income") },
	"account.not_mapped": func(d *tradepostv1.Document) {
		d.Lines[0].Item = &tradepostv1.Item{Reference: byName("new item"), CreateIfMissing: true}
	},
	"terms.not_in_books":      func(d *tradepostv1.Document) { d.Terms = &tradepostv1.Terms{Reference: byName("Net 999")} },
	"tax.not_in_books":        taxed("no such tax"),
	"class.not_in_books":      func(d *tradepostv1.Document) { d.Class = byName("no such class") },
	"department.not_in_books": func(d *tradepostv1.Document) { d.Department = byName("no such place") },
	"field.not_in_books":      func(d *tradepostv1.Document) { d.CustomFields = map[string]string{"No such field": "x"} },
	"field.too_long":          func(d *tradepostv1.Document) { d.CustomFields = map[string]string{"Job": fmt.Sprintf("%032d", 1)} },
	"document.date_closed":    func(d *tradepostv1.Document) { d.IssueDate = "2020-06-30" },
	"document.field_refused":  func(d *tradepostv1.Document) { d.SalesRep = byName("Sam") },
	"document.incomplete":     func(d *tradepostv1.Document) { d.Lines[0].Item = nil },
	"currency.not_in_books":   func(d *tradepostv1.Document) { d.Currency = "EUR" },
	"date.invalid":            func(d *tradepostv1.Document) { d.IssueDate = "2026-02-30" },
	"line.amount_invalid":     func(d *tradepostv1.Document) { d.Lines[0].Amount = "a lot" },
	"total.mismatch":          func(d *tradepostv1.Document) { d.Totals.Total = "10000.01" },
}

func taxed(code string) func(*tradepostv1.Document) {
	return func(d *tradepostv1.Document) {
		d.Taxes = []*tradepostv1.Tax{{Code: byName(code), Amount: "1.00", Source: tradepostv1.TaxSource_TAX_SOURCE_AS_BILLED}}
		d.Totals.Tax, d.Totals.Total, d.Source.Total = "1.00", "21.00", "21.00"
	}
}

func byName(name string) *tradepostv1.Reference {
	return &tradepostv1.Reference{By: tradepostv1.ReferenceBy_REFERENCE_BY_NAME, Value: name}
}

// sample is sold to a customer whom its first invoice makes.
func sample(id int64) *tradepostv1.Document {
	return &tradepostv1.Document{
		Kind: tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE, Marker: fmt.Sprint("st-kit-", id),
		Source: &tradepostv1.Source{Account: "kit", InvoiceId: id, Total: "20.00"},
		Number: fmt.Sprint(id), IssueDate: "2026-11-22", DueDate: "2026-12-22", Currency: "USD",
		Customer: &tradepostv1.Customer{CompanyId: 7, Name: "ACME Tower", Reference: byName("ACME Tower"), CreateIfMissing: true},
		Lines: []*tradepostv1.Line{{
			Key: "1", Kind: tradepostv1.LineKind_LINE_KIND_ITEM, Quantity: "2", UnitPrice: "10", Amount: "20.00", Description: "Belts",
			Item: &tradepostv1.Item{Reference: &tradepostv1.Reference{By: tradepostv1.ReferenceBy_REFERENCE_BY_CODE, Value: "L-1"}},
		}},
		Totals: &tradepostv1.Totals{Subtotal: "20.00", Total: "20.00"},
	}
}

func newTarget(t *testing.T, change func(*stand.Settings)) connectortest.Target {
	c := newCompany(t, change)
	return connectortest.Target{
		Connector: c.connect(), Reopen: func() connector.Connector { return c.connect() },
		Count: c.count, Delete: c.remove, Tamper: c.tamper, Copy: c.copy, ReadBack: c.readBack,
		LoseAnswers:     c.trouble("lost"),
		FailAfterCommit: c.trouble("error_after"),
		SlowDown:        c.trouble("slow"),
		Hide:            c.hide,
		Troubles: map[string]func(on bool){
			connector.ReasonSignedOut:         c.trouble("signed_out"),
			connector.ReasonThrottled:         c.trouble("throttled"),
			connector.ReasonForbidden:         c.trouble("forbidden"),
			connector.ReasonSubscriptionEnded: c.trouble("unpaid"),
			connector.ReasonUnreachable:       c.trouble("away"),
		},
	}
}
