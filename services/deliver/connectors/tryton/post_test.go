package tryton

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/deliver/connectors/tryton/trytontest"
)

// in is a database of a real Tryton with what stands before it.
type in struct {
	*testing.T
	server *trytontest.Server
	db     *trytontest.Database
	gate   *gateway
}

func (x in) books(change ...func(*Config)) *Books { return books(x, x.gate.URL, x.db.Name, change...) }

// numbered has Tryton choose the number.
func numbered(id int64, day string) *tradepostv1.Document {
	d := sample(id)
	d.Number, d.IssueDate = "", day
	return d
}

func codes(t testing.TB, a connector.Answer) []string {
	t.Helper()
	r, is := a.(connector.Rejected)
	require.True(t, is, "%#v", a)
	var all []string
	for _, f := range r.Faults {
		all = append(all, f.GetCode())
	}
	return all
}

// Every test has the same database to itself, without invoices.
func TestInTryton(t *testing.T) {
	t.Parallel()
	server := trytontest.Start(t)
	db := server.Database("acme")
	for name, run := range map[string]func(x in){
		"numbers in the order of days":   numberOrder,
		"taxes that Tryton computes":     computedTaxes,
		"drafts that were left":          leftDrafts,
		"drafts of people":               foreignDrafts,
		"a draft whose answer was lost":  lostDraft,
		"two workers, with the index":    racedDraft,
		"two workers, without the index": olderDraft,
		"posted for good":                postedForGood,
		"void":                           voids,
		"a customer that is made":        madeCustomer,
		"quantities that Tryton refuses": quantities,
		"what the mapping names":         namedRecords,
		"late payment":                   latePayments,
		"a session that is over":         sessionOver,
		"check":                          checks,
		"rights":                         missingRights,
		"names that changed":             changedNames,
		"a period that is closed":        closedMeanwhile,
		"another wording":                otherLanguage,
	} {
		t.Run(name, func(t *testing.T) {
			t.Cleanup(db.Clear)
			run(in{t, server, db, newGateway(t, server.URL)})
		})
	}
}

func numberOrder(x in) {
	b := x.books()
	first := mustPost(x, b, numbered(1, "2026-11-20"))
	require.True(x, first.NumberAssigned)
	require.NotEmpty(x, first.Document.Number)
	late := numbered(2, "2026-11-10")
	moved := mustPost(x, b, late)
	require.Equal(x, "2026-11-10", moved.Document.IssueDate, "the invoice keeps its own day")
	require.JSONEq(x, `{"__class__":"date","year":2026,"month":11,"day":20}`, string(keptBy(x.db, late.Marker)[0].Accounting))

	older := numbered(3, "2026-10-31")
	require.Equal(x, []string{"document.number_order"}, codes(x, b.Create(x.Context(), postingOf(x, older))))
	refusing := x.books(func(c *Config) { c.NumberOrder = OrderRefuse })
	require.Equal(x, []string{"document.number_order"}, codes(x, refusing.Create(x.Context(), postingOf(x, numbered(4, "2026-11-10")))))
	require.Empty(x, keptBy(x.db, older.Marker))
	anyDay := x.books(func(c *Config) { c.NumberOrder = OrderAnyPeriod })
	require.Equal(x, "2026-10-31", mustPost(x, anyDay, older).Document.IssueDate)

	// A number of ServiceTrade's own is of no sequence, and has no order.
	own := sample(5)
	own.IssueDate = "2026-10-01"
	require.Equal(x, own.Number, mustPost(x, b, own).Document.Number)
	taken := sample(6)
	taken.Number = own.Number
	require.Equal(x, []string{"document.number_taken"}, codes(x, b.Create(x.Context(), postingOf(x, taken))))
}

func computedTaxes(x in) {
	b := x.books(func(c *Config) { c.Tax = "NC sales tax" })
	taxed := func(id int64, tax string) *tradepostv1.Document {
		d := sample(id)
		d.Lines[0].Taxable = true
		d.Taxes = []*tradepostv1.Tax{{Name: "Sales tax", Amount: tax, Source: tradepostv1.TaxSource_TAX_SOURCE_ACCOUNTING_SYSTEM}}
		total := decimal.RequireFromString("275.00").Add(decimal.RequireFromString(tax))
		d.Totals = &tradepostv1.Totals{Subtotal: "275.00", Tax: tax, Total: total.StringFixed(2)}
		return d
	}
	right := taxed(1, "19.94") // 7.25 % of 275.00 is 19.9375.
	require.Equal(x, "294.94", mustPost(x, b, right).Document.Total)
	wrong := taxed(2, "19.93")
	require.Equal(x, []string{"tax.differs_in_books"}, codes(x, b.Create(x.Context(), postingOf(x, wrong))))
	require.Empty(x, keptBy(x.db, wrong.Marker), "nothing was posted, and no draft is left")
	unnamed := taxed(3, "19.94")
	require.Equal(x, []string{"connection.setting_wrong"}, codes(x, x.books().Create(x.Context(), postingOf(x, unnamed))))

	// What was charged is posted as it was charged, under the tax of the books.
	billed := taxed(4, "19.93")
	billed.Taxes[0].Source = tradepostv1.TaxSource_TAX_SOURCE_AS_BILLED
	billed.Taxes[0].Code = &tradepostv1.Reference{By: tradepostv1.ReferenceBy_REFERENCE_BY_NAME, Value: "VA sales tax"}
	require.Equal(x, "294.93", mustPost(x, b, billed).Document.Total)
	var lines []struct {
		Amount trytontest.Decimal
		Type   string
		Tax    struct{ Name string } `json:"tax."`
	}
	x.db.Search(&lines, "account.tax.line", []any{[]any{"tax.name", "=", "VA sales tax"}}, "amount", "type", "tax.name")
	require.Len(x, lines, 1)
	require.Equal(x, "19.93", lines[0].Amount.String())
}

// What is posted stays, for us as for a bookkeeper: the reason why there is no update.
func postedForGood(x in) {
	d := sample(1)
	mustPost(x, x.books(), d)
	id := keptBy(x.db, d.Marker)[0].ID
	for method, params := range map[string][]any{
		"write":  {[]int64{id}, map[string]any{"description": "changed"}},
		"delete": {[]int64{id}},
	} {
		_, err := x.db.Try("model.account.invoice."+method, params...)
		require.ErrorContains(x, err, "UserError", method)
	}
	_, isUpdater := any(x.books()).(connector.Updater)
	require.False(x, isUpdater)
}

func voids(x in) {
	d := sample(1)
	b := x.books()
	found := mustPost(x, b, d).Document
	x.db.Call("model.company.company.write", []int64{1}, map[string]any{"cancel_invoice_out": false})
	defer x.db.Call("model.company.company.write", []int64{1}, map[string]any{"cancel_invoice_out": true})
	require.Equal(x, []string{"document.not_voided"}, codes(x, b.Void(x.Context(), found)))
	x.db.Call("model.company.company.write", []int64{1}, map[string]any{"cancel_invoice_out": true})
	void, is := b.Void(x.Context(), found).(connector.Posted)
	require.True(x, is)
	require.True(x, void.Document.Void)
	// The next generation has the place to itself.
	require.False(x, mustPost(x, b, d).Adopted)
	require.Equal(x, 1, posted(x.db, d.Marker))
}

func madeCustomer(x in) {
	d := sample(1)
	d.Customer.Name, d.Customer.CreateIfMissing = "New Place\nLLC", true
	d.Customer.Reference.Value = "C900"
	d.Customer.BillingAddress = &tradepostv1.Address{Street: "5 Oak St", City: "Raleigh", State: "NC", PostalCode: "27601"}
	b := x.books()
	faults, err := b.CheckDocument(x.Context(), d)
	require.NoError(x, err)
	require.Empty(x, faults)
	var parties []struct{ Name string }
	x.db.Search(&parties, "party.party", []any{[]any{"code", "=", "C900"}}, "name")
	require.Empty(x, parties, "a preview makes nobody")
	first := mustPost(x, b, d)
	require.True(x, first.Customers[0].Created)
	again := sample(2)
	again.Customer = d.Customer
	second := mustPost(x, x.books(), again)
	require.False(x, second.Customers[0].Created)
	require.Equal(x, first.Customers[0].ID, second.Customers[0].ID)
	x.db.Search(&parties, "party.party", []any{[]any{"code", "=", "C900"}}, "name")
	require.Len(x, parties, 1)
	require.Equal(x, "New Place LLC", parties[0].Name)
}

func quantities(x in) {
	d := sample(1)
	d.Lines[0].Quantity, d.Lines[0].UnitPrice, d.Lines[0].Amount = "2.555", "95.12345", "243.04"
	d.Totals.Subtotal, d.Totals.Total = "243.04", "243.04"
	require.Equal(x, "243.04", mustPost(x, x.books(), d).Document.Total)
	line := keptBy(x.db, d.Marker)[0].Lines[0]
	require.InDelta(x, 1, line.Quantity, 0)
	require.Equal(x, "Labor (2.555 @ 95.12345)", line.Description)
}

func namedRecords(x in) {
	by := func(v string) *tradepostv1.Reference {
		return &tradepostv1.Reference{By: tradepostv1.ReferenceBy_REFERENCE_BY_CODE, Value: v}
	}
	d := sample(1)
	d.Terms = &tradepostv1.Terms{Reference: by("Net 30")}
	d.Class = by("Fire")
	d.PrivateNote = "gate code 77"
	d.CustomFields = map[string]string{"Truck": "12"}
	d.Lines[0].Item = &tradepostv1.Item{Reference: by("LABOR")}
	d.Lines = append(d.Lines,
		&tradepostv1.Line{Key: "2", Kind: tradepostv1.LineKind_LINE_KIND_TEXT, Description: "Replaced belts", Amount: "0"},
		&tradepostv1.Line{Key: "3", Kind: tradepostv1.LineKind_LINE_KIND_SUBTOTAL, Description: "So far", Amount: "0"},
		&tradepostv1.Line{Key: "4", Kind: tradepostv1.LineKind_LINE_KIND_DISCOUNT, Description: "Loyal", Amount: "-25.00"})
	d.Totals.Subtotal, d.Totals.Total = "250.00", "250.00"
	require.Equal(x, "250.00", mustPost(x, x.books(), d).Document.Total)
	back := keptBy(x.db, d.Marker)[0]
	require.NotZero(x, back.Terms)
	require.NotZero(x, back.Lines[0].Product)
	require.Contains(x, back.Lines[0].Note, "Class: Fire")
	require.Contains(x, back.Lines[0].Note, "gate code 77")
	require.Contains(x, back.Lines[0].Note, "Truck: 12")
	var account []struct{ Code string }
	x.db.Search(&account, "account.account", []any{[]any{"id", "=", back.Lines[0].Account}}, "code")
	require.Equal(x, "4100", account[0].Code, "the account of the product's category")
	require.NotEqual(x, back.Lines[0].Account, back.Lines[3].Account)
}

func latePayments(x in) {
	d := sample(1)
	d.DueDate = "2026-01-15" // long past, whenever this runs
	d.IssueDate = "2026-01-01"
	require.Equal(x, "275.00", mustPost(x, x.books(), d).Document.Total)
	var warnings []struct{ ID int64 }
	x.db.Search(&warnings, "res.user.warning", nil)
	require.Empty(x, warnings, "the warning was acknowledged once")
}

func sessionOver(x in) {
	b := x.books()
	require.Empty(x, b.Check(x.Context()))
	b.client.session.auth = b.client.session.auth[:20] + "AAAA" + b.client.session.auth[24:]
	mustPost(x, b, sample(1))
}
