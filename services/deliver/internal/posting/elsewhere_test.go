package posting_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/record"
)

// A connection's filter was changed: the invoice belongs to another connection now and
// is held, since it stands in the first one's books. When the bookkeeper takes it out
// there, the invoice goes on.
func TestAnInvoiceThatChangedItsConnectionGoesOnWhenItIsTakenOut(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.deliver(w.poster("a"), w.open())
		e := w.settle(w.entry())
		_, err := w.gate.Store.Change(t.Context(), e, func(r *tradepostv1.Record) (*tradepostv1.Record, error) {
			r, err := record.OpenSend(record.Opens{Key: w.key(), Connection: "other-books", SnapshotHash: "h", Total: "522.50", Now: time.Now()})(r)
			require.NoError(t, err)
			return record.Hold(record.HeldElsewhere + "acme-books")(r)
		})
		require.NoError(t, err)
		time.Sleep(time.Minute) // fake time
		look := func() error {
			elsewhere := record.Elsewhere(w.record())
			require.Len(t, elsewhere, 1)
			return w.poster("sweep").LookElsewhere(t.Context(), w.entry(), elsewhere[0])
		}
		require.NoError(t, look())
		require.Equal(t, record.Held, w.record().GetState(), "it still is there")

		w.books.onFind = func() error { return errors.New("connection refused") }
		require.Error(t, look())
		require.Equal(t, record.Held, w.record().GetState(), "nobody could look")
		w.books.onFind = nil

		w.books.entries[0].found.Void = true
		require.NoError(t, look())
		require.Equal(t, record.Opening, w.record().GetState())
		require.Equal(t, "other-books", w.record().GetConnection())
		require.True(t, w.record().GetDocuments()[0].GetGone())
		require.Empty(t, w.record().GetHeldReason())
	})
}

// A send that is held for anything else is nobody's to release.
func TestOnlyASendHeldForItsDocumentElsewhereGoesOn(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.deliver(w.poster("a"), w.open())
		w.edit("600.00")
		w.open()
		_, err := w.gate.Store.Change(t.Context(), w.entry(), record.Hold("attempts never end"))
		require.NoError(t, err)
		require.Empty(t, record.Elsewhere(w.record()))
		_, err = w.gate.Store.Change(t.Context(), w.entry(), record.GoneElsewhere(w.record().GetDocuments()[0]))
		require.ErrorIs(t, err, record.ErrIllegal)
	})
}

// An operator's retry of an invoice that shows failed: that status is no user's hand.
func TestARetryFromFailedIsPosted(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.invoice.Status = "failed"
		m := w.open()
		_, err := w.gate.Store.Change(t.Context(), w.entry(), func(r *tradepostv1.Record) (*tradepostv1.Record, error) {
			r.StartStatus = "failed"
			return r, nil
		})
		require.NoError(t, err)
		time.Sleep(2 * time.Minute) // fake time; ServiceTrade is read again
		w.deliver(w.poster("a"), m)
		require.NotNil(t, w.outcome().GetOutcome().GetPosted(), "%v", w.outcome())
	})
	inFakeTime(t, func(t *testing.T, w *workbench) {
		m := w.open()
		w.invoice.Status = "failed" // by a user, while it was on its way
		time.Sleep(2 * time.Minute)
		w.deliver(w.poster("a"), m)
		require.NotNil(t, w.outcome().GetOutcome().GetWithdrawn())
		require.Zero(t, w.books.count())
	})
}
