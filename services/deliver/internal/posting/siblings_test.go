package posting_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/services/deliver/internal/company"
	"github.com/tradepost/tradepost/services/deliver/internal/posting"
)

// withSibling is a worker whose account has another connection, with books of its own.
func (w *workbench) withSibling(other *books) *posting.Poster {
	sibling := w.poster("a")
	sibling.Connection, sibling.Connector = "other-books", other
	p := w.poster("a")
	p.Siblings = func() ([]*posting.Poster, []string) { return []*posting.Poster{sibling}, nil }
	return p
}

// postedByOther posts the invoice over the other connection, and then loses its record,
// as a lost bucket does.
func (w *workbench) postedByOther() *books {
	w.t.Helper()
	w.deliver(w.poster("a"), w.open())
	require.Equal(w.t, 1, w.books.count())
	time.Sleep(time.Minute) // fake time; the books show it
	other := w.books
	w.books = &books{}
	kv, err := w.js.KeyValue(w.t.Context(), bus.BucketInvoices)
	require.NoError(w.t, err)
	require.NoError(w.t, kv.Purge(w.t.Context(), w.key().String()))
	return other
}

// The records are lost, and the filter changed since: the invoice is in the books of the
// other connection, and nothing in NATS says so.
func TestABookedInvoiceIsFoundInTheBooksOfAnotherConnection(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		other := w.postedByOther()
		w.deliver(w.withSibling(other), w.open())
		require.Zero(t, w.books.count(), "it would be in two sets of books")
		r := w.record()
		require.Equal(t, record.Held, r.GetState())
		require.Equal(t, record.HeldElsewhere+"other-books", r.GetHeldReason())
		require.Nil(t, r.GetUnresolved())
		require.Nil(t, r.GetClaim())
		elsewhere := record.Elsewhere(r)
		require.Len(t, elsewhere, 1)
		require.Equal(t, other.entries[0].found.ID, elsewhere[0].GetId())

		given, err := w.gate.Store.Change(t.Context(), w.entry(), record.GoTo("other-books"))
		require.NoError(t, err)
		require.Equal(t, record.Opening, given.State(), "the filters may give it back")
	})
}

func TestNothingIsMadeWhileAnotherConnectionCannotBeAsked(t *testing.T) {
	for name, spoil := range map[string]func(p *posting.Poster, sibling *posting.Poster, other *books){
		"its books do not answer": func(_, _ *posting.Poster, other *books) {
			other.onFind = func() error { return errors.New("connection refused") }
		},
		"its books were swapped": func(_, sibling *posting.Poster, other *books) {
			other.entries = nil
			sibling.SameBooks = func(context.Context) error { return company.ErrSwapped }
		},
		"it is not attached": func(p, _ *posting.Poster, _ *books) {
			p.Siblings = func() ([]*posting.Poster, []string) { return nil, []string{"other-books"} }
		},
	} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, func(t *testing.T, w *workbench) {
				other := w.postedByOther()
				p := w.withSibling(other)
				attached, _ := p.Siblings()
				spoil(p, attached[0], other)
				require.Error(t, p.Handle(t.Context(), w.open()), "it comes again")
				require.Zero(t, w.books.count())
				r := w.record()
				require.Equal(t, record.Opened, r.GetState())
				require.Equal(t, "other_books", r.GetWaiting().GetReason())
			})
		})
	}
}

func TestANewInvoiceIsPostedWhereTheOthersDoNotHaveIt(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		other := &books{}
		p := w.withSibling(other)
		w.deliver(p, w.open())
		require.Equal(t, 1, w.books.count())
		require.Equal(t, 1, other.finds)

		time.Sleep(time.Hour) // fake time
		w.edit("600.00")
		w.deliver(p, w.open())
		require.Equal(t, 1, other.finds, "an update makes nothing")
		require.Equal(t, 1, w.books.count())
	})
}
