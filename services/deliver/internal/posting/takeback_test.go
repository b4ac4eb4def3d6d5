package posting_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/canonical"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/invoice"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/snapshot"
)

const plainInvoice = tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE

// reversals are what takes the standing documents back on a day.
func (w *workbench) reversals(day string) []*tradepostv1.Document {
	w.t.Helper()
	var all []*tradepostv1.Document
	for _, ref := range record.Standing(w.record()) {
		posted := document(ref.GetTotal(), "2026-11-22")
		posted.Kind, posted.Marker = ref.GetKind(), ref.GetMarker()
		all = append(all, invoice.Reverse(posted, &tradepostv1.AppliesTo{Kind: ref.GetKind(), Id: ref.GetId(), Number: ref.GetNumber()}, day))
	}
	return all
}

// void opens the send of an invoice that was voided, and publishes what takes it back.
func (w *workbench) void(day string) bus.Message {
	w.t.Helper()
	e := w.entry()
	if e.State() == record.Outcome {
		e = w.settle(e)
	}
	w.invoice.Status = "void"
	hash, err := snapshot.Hash(w.invoice)
	require.NoError(w.t, err)
	e, err = w.gate.Store.Change(w.t.Context(), e, record.OpenSend(record.Opens{
		Key: w.key(), Connection: "acme-books", SnapshotHash: hash, HashVersion: canonical.HashVersion,
		StartStatus: "void", Total: w.invoice.GetTotalPrice(), Now: time.Now(),
	}))
	require.NoError(w.t, err)
	return w.replay(&tradepostv1.InvoiceReady{
		Send: e.Record.GetSend(), SnapshotHash: hash, HashVersion: canonical.HashVersion, Documents: w.reversals(day),
	})
}

// posted posts the invoice, and waits until the books show it.
func (w *workbench) posted() {
	w.t.Helper()
	w.deliver(w.poster("a"), w.open())
	require.NotNil(w.t, w.outcome().GetOutcome().GetPosted())
	time.Sleep(time.Minute) // fake time
}

func (w *workbench) live(kind tradepostv1.DocumentKind, reversal bool) *tradepostv1.DocumentRef {
	return record.Slot{Kind: kind, Reversal: reversal}.In(w.record())
}

func TestAVoidIsTakenBackOnceHoweverOftenItIsDelivered(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.posted()
		m := w.void("2026-11-25")
		for range 4 {
			w.deliver(w.poster("a"), m)
			m = w.replay(w.ready(m))
			time.Sleep(time.Hour)
		}
		require.Equal(t, 2, w.books.count())
		made := w.books.entries[1]
		require.Equal(t, "st-acme-2687264638045999-v", made.marker)
		require.Equal(t, connector.Found{
			Kind: creditMemo, ID: "2", Number: "1042-V", Version: "1", Total: "522.50", IssueDate: "2026-11-25",
		}, made.found)
		require.Equal(t, "2", w.outcome().GetOutcome().GetPosted().GetDocuments()[0].GetId())
		require.Equal(t, "1", w.live(plainInvoice, false).GetId(), "the invoice still stands")
		require.Equal(t, "2", w.live(creditMemo, true).GetId())
		require.Nil(t, w.live(creditMemo, false), "it is no credit memo of the invoice's own")
	})
}

// Wherever a worker dies while it takes an invoice back, one credit memo is made.
func TestAVoidSurvivesCrashes(t *testing.T) {
	for name, at := range map[string]func(b *books){
		"before the write": func(b *books) { b.before = kill },
		"after the write":  func(b *books) { b.after = kill },
	} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, func(t *testing.T, w *workbench) {
				w.posted()
				m := w.void("2026-11-25")
				at(w.books)
				w.killed(m)
				require.True(t, w.record().GetUnresolved().GetReversal())
				w.books.before, w.books.after = nil, nil
				w.deliver(w.poster("heir"), m)
				require.Equal(t, 2, w.books.count())
				require.Equal(t, "2", w.live(creditMemo, true).GetId())
				require.NotNil(t, w.outcome().GetOutcome().GetPosted())
			})
		})
	}
}

func TestALostAnswerOfAVoidIsFoundAndAdopted(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.posted()
		w.books.after = func(context.Context, connector.Posting) connector.Answer {
			w.books.after = nil
			return connector.Uncertain{Reason: "timeout"}
		}
		w.deliver(w.poster("a"), w.void("2026-11-25"))
		require.Equal(t, 2, w.books.count())
		require.True(t, w.outcome().GetOutcome().GetPosted().GetDocuments()[0].GetAdopted())
	})
}

// What a bookkeeper took out of the books himself needs nothing more, and what he
// changed there is his.
func TestAVoidLooksInTheBooksFirst(t *testing.T) {
	for name, c := range map[string]struct {
		edit   func(b *books)
		faults []string
		gone   bool
	}{
		"deleted": {edit: func(b *books) { b.remove() }, gone: true},
		"void":    {edit: func(b *books) { b.entries[0].found.Void = true }, gone: true},
		"changed": {edit: func(b *books) { b.entries[0].found.Total = "500.00" }, faults: []string{"document.changed_before_void"}},
		"doubled": {edit: func(b *books) { b.entries = append(b.entries, b.entries[0]) }, faults: []string{"document.more_than_one"}},
	} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, func(t *testing.T, w *workbench) {
				w.posted()
				m := w.void("2026-11-25")
				c.edit(w.books)
				w.deliver(w.poster("a"), m)
				require.Equal(t, 1, w.books.creates, "nothing is made")
				require.Equal(t, c.faults, w.faults())
				require.Equal(t, c.gone, len(record.Standing(w.record())) == 0)
				if c.gone {
					require.Equal(t, "void", w.outcome().GetOutcome().GetWithdrawn().GetStatus())
				}
			})
		})
	}
}

func TestAnInvoiceThatIsNotVoidAnyMoreIsLeftAlone(t *testing.T) {
	for _, status := range []string{"ok", "pending_accounting"} {
		inFakeTime(t, func(t *testing.T, w *workbench) {
			w.posted()
			m := w.void("2026-11-25")
			w.invoice.Status = status
			w.deliver(w.poster("a"), m)
			require.Equal(t, 1, w.books.count())
			require.Equal(t, status, w.outcome().GetOutcome().GetWithdrawn().GetStatus())
			require.Len(t, record.Standing(w.record()), 1)
		})
	}
}

// Void, not void and sent again, void again: invoice and credit memo together count
// nothing, so that the invoice is not called posted before the credit memo is gone; and
// there never is a second one.
func TestAnInvoiceThatWasVoidAndIsSentAgain(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.posted()
		w.deliver(w.poster("a"), w.void("2026-11-25"))
		time.Sleep(time.Minute)
		w.invoice.Status = "pending_accounting"
		w.deliver(w.poster("a"), w.open())
		require.Equal(t, []string{"document.reversed"}, w.faults())
		require.Contains(t, w.outcome().GetOutcome().GetRejected().GetFaults()[0].GetFix(), "credit memo 1042-V")

		time.Sleep(time.Minute)
		w.deliver(w.poster("a"), w.void("2026-11-29"))
		require.Equal(t, 2, w.books.count(), "the credit memo of the first void is there")
		require.Equal(t, "2026-11-25", w.books.entries[1].found.IssueDate)
		require.Equal(t, "2", w.outcome().GetOutcome().GetPosted().GetDocuments()[0].GetId())

		time.Sleep(time.Minute)
		w.books.entries = w.books.entries[:1] // by hand
		w.invoice.Status = "pending_accounting"
		w.deliver(w.poster("a"), w.open())
		require.Equal(t, "1", w.outcome().GetOutcome().GetPosted().GetDocuments()[0].GetId())
		require.Nil(t, w.live(creditMemo, true))

		time.Sleep(time.Minute)
		w.deliver(w.poster("a"), w.void("2026-12-01"))
		require.Equal(t, 2, w.books.count(), "and now it is made anew")
		require.Equal(t, int64(2), w.live(creditMemo, true).GetGeneration())
	})
}

func TestBothDocumentsOfASplitAreTakenBack(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.deliver(w.poster("a"), w.split())
		time.Sleep(time.Minute)
		m := w.void("2026-11-25")
		w.books.before = func(_ context.Context, p connector.Posting) connector.Answer {
			if p.Document.GetKind() == plainInvoice {
				panic("kill -9") // between the two
			}
			return nil
		}
		w.killed(m)
		w.books.before = nil
		w.deliver(w.poster("heir"), m)
		require.Equal(t, 4, w.books.count())
		require.Equal(t, "600.00", w.live(creditMemo, true).GetTotal())
		require.Equal(t, "77.50", w.live(plainInvoice, true).GetTotal())
		require.Equal(t, "st-acme-2687264638045999-c-v", w.live(plainInvoice, true).GetMarker())
	})
}

// A message that was mended by hand takes back what the record knows, whole, or nothing.
func TestAVoidOfAnythingElseIsPoison(t *testing.T) {
	for name, edit := range map[string]func(d *tradepostv1.Document){
		"the invoice itself": func(d *tradepostv1.Document) { d.Marker = "st-acme-2687264638045999" },
		"another invoice":    func(d *tradepostv1.Document) { d.Marker = "st-acme-7-v" },
		"another document":   func(d *tradepostv1.Document) { d.AppliesTo.Id = "9" },
		"another total":      func(d *tradepostv1.Document) { d.Totals.Total = "5225.00" },
		"the same kind":      func(d *tradepostv1.Document) { d.Kind = plainInvoice },
	} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, func(t *testing.T, w *workbench) {
				w.posted()
				r := w.ready(w.void("2026-11-25"))
				edit(r.Documents[0])
				code, poison := bus.PoisonCode(w.poster("a").Handle(t.Context(), w.replay(r)))
				require.True(t, poison)
				require.Equal(t, "message.wrong_document", code)
				require.Equal(t, 1, w.books.count())
			})
		})
	}
	t.Run("in a send of the invoice", func(t *testing.T) {
		inFakeTime(t, func(t *testing.T, w *workbench) {
			w.posted()
			back := w.reversals("2026-11-25")
			r := w.ready(w.open())
			r.Documents = back
			code, _ := bus.PoisonCode(w.poster("a").Handle(t.Context(), w.replay(r)))
			require.Equal(t, "message.wrong_document", code)
		})
	})
}

// Nothing proves which invoice a document takes back that a person made.
func TestAVoidIsNotSettledByHand(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.posted()
		w.void("2026-11-25")
		w.hold()
		require.NotEmpty(t, w.command(w.byHand(w.record().GetSend(), "1")))
		require.Equal(t, record.Held, w.record().GetState())
	})
}

// What was posted is taken back, whatever the void invoice looks like by now.
func TestAVoidGoesByTheStatusAlone(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.posted()
		m := w.void("2026-11-25")
		w.invoice.Notes = "why it was voided"
		w.deliver(w.poster("a"), m)
		require.NotNil(t, w.outcome().GetOutcome().GetPosted())
		require.Equal(t, 2, w.books.count())
	})
}
