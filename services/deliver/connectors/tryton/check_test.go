package tryton

import (
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/services/deliver/connectors/tryton/trytontest"
)

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
