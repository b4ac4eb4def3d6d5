package tryton

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

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

// Another worker makes its draft between the look of this one and its create: the
// index refuses the second, and that is no fault but news of the first.
func racedDraft(x in) {
	db := x.server.Database("raced")
	db.UniqueIndex()
	indexed := func(c *Config) { c.UniqueIndex = true }
	other := books(x, x.server.URL, "raced", indexed)
	d := sample(1)
	var first atomic.Bool
	var during connector.Answer
	x.gate.set(func(_ http.ResponseWriter, method string, _ func() *httptest.ResponseRecorder) bool {
		if method == "model.account.invoice.create" && first.CompareAndSwap(false, true) {
			during = other.Create(context.Background(), postingOf(x, d))
		}
		return false
	})
	second, is := books(x, x.gate.URL, "raced", indexed).Create(x.Context(), postingOf(x, d)).(connector.Posted)
	require.True(x, is)
	require.True(x, second.Adopted)
	require.False(x, during.(connector.Posted).Adopted)
	require.Equal(x, during.(connector.Posted).Document.ID, second.Document.ID)
	require.Len(x, keptBy(db, d.Marker), 1)
}

// Without the index the oldest draft stays, and the worker that came second goes on
// with what the first one made.
func olderDraft(x in) {
	d := sample(1)
	other := x.books(func(c *Config) { c.URL = x.server.URL })
	var first atomic.Bool
	x.gate.set(func(_ http.ResponseWriter, method string, _ func() *httptest.ResponseRecorder) bool {
		if method == "model.account.invoice.create" && first.CompareAndSwap(false, true) {
			other.Create(context.Background(), postingOf(x, d))
		}
		return false
	})
	second, is := x.books().Create(x.Context(), postingOf(x, d)).(connector.Posted)
	require.True(x, is)
	require.True(x, second.Adopted)
	require.Len(x, keptBy(x.db, d.Marker), 1, "the second draft is gone")
}
