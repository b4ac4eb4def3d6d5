package posting_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/record"
)

func TestPostsOnceHoweverOftenItIsDelivered(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		m := w.open()
		for range 5 {
			w.deliver(w.poster("a"), m)
			time.Sleep(time.Hour)
		}
		require.Equal(t, 1, w.books.count())
		require.Equal(t, 1, w.books.finds, "nobody is called for what the record knows")
		o := w.outcome()
		require.Equal(t, "522.50", o.GetOutcome().GetPosted().GetDocuments()[0].GetTotal())
		require.Equal(t, o.GetOutcomeHash(), w.record().GetOutcome().GetHash())
		require.Equal(t, record.Outcome, w.record().GetState())
		require.Nil(t, w.record().GetUnresolved())
	})
}

func TestAnAnswerLostAfterTheWriteIsFoundAndAdopted(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.books.after = func(context.Context, connector.Posting) connector.Answer {
			w.books.after = nil
			return connector.Uncertain{Reason: "timeout"}
		}
		w.deliver(w.poster("a"), w.open())
		require.Equal(t, 1, w.books.count())
		require.True(t, w.outcome().GetOutcome().GetPosted().GetDocuments()[0].GetAdopted())
	})
}

// A process that dies after the write leaves a claim; the next one waits for it,
// looks, and adopts.
func TestACrashAfterTheWriteIsTakenOver(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		m := w.open()
		w.books.after = func(context.Context, connector.Posting) connector.Answer { panic("kill -9") }
		require.Panics(t, func() { _ = w.poster("dead").Handle(t.Context(), m) })
		w.books.after = nil
		require.Equal(t, record.Claimed, w.record().GetState())

		start := time.Now()
		w.deliver(w.poster("heir"), m)
		require.Equal(t, 1, w.books.count())
		require.GreaterOrEqual(t, time.Since(start), 20*time.Second+settling, "claim, settling time and margin have to pass")
		require.True(t, w.outcome().GetOutcome().GetPosted().GetDocuments()[0].GetAdopted())
	})
}

// A worker that was stopped past its claim wakes up after another one has posted:
// it must not write any more.
func TestAZombieIsFencedOff(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		m := w.open()
		var stopped atomic.Bool
		w.books.before = func(context.Context, connector.Posting) connector.Answer {
			if !stopped.Swap(true) {
				time.Sleep(10 * time.Minute) // not listening to any deadline
			}
			return nil
		}
		zombie := make(chan error)
		go func() { zombie <- w.poster("zombie").Handle(t.Context(), m) }()
		time.Sleep(time.Second)
		w.deliver(w.poster("heir"), m)
		require.Equal(t, 1, w.books.count())
		require.Error(t, <-zombie)
		require.Equal(t, 1, w.books.count(), "the zombie wrote")
	})
}

func TestTheFirstAttemptIsResolvedBeforeNewerContent(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		m := w.open()
		w.books.after = func(context.Context, connector.Posting) connector.Answer { panic("kill -9") }
		require.Panics(t, func() { _ = w.poster("dead").Handle(t.Context(), m) })
		w.books.after = nil
		// The mapping changed meanwhile: the same send has another document now.
		newer := w.publishDated(1, w.record().GetSnapshotHash(), "522.50", "2026-11-23")
		w.deliver(w.poster("heir"), newer)
		require.Equal(t, 1, w.books.count(), "the first document is updated, no second one made")
		require.Equal(t, "2026-11-23", w.books.entries[0].found.IssueDate)
		require.NotNil(t, w.outcome().GetOutcome().GetPosted())
		require.Len(t, w.record().GetDocuments(), 1)
	})
}

func TestAUsersHandWins(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(*tradepostv1.ServiceTradeInvoice)
		want tradepostv1.OutcomeKind
	}{
		"moved":   {func(i *tradepostv1.ServiceTradeInvoice) { i.Status = "ok" }, tradepostv1.OutcomeKind_OUTCOME_KIND_WITHDRAWN},
		"changed": {func(i *tradepostv1.ServiceTradeInvoice) { i.Notes = "new" }, tradepostv1.OutcomeKind_OUTCOME_KIND_SUPERSEDED},
	} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, func(t *testing.T, w *workbench) {
				m := w.open()
				time.Sleep(2 * time.Minute) // the snapshot is old now
				c.edit(w.invoice)
				w.deliver(w.poster("a"), m)
				require.Zero(t, w.books.count())
				require.Equal(t, c.want, w.record().GetOutcome().GetKind())
			})
		})
	}
}

// A send whose earlier attempt may have written something is not closed as
// withdrawn before somebody looked.
func TestWithdrawnOnlyAfterLooking(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		m := w.open()
		w.books.after = func(context.Context, connector.Posting) connector.Answer { panic("kill -9") }
		require.Panics(t, func() { _ = w.poster("dead").Handle(t.Context(), m) })
		w.books.after = nil
		time.Sleep(2 * time.Minute)
		w.invoice.Status = "ok"
		w.deliver(w.poster("heir"), m)
		require.Equal(t, tradepostv1.OutcomeKind_OUTCOME_KIND_WITHDRAWN, w.record().GetOutcome().GetKind())
		require.Equal(t, "1", w.record().GetDocuments()[0].GetId(), "the record knows what exists all the same")
	})
}

func TestAnEditedInvoiceUpdatesItsDocument(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.deliver(w.poster("a"), w.open())
		time.Sleep(time.Minute)
		w.invoice = pendingInvoice("600.00")
		w.deliver(w.poster("a"), w.open())
		require.Equal(t, 1, w.books.count())
		require.Equal(t, "600.00", w.outcome().GetOutcome().GetPosted().GetDocuments()[0].GetTotal())
	})
}

// memoOf is a memo that the books show.
type memoOf string

func (m memoOf) Apart(d *tradepostv1.Document) []string {
	return []string{fmt.Sprintf("its memo is %q on %s", string(m), d.GetNumber())}
}

func TestADocumentThatABookkeeperChangedIsNotOverwritten(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.deliver(w.poster("a"), w.open())
		time.Sleep(time.Minute)
		w.books.entries[0].found.Version, w.books.entries[0].found.Other = "by hand", memoOf("by hand")
		w.invoice = pendingInvoice("600.00")
		w.deliver(w.poster("a"), w.open())
		told := w.outcome().GetOutcome().GetRejected().GetFaults()[0]
		require.Equal(t, "document.different_found", told.GetCode())
		require.Contains(t, told.GetParams()["differences"], `its total is 522.50, not 600.00; its memo is "by hand" on 1042; somebody changed it`)
		require.Equal(t, "522.50", w.books.entries[0].found.Total)
	})
}

func TestADocumentThatIsGoneIsMadeAnewInTheNextGeneration(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.deliver(w.poster("a"), w.open())
		time.Sleep(time.Minute)
		w.books.remove()
		w.deliver(w.poster("a"), w.open())
		require.Equal(t, 1, w.books.count())
		require.Equal(t, int64(2), record.Live(w.record(), 1).GetGeneration())
	})
}

func TestAWrongTotalIsAFaultAndTheNextSendMendsIt(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.books.spoil = "522.49"
		w.deliver(w.poster("a"), w.open())
		require.Equal(t, "document.total_differs", w.outcome().GetOutcome().GetRejected().GetFaults()[0].GetCode())
		require.Equal(t, "1", record.Live(w.record(), 1).GetId(), "the document's id is kept")
		time.Sleep(time.Minute)
		w.books.spoil = ""
		w.deliver(w.poster("a"), w.open())
		require.Equal(t, 1, w.books.count())
		require.Equal(t, "522.50", w.books.entries[0].found.Total)
		require.NotNil(t, w.outcome().GetOutcome().GetPosted())
	})
}

func TestAShortWaitComesBackAndALongOneIsParked(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		var asked int
		w.books.onFind = func() error {
			asked++
			switch asked {
			case 1:
				return errors.New("connection refused")
			case 2:
				return connector.Stop(connector.Wait{Scope: tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, For: 2 * time.Hour, Reason: "closed"})
			}
			return nil
		}
		m := w.open()
		start := time.Now()
		w.deliver(w.poster("a"), m)
		require.Equal(t, record.Parked, w.record().GetState())
		require.Zero(t, w.books.count())

		// The schedule puts the message back onto its subject.
		time.Sleep(2*time.Hour + time.Minute)
		fired := w.last(bus.StreamReady, m.Subject)
		require.Greater(t, fired.Sequence, m.Sequence)
		w.deliver(w.poster("a"), fired)
		require.Equal(t, 1, w.books.count())
		require.GreaterOrEqual(t, time.Since(start), 2*time.Hour)
	})
}

func TestHandedIsNeverMadeAgain(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.books.before = func(context.Context, connector.Posting) connector.Answer { return connector.Handed{Token: "file-7:3"} }
		m := w.open()
		w.deliver(w.poster("a"), m)
		require.Equal(t, record.Handed, w.record().GetState())
		require.Equal(t, "file-7:3", w.record().GetHandedToken())
		w.books.before = nil
		w.deliver(w.poster("a"), m)
		require.Zero(t, w.books.count())
	})
}

func TestTwoDocumentsWithOneMarkerAreTold(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		m := w.open()
		for range 2 {
			w.books.insert(connector.Posting{Document: document("522.50", "2026-11-22")})
		}
		time.Sleep(settling)
		w.deliver(w.poster("a"), m)
		require.Equal(t, "document.more_than_one", w.outcome().GetOutcome().GetRejected().GetFaults()[0].GetCode())
		require.Equal(t, 2, w.books.count())
	})
}

// The texts of a rejection live in its message only. Where the process died
// between the record and the message, the accounting system is asked once more.
func TestARejectionWhoseMessageWasLostIsAskedForAgain(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		m := w.open()
		w.books.insert(connector.Posting{Document: document("1.00", "2026-11-22")})
		time.Sleep(settling)
		w.deliver(w.poster("a"), m)
		require.Equal(t, 1, w.books.finds)
		w.deliver(w.poster("a"), m)
		require.Equal(t, 1, w.books.finds, "the message is there, so nobody is asked")

		st, err := w.js.Stream(t.Context(), bus.StreamOutcome)
		require.NoError(t, err)
		require.NoError(t, st.Purge(t.Context()))
		time.Sleep(11 * time.Minute) // past the dedupe window
		w.deliver(w.poster("a"), m)
		require.Equal(t, 2, w.books.finds)
		require.Equal(t, "document.different_found", w.outcome().GetOutcome().GetRejected().GetFaults()[0].GetCode())
	})
}

func TestADocumentOfAnotherInvoiceIsPoison(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		m := w.open()
		m.Subject.InvoiceID = 7
		e, err := w.gate.Store.Change(t.Context(), record.Entry{Key: record.Key{Account: "acme", InvoiceID: 7}}, record.OpenSend(record.Opens{
			Key: record.Key{Account: "acme", InvoiceID: 7}, Connection: "acme-books", SnapshotHash: w.record().GetSnapshotHash(), Now: time.Now(),
		}))
		require.NoError(t, err)
		require.Equal(t, int64(1), e.Record.GetSend())
		code, poison := bus.PoisonCode(w.poster("a").Handle(t.Context(), m))
		require.True(t, poison)
		require.Equal(t, "message.wrong_document", code)
		require.Zero(t, w.books.count())
	})
}

func TestDocumentsOfAnotherTotalArePoison(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.open()
		mended := w.publish(1, w.record().GetSnapshotHash(), "0.01")
		code, poison := bus.PoisonCode(w.poster("a").Handle(t.Context(), mended))
		require.True(t, poison)
		require.Equal(t, "message.wrong_total", code)
		require.Zero(t, w.books.count())
	})
}

// Together they have the right total, and each would take the other's place: the record
// and the books would hold one of them.
func TestTwoDocumentsThatHaveOnePlaceArePoison(t *testing.T) {
	second := func(marker string) []*tradepostv1.Document {
		docs := halves("300.00", "0.00")
		docs[1] = whole("222.50")
		docs[1].Marker = marker
		return docs
	}
	halfAlone := halves("600.00", "77.50")[1:]
	for name, c := range map[string]struct {
		total string
		docs  []*tradepostv1.Document
	}{
		"two invoices with one marker": {"522.50", second(ours)},
		"two invoices with two":        {"522.50", second(ours + "-c")},
		"two halves with one marker":   {"522.50", []*tradepostv1.Document{whole("600.00"), whole("-77.50")}},
		"one half of a split":          {"-77.50", halfAlone},
	} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, func(t *testing.T, w *workbench) {
				code, poison := bus.PoisonCode(w.poster("a").Handle(t.Context(), w.sendOf(c.total, c.docs...)))
				require.True(t, poison)
				require.Equal(t, "message.wrong_document", code)
				require.Zero(t, w.books.count())
			})
		})
	}
}
