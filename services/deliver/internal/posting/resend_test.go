package posting_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/services/deliver/connectors/hledger"
)

// edit changes the invoice a minute later and sends it again.
func (w *workbench) edit(total string) {
	w.t.Helper()
	time.Sleep(time.Minute) // fake time
	w.invoice = pendingInvoice(total)
}

// A worker that dies before it touched a document leaves it as ours: the next one
// may go on with the update, now and in every later send.
func TestACrashWhileResendingLeavesTheDocumentOurs(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.deliver(w.poster("a"), w.open())
		w.edit("600.00")
		m := w.open()
		w.books.onFind = func() error { panic("kill -9") }
		w.killed(m)
		w.books.onFind = nil
		w.deliver(w.poster("heir"), m)
		require.NotNil(t, w.outcome().GetOutcome().GetPosted(), "%v", w.outcome())
		require.Equal(t, "600.00", w.books.entries[0].found.Total)
		w.edit("700.00")
		w.deliver(w.poster("heir"), w.open())
		require.NotNil(t, w.outcome().GetOutcome().GetPosted(), "%v", w.outcome())
		require.Equal(t, "700.00", w.books.entries[0].found.Total)
		require.Equal(t, 1, w.books.count())
	})
}

// A bookkeeper's edit that changes nothing which is compared: an unchanged send finds
// the document as it should be, and a later one does not take it for ours.
func TestABookkeepersEditIsKeptThroughAnUnchangedSend(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		p := w.poster("a")
		w.deliver(p, w.open())
		w.books.entries[0].found.Version = "by hand"
		w.edit("522.50")
		w.deliver(p, w.open())
		require.True(t, w.outcome().GetOutcome().GetPosted().GetDocuments()[0].GetAdopted())
		for range 2 {
			w.edit("600.00")
			w.deliver(p, w.open())
			require.Equal(t, []string{"document.different_found"}, w.faults())
		}
		require.Zero(t, w.books.updates)
	})
}

// An update that was made by a worker that then died is seen as made.
func TestACrashAfterTheUpdateIsAdopted(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.deliver(w.poster("a"), w.open())
		w.edit("600.00")
		m := w.open()
		p := w.poster("dead")
		p.Connector = &diesAfterUpdate{books: w.books}
		require.Panics(t, func() { _ = p.Handle(t.Context(), m) })
		require.Equal(t, "600.00", w.books.entries[0].found.Total)
		w.deliver(w.poster("heir"), m)
		require.Equal(t, 1, w.books.updates, "it is not made again")
		require.NotNil(t, w.outcome().GetOutcome().GetPosted())
		w.edit("700.00")
		w.deliver(w.poster("heir"), w.open())
		require.Equal(t, "700.00", w.books.entries[0].found.Total, "and the document is still ours")
	})
}

type diesAfterUpdate struct{ *books }

func (d *diesAfterUpdate) Update(ctx context.Context, p connector.Posting, f connector.Found) connector.Answer {
	d.books.Update(ctx, p, f)
	panic("kill -9")
}

// mortal is a ledger whose user can die.
type mortal struct {
	*hledger.Ledger
	dies bool
}

func (m *mortal) Find(ctx context.Context, q connector.Query) ([]connector.Found, error) {
	if m.dies {
		panic("kill -9")
	}
	return m.Ledger.Find(ctx, q)
}

func TestACrashWhileResendingToALedgerIsHealed(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		l, err := hledger.New(hledger.Config{JournalDir: t.TempDir(), Check: "when_installed", Program: "no-such-hledger"},
			connector.Settings{Connection: "acme-books", Log: slog.New(slog.DiscardHandler)})
		require.NoError(t, err)
		_, err = l.Company(t.Context())
		require.NoError(t, err)
		c := &mortal{Ledger: l}
		p := w.poster("a")
		p.Connector = c
		w.deliver(p, w.open())
		w.edit("600.00")
		m := w.open()
		c.dies = true
		require.Panics(t, func() { _ = p.Handle(t.Context(), m) })
		c.dies = false
		w.deliver(p, m)
		require.Empty(t, w.record().GetOutcome().GetFaultCodes())
		require.Equal(t, "600.00", w.outcome().GetOutcome().GetPosted().GetDocuments()[0].GetTotal())
	})
}

// A document that we wrote a moment ago may not show up in a search yet. It is not
// gone, and no second one is made.
func TestADocumentThatMayBeHiddenIsNotGone(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.deliver(w.poster("a"), w.open())
		w.invoice = pendingInvoice("600.00")
		w.deliver(w.poster("a"), w.open())
		require.Equal(t, 1, w.books.count())
		require.Equal(t, "600.00", w.books.entries[0].found.Total)
		require.Equal(t, int64(1), record.Live(w.record(), 1).GetGeneration())
	})
}

// A user turns the invoice into a credit and sends it again. Both documents
// together would be wrong; a bookkeeper takes the old one out first.
func TestADocumentOfTheOtherKindHasToGoFirst(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.deliver(w.poster("a"), w.open())
		credit := func() {
			w.edit("-100.00")
			r := w.ready(w.open())
			r.Documents[0] = document("100.00", "2026-11-22")
			r.Documents[0].Kind = tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO
			w.deliver(w.poster("a"), w.replay(r))
		}
		credit()
		require.Equal(t, []string{"document.kind_changed"}, w.faults())
		require.Equal(t, 1, w.books.count())

		w.books.remove()
		credit()
		require.NotNil(t, w.outcome().GetOutcome().GetPosted(), "%v", w.outcome())
		require.Equal(t, 1, w.books.count())
		require.Nil(t, record.Live(w.record(), tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE))
		require.NotNil(t, record.Live(w.record(), tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO))
	})
}

// A document that counts nothing is not there: it is made anew.
func TestAVoidDocumentIsNotThere(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.deliver(w.poster("a"), w.open())
		w.books.entries[0].found.Void = true
		w.edit("600.00")
		w.deliver(w.poster("a"), w.open())
		require.Equal(t, 2, w.books.count())
		require.Zero(t, w.books.updates)
		require.Equal(t, "2", record.Live(w.record(), 1).GetId())
		require.Equal(t, int64(2), record.Live(w.record(), 1).GetGeneration())
	})
}

// Somebody took our document out and typed another one with our marker: it looks
// like ours, and is not.
func TestADocumentOfSomebodyElseIsNeverUpdated(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.deliver(w.poster("a"), w.open())
		w.books.entries[0].found.ID = "typed by hand"
		w.edit("600.00")
		w.deliver(w.poster("a"), w.open())
		require.Equal(t, []string{"document.different_found"}, w.faults())
		require.Equal(t, "522.50", w.books.entries[0].found.Total)
		require.Zero(t, w.books.updates)
	})
}

// A user moves the invoice between the message and the update: ServiceTrade is
// always read again before a document is changed, however young the snapshot is.
func TestServiceTradeIsReadAgainBeforeAnUpdate(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(*tradepostv1.ServiceTradeInvoice)
		want tradepostv1.OutcomeKind
	}{
		"moved":   {func(i *tradepostv1.ServiceTradeInvoice) { i.Status = "ok" }, tradepostv1.OutcomeKind_OUTCOME_KIND_WITHDRAWN},
		"changed": {func(i *tradepostv1.ServiceTradeInvoice) { i.Notes = "new" }, tradepostv1.OutcomeKind_OUTCOME_KIND_SUPERSEDED},
	} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, func(t *testing.T, w *workbench) {
				w.deliver(w.poster("a"), w.open())
				w.edit("600.00")
				m := w.open()
				w.books.onFind = func() error {
					c.edit(w.invoice)
					return nil
				}
				w.deliver(w.poster("a"), m)
				require.Equal(t, c.want, w.record().GetOutcome().GetKind())
				require.Equal(t, "522.50", w.books.entries[0].found.Total)
			})
		})
	}
}
