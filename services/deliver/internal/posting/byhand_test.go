package posting_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/record"
)

// byHand is an operator's command.
func (w *workbench) byHand(follows int64, document string) bus.Message {
	w.t.Helper()
	to := w.subject().To(bus.StageCommand)
	require.NoError(w.t, w.gate.Bus.Send(w.t.Context(), to, "", &tradepostv1.InvoiceCommand{
		FollowsSend: follows, By: "maria",
		Command: &tradepostv1.InvoiceCommand_SettleByHand{SettleByHand: &tradepostv1.SettleByHand{DocumentId: document}},
	}))
	return w.last(bus.StreamCommand, to)
}

// enter puts a document into the books, as a bookkeeper does: without our hash.
func (w *workbench) enter(id, total, marker string) {
	w.books.mu.Lock()
	defer w.books.mu.Unlock()
	w.books.entries = append(w.books.entries, &entry{
		found: connector.Found{Kind: 1, ID: id, Number: "M-" + id, Version: "1", Total: total}, marker: marker, written: time.Now().Add(-time.Hour),
	})
}

const ours = "st-acme-2687264638045999"

// command handles a command until it is done, and returns the cause of its dead letter.
func (w *workbench) command(m bus.Message) string {
	w.t.Helper()
	for m.Delivered = 1; m.Delivered < 100; m.Delivered++ {
		err := w.poster("a").Command(w.t.Context(), m)
		if d, waits := bus.RetryDelay(err); waits {
			time.Sleep(d) // fake time
			continue
		}
		code, _ := bus.PoisonCode(err)
		require.True(w.t, err == nil || code != "", "%v", err)
		return code
	}
	require.Fail(w.t, "never done")
	return ""
}

func (w *workbench) hold() {
	w.t.Helper()
	_, err := w.gate.Store.Change(w.t.Context(), w.entry(), record.Hold("nobody can tell"))
	require.NoError(w.t, err)
}

func TestADocumentThatIsConfirmedSettlesAHeldSend(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		m := w.open()
		w.hold()
		w.enter("7", "522.50", ours)
		require.Empty(t, w.command(w.byHand(1, "7")))
		r := w.record()
		require.Equal(t, record.Outcome, r.GetState())
		require.Equal(t, tradepostv1.OutcomeKind_OUTCOME_KIND_POSTED, r.GetOutcome().GetKind())
		require.Equal(t, "7", record.Live(r, 1).GetId())
		require.Empty(t, record.Live(r, 1).GetHash(), "nobody may update what a person entered")
		require.Equal(t, r.GetOutcome().GetHash(), w.outcome().GetOutcomeHash())
		require.Equal(t, "M-7", w.outcome().GetOutcome().GetPosted().GetDocuments()[0].GetNumber())
		w.deliver(w.poster("a"), m)
		require.Equal(t, 1, w.books.count(), "the send's own message posts nothing more")
		require.Zero(t, w.books.creates)
	})
}

// What a person entered is never updated: whoever edits the invoice afterwards, at the
// same total, is told that the books do not follow.
func TestChangesDoNotReachWhatAPersonEntered(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.open()
		w.hold()
		w.enter("7", "522.50", ours)
		w.books.entries[0].found.Number = "1042"
		require.Empty(t, w.command(w.byHand(1, "7")))
		for _, c := range []struct{ says, remark string }{{"", ""}, {"Travel", "document.changes_not_taken"}} {
			w.says = c.says
			w.deliver(w.poster("a"), w.sendOf("522.50", document("522.50", "2026-11-22")))
			posted := w.outcome().GetOutcome().GetPosted()
			require.True(t, posted.GetDocuments()[0].GetAdopted(), "%v", w.outcome())
			require.Equal(t, c.remark, strings.Join(codes(posted.GetRemarks()), " "))
		}
		require.Zero(t, w.books.updates+w.books.creates)
	})
}

func TestWhatWasHandedOverIsSettledByHand(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.open()
		e, err := w.gate.Store.Change(t.Context(), w.entry(), record.Claim(record.Claiming{Owner: "x", Lasts: time.Second}, &tradepostv1.Unresolved{Kind: 1, Marker: ours}))
		require.NoError(t, err)
		_, err = w.gate.Store.Change(t.Context(), e, record.Hand("x", "file 7"))
		require.NoError(t, err)
		w.enter("7", "522.50", ours)
		require.Empty(t, w.command(w.byHand(1, "7")))
		require.Equal(t, record.Outcome, w.record().GetState())
		require.Nil(t, w.record().GetUnresolved())
		require.Empty(t, w.record().GetHandedToken())
	})
}

func TestWhatTheBooksDoNotBearOutSettlesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		enter   func(w *workbench)
		follows int64
		code    string
	}{
		"no document":   {func(*workbench) {}, 1, "command.not_confirmed"},
		"another total": {func(w *workbench) { w.enter("7", "522.49", ours) }, 1, "command.not_confirmed"},
		"another id":    {func(w *workbench) { w.enter("8", "522.50", ours) }, 1, "command.not_confirmed"},
		"two of them":   {func(w *workbench) { w.enter("7", "522.50", ours); w.enter("8", "522.50", ours) }, 1, "command.not_confirmed"},
		"another invoice's": {func(w *workbench) {
			w.enter("7", "522.50", "st-acme-8")
			w.books.byID = true
			other := record.Entry{Key: record.Key{Account: "acme", InvoiceID: 8}}
			_, err := w.gate.Store.Change(w.t.Context(), other, func(*tradepostv1.Record) (*tradepostv1.Record, error) {
				return &tradepostv1.Record{
					Account: "acme", InvoiceId: 8, Connection: "acme-books",
					Documents: []*tradepostv1.DocumentRef{{Kind: 1, Connection: "acme-books", Id: "7"}},
				}, nil
			})
			require.NoError(w.t, err)
		}, 1, "command.not_confirmed"},
		"after an older send": {func(w *workbench) { w.enter("7", "522.50", ours) }, 4, ""},
	} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, func(t *testing.T, w *workbench) {
				w.open()
				w.hold()
				c.enter(w)
				before := w.entry().Revision
				require.Equal(t, c.code, w.command(w.byHand(c.follows, "7")))
				require.Equal(t, before, w.entry().Revision)
				require.Equal(t, record.Held, w.record().GetState())
			})
		})
	}
}

// The kind is what the books say, never what is wanted.
func TestAnInvoiceDoesNotSettleACreditMemoByHand(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.sendOf("-77.50", whole("-77.50"))
		w.hold()
		w.enter("7", "77.50", ours)
		require.Equal(t, "command.not_confirmed", w.command(w.byHand(1, "7")))
		require.Equal(t, record.Held, w.record().GetState())

		w.books.entries[0].found.Kind = 0 // the books do not show it
		require.Equal(t, "command.not_confirmed", w.command(w.byHand(1, "7")))

		w.books.entries[0].found.Kind = creditMemo
		require.Empty(t, w.command(w.byHand(1, "7")))
		require.Equal(t, "7", record.Live(w.record(), creditMemo).GetId())
	})
}

// A document is not all of an invoice while another one of it stands in the books, under
// whichever of its markers.
func TestOneDocumentOfSeveralSettlesNothingByHand(t *testing.T) {
	for _, other := range []string{ours + "-c", ours + "-v", ours + "-c-v"} {
		t.Run(other, func(t *testing.T) {
			inFakeTime(t, func(t *testing.T, w *workbench) {
				w.open()
				w.hold()
				w.enter("7", "522.50", ours)
				w.enter("8", "77.50", other)
				w.books.entries[1].found.Kind = creditMemo
				require.Equal(t, "command.not_confirmed", w.command(w.byHand(1, "7")))
				w.books.entries[1].found.Void = true
				require.Empty(t, w.command(w.byHand(1, "7")), "what is void counts nothing")
			})
		})
	}
}

// The document that is named may have the other marker itself.
func TestADocumentIsCountedOnceBySettlingByHand(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.sendOf("-77.50", whole("-77.50"))
		w.hold()
		w.books.byID = true
		w.enter("7", "77.50", ours+"-c")
		w.books.entries[0].found.Kind = creditMemo
		require.Empty(t, w.command(w.byHand(1, "7")))
	})
}

// Only what waits for a person is settled by hand: the rest goes on by itself.
func TestASendThatGoesOnIsNotSettledByHand(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.open()
		w.enter("7", "522.50", ours)
		require.Equal(t, "command.not_confirmed", w.command(w.byHand(1, "7")))
		require.Equal(t, record.Opening, w.record().GetState())
		require.Zero(t, w.books.finds)
	})
}

// The books are away for a while, and the worker of before may still be calling.
func TestSettlingByHandWaits(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.open()
		_, err := w.gate.Store.Change(t.Context(), w.entry(), record.Claim(record.Claiming{Owner: "x", Lasts: time.Minute}, &tradepostv1.Unresolved{Kind: 1, Marker: ours}))
		require.NoError(t, err)
		w.hold()
		w.enter("7", "522.50", ours)
		away := 3
		w.books.onFind = func() error {
			if away--; away >= 0 {
				return errors.New("connection refused")
			}
			return nil
		}
		start := time.Now()
		require.Empty(t, w.command(w.byHand(1, "7")))
		require.GreaterOrEqual(t, time.Since(start), time.Minute)
		require.Equal(t, record.Outcome, w.record().GetState())
	})
}

// The process dies between the record and the message: the command comes again.
func TestASettlingByHandThatWasNotToldIsTold(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.open()
		w.hold()
		w.enter("7", "522.50", ours)
		m := w.byHand(1, "7")
		require.NoError(t, w.js.DeleteStream(t.Context(), bus.StreamOutcome))
		require.Error(t, w.poster("a").Command(t.Context(), m))
		require.Equal(t, record.Outcome, w.record().GetState())
		_, err := bus.Apply(t.Context(), w.js, bus.ApplyOptions{})
		require.NoError(t, err)
		require.Empty(t, w.command(m))
		require.Equal(t, w.record().GetOutcome().GetHash(), w.outcome().GetOutcomeHash())
	})
}
