package tryton

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connection"
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

// draftOf leaves a draft behind, as a worker that died before it posted does.
func (x in) draftOf(d *tradepostv1.Document) int64 {
	x.Helper()
	b := x.books()
	x.gate.set(func(_ http.ResponseWriter, method string, _ func() *httptest.ResponseRecorder) bool {
		if method == "model.account.invoice.post" {
			panic(http.ErrAbortHandler) // before Tryton saw it
		}
		return false
	})
	require.IsType(x, connector.Uncertain{}, b.Create(x.Context(), postingOf(x, d)))
	x.gate.set(nil)
	left := keptBy(x.db, d.GetMarker())
	require.Len(x, left, 1)
	require.Equal(x, "draft", left[0].State)
	found, err := b.Find(x.Context(), connector.Query{Marker: d.GetMarker()})
	require.NoError(x, err)
	require.Empty(x, found, "a draft is no document")
	return left[0].ID
}

func leftDrafts(x in) {
	same := sample(1)
	id := x.draftOf(same)
	mustPost(x, x.books(), same)
	left := keptBy(x.db, same.Marker)
	require.Len(x, left, 1)
	require.Equal(x, id, left[0].ID, "the draft was posted, none was made beside it")

	other := sample(2)
	id = x.draftOf(other)
	other.Lines[0].Amount, other.Lines[0].Quantity = "330.00", "3"
	other.Totals.Subtotal, other.Totals.Total = "330.00", "330.00"
	require.Equal(x, "330.00", mustPost(x, x.books(), other).Document.Total)
	left = keptBy(x.db, other.Marker)
	require.Len(x, left, 1, "the draft of the old content is gone")
	require.NotEqual(x, id, left[0].ID)
}

func foreignDrafts(x in) {
	d := sample(1)
	id := x.draftOf(d)
	x.db.Call("model.account.invoice.write", []int64{id}, map[string]any{"description": "A bookkeeper was here"})
	require.Equal(x, []string{"document.draft_in_books"}, codes(x, x.books().Create(x.Context(), postingOf(x, d))))
	require.Len(x, keptBy(x.db, d.Marker), 1)
	x.db.Call("model.account.invoice.write", []int64{id}, map[string]any{"number": nil})
	x.db.Call("model.account.invoice.delete", []int64{id})
	mustPost(x, x.books(), d)
	require.Equal(x, 1, posted(x.db, d.Marker))
}

func lostDraft(x in) {
	d := sample(1)
	x.gate.set(func(_ http.ResponseWriter, method string, pass func() *httptest.ResponseRecorder) bool {
		if method == "model.account.invoice.create" {
			pass()
			panic(http.ErrAbortHandler)
		}
		return false
	})
	require.False(x, mustPost(x, x.books(), d).Adopted)
	require.Len(x, keptBy(x.db, d.Marker), 1, "the draft was found, and none was made beside it")
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

func checks(x in) {
	require.Empty(x, x.books().Check(x.Context()))
	for code, change := range map[string]func(*Config){
		"connection.signed_out":    func(c *Config) { c.Password = connection.NewSecret("wrong") },
		"books.missing":            func(c *Config) { c.Database = "nobody" },
		"connection.setting_wrong": func(c *Config) { c.UniqueIndex = true },
		"account.not_in_books":     func(c *Config) { c.Accounts.Discount = "nowhere" },
		"tax.not_in_books":         func(c *Config) { c.Tax = "nowhere" },
	} {
		faults := x.books(change).Check(x.Context())
		require.Len(x, faults, 1, code)
		require.Equal(x, code, faults[0].GetCode())
	}
	require.Len(x, x.books(func(c *Config) { c.Company = "Nobody" }).Check(x.Context()), 1)
	require.Len(x, x.books(func(c *Config) { c.Journal = "nowhere" }).Check(x.Context()), 1)
	require.Empty(x, x.books(func(c *Config) { c.Company, c.Journal = trytontest.CompanyName, "REV" }).Check(x.Context()))
	x.gate.refuses()(true)
	require.Equal(x, "accounting.unreachable", x.books().Check(x.Context())[0].GetCode())
	x.gate.set(nil)

	indexed := x.server.Database("indexed")
	indexed.UniqueIndex()
	require.Empty(x, books(x, x.server.URL, "indexed", func(c *Config) { c.UniqueIndex = true }).Check(x.Context()))
	var left []struct{ ID int64 }
	indexed.Search(&left, "account.invoice", nil)
	require.Empty(x, left, "the look for the index leaves nothing behind")
}

func missingRights(x in) {
	var users []struct{ ID int64 }
	x.db.Search(&users, "res.user", []any{[]any{"login", "=", trytontest.User}})
	var groups []struct{ ID int64 }
	x.db.Search(&groups, "res.group", []any{[]any{"users", "=", users[0].ID}})
	ids := []int64{}
	for _, g := range groups {
		ids = append(ids, g.ID)
	}
	x.db.Call("model.res.user.write", []int64{users[0].ID}, map[string]any{"groups": []any{[]any{"remove", ids}}})
	defer x.db.Call("model.res.user.write", []int64{users[0].ID}, map[string]any{"groups": []any{[]any{"add", ids}}})
	faults := x.books().Check(x.Context())
	require.NotEmpty(x, faults)
	require.Equal(x, "connection.forbidden", faults[0].GetCode())
}

// What was remembered of a name is looked up again before anything is refused for it.
func changedNames(x in) {
	b := x.books()
	mustPost(x, b, sample(1))
	calls := x.gate.counted("model.party.party.search_read")
	mustPost(x, b, sample(2))
	require.Equal(x, calls, x.gate.counted("model.party.party.search_read"), "a customer is looked up once")
	var parties []struct{ ID int64 }
	x.db.Search(&parties, "party.party", []any{[]any{"code", "=", "C200"}})
	x.db.Call("model.party.party.write", []int64{parties[0].ID}, map[string]any{"active": false})
	defer x.db.Call("model.party.party.write", []int64{parties[0].ID}, map[string]any{"active": true})
	other := sample(3)
	other.Customer.Reference.Value = "C200"
	require.Equal(x, []string{"customer.not_in_books"}, codes(x, b.Create(x.Context(), postingOf(x, other))))
	x.db.Call("model.party.party.write", []int64{parties[0].ID}, map[string]any{"active": true})
	mustPost(x, b, other)
}

// A period that was closed after it was looked up is told as what it is, whatever
// language Tryton refuses it in.
func closedMeanwhile(x in) {
	b := x.books()
	mustPost(x, b, numbered(1, "2025-03-10"))
	var periods []struct{ ID int64 }
	x.db.Search(&periods, "account.period", []any{[]any{"start_date", "=", trytontest.Day(x, "2025-03-01")}})
	x.db.Call("model.account.period.close", []int64{periods[0].ID})
	defer x.db.Call("model.account.period.reopen", []int64{periods[0].ID})
	late := numbered(2, "2025-03-10")
	require.Equal(x, []string{"document.date_closed"}, codes(x, b.Create(x.Context(), postingOf(x, late))))
	require.Empty(x, keptBy(x.db, late.Marker), "no draft is left")
}

// Tryton refuses in the user's language; what the fault says does not depend on it.
func otherLanguage(x in) {
	b := x.books()
	mustPost(x, b, numbered(1, "2026-11-20"))
	d := numbered(2, "2026-11-05")
	build, faults, err := b.build(x.Context(), postingOf(x, d), false)
	require.NoError(x, err)
	require.Empty(x, faults)
	delete(build.values, "accounting_date") // As if another invoice took the number meanwhile.
	var ids []int64
	require.NoError(x, b.client.write(x.Context(), &ids, "model.account.invoice.create", list{build.values}))
	refusing := x.books(func(c *Config) { c.NumberOrder = OrderRefuse })
	refused := refusing.post(x.Context(), ids[0])
	words, is := forAPerson(refused)
	require.True(x, is, "%v", refused)
	words.words = "Um die Rechnung zu nummerieren ..."
	require.Equal(x, []string{"document.number_order"}, codes(x, refusing.unpostable(x.Context(), postingOf(x, d), ids[0], words)))
	require.Empty(x, keptBy(x.db, d.Marker))
}
