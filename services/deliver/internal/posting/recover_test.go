package posting_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/record"
)

// orphaned leaves an attempt whose worker died and whose message is lost for good.
// written says whether it got as far as writing.
func (w *workbench) orphaned(written bool) {
	w.t.Helper()
	m := w.open()
	if written {
		w.books.after = kill
	} else {
		w.books.before = kill
	}
	w.killed(m)
	w.books.before, w.books.after = nil, nil
	w.lose(bus.StreamReady)
	time.Sleep(10 * time.Minute) // fake time; 21 minutes with those of lose
}

// again publishes what ServiceTrade shows now, as ingest does with an open send.
func (w *workbench) again() bus.Message {
	w.t.Helper()
	e, err := w.gate.Store.Change(w.t.Context(), w.entry(), record.Reopen(w.record().GetSnapshotHash(), 1, w.invoice.GetTotalPrice()))
	require.NoError(w.t, err)
	return w.publish(e.Record.GetSend(), e.Record.GetSnapshotHash(), w.invoice.GetTotalPrice())
}

func TestALostAttemptThatWroteIsFound(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.orphaned(true)
		require.NoError(t, w.poster("sweep").Recover(t.Context(), w.entry()))
		require.Equal(t, record.Opened, w.record().GetState(), "ingest may publish it again")
		require.Nil(t, w.record().GetUnresolved())
		require.Equal(t, "1", record.Live(w.record(), 1).GetId(), "the document is known")
		require.Equal(t, "message_lost", w.record().GetWaiting().GetReason())
		w.deliver(w.poster("a"), w.again())
		require.Equal(t, 1, w.books.count())
		require.True(t, w.outcome().GetOutcome().GetPosted().GetDocuments()[0].GetAdopted())
	})
}

func TestALostAttemptThatDidNotWriteIsMadeOnce(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.orphaned(false)
		require.NoError(t, w.poster("sweep").Recover(t.Context(), w.entry()))
		require.Equal(t, record.Opened, w.record().GetState())
		require.Nil(t, w.record().GetUnresolved())
		require.Empty(t, w.record().GetDocuments())
		require.Zero(t, w.books.count(), "it looks and makes nothing")
		w.deliver(w.poster("a"), w.again())
		require.Equal(t, 1, w.books.count())
		require.NotNil(t, w.outcome().GetOutcome().GetPosted())
	})
}

// A bookkeeper changed what the lost attempt left, and a user edited the invoice.
// The document is known, but we were not the last to write it.
func TestALostAttemptThatWasChangedByHandIsLeftAlone(t *testing.T) {
	for name, keepsHashes := range map[string]bool{"books without hashes": false, "books with hashes": true} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, func(t *testing.T, w *workbench) {
				w.books.keepsHashes = keepsHashes
				w.orphaned(true)
				f := &w.books.entries[0].found
				f.Total, f.DocumentHash, f.Version = "500.00", "", "" // books that count no versions
				require.NoError(t, w.poster("sweep").Recover(t.Context(), w.entry()))
				require.Equal(t, "1", record.Live(w.record(), 1).GetId())
				require.Empty(t, record.Live(w.record(), 1).GetHash())
				w.deliver(w.poster("a"), w.again())
				require.Equal(t, []string{"document.different_found"}, w.faults())
				require.Equal(t, "500.00", f.Total)
			})
		})
	}
}

// Where the books say that the document is what the lost attempt wrote, it is ours,
// and an edit may update it.
func TestALostAttemptThatTheBooksNameIsOurs(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.books.keepsHashes = true
		w.orphaned(true)
		require.NoError(t, w.poster("sweep").Recover(t.Context(), w.entry()))
		require.NotEmpty(t, record.Live(w.record(), 1).GetHash())
		w.deliver(w.poster("a"), w.again())
		w.edit("600.00")
		w.deliver(w.poster("a"), w.open())
		require.Equal(t, "600.00", w.books.entries[0].found.Total)
	})
}

// A call that takes long is no lost attempt: its worker lives.
func TestALivingWorkerIsNotDisturbed(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.books.slowest = 20 * time.Minute
		m := w.open()
		w.books.before = func(context.Context, connector.Posting) connector.Answer {
			time.Sleep(18 * time.Minute) // fake time
			return nil
		}
		done := make(chan error)
		go func() { done <- w.poster("slow").Handle(context.WithoutCancel(t.Context()), m) }()
		time.Sleep(16 * time.Minute) // fake time
		before := w.entry()
		require.Equal(t, record.Claimed, before.State())
		require.NoError(t, w.poster("sweep").Recover(t.Context(), before))
		require.Equal(t, before.Revision, w.entry().Revision)
		require.NoError(t, <-done)
		require.Equal(t, 1, w.books.count())
		require.NotNil(t, w.outcome().GetOutcome().GetPosted())
	})
}

// Somebody else was faster: the sweep's old entry changes nothing, and is no error.
func TestARecoveryThatLosesTheRaceChangesNothing(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.orphaned(true)
		old := w.entry()
		require.NoError(t, w.poster("other").Recover(t.Context(), old))
		now := w.entry()
		require.NoError(t, w.poster("sweep").Recover(t.Context(), old))
		require.Equal(t, now.Revision, w.entry().Revision)
	})
}

func TestWhileTheBooksAreAwayALostAttemptStaysInDoubt(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.orphaned(true)
		w.books.onFind = func() error { return errors.New("connection refused") }
		for range 4 {
			require.ErrorContains(t, w.poster("sweep").Recover(t.Context(), w.entry()), "connection refused")
			require.Equal(t, record.Claimed, w.record().GetState())
			require.NotNil(t, w.record().GetUnresolved())
			require.Equal(t, "unreachable", w.record().GetWaiting().GetReason())
			asked := w.entry().Revision
			require.NoError(t, w.poster("sweep").Recover(t.Context(), w.entry()), "not again at once")
			require.Equal(t, asked, w.entry().Revision)
			time.Sleep(16 * time.Minute) // fake time
		}
		w.books.onFind = nil
		require.NoError(t, w.poster("sweep").Recover(t.Context(), w.entry()))
		require.Equal(t, record.Opened, w.record().GetState())
		require.Equal(t, "1", record.Live(w.record(), 1).GetId())
	})
}

// An attempt whose message will come again is left to it, and so is everything that
// holds no doubt or waits for a person.
func TestOnlyALostAttemptIsRecovered(t *testing.T) {
	reject := &tradepostv1.RecordedOutcome{Kind: tradepostv1.OutcomeKind_OUTCOME_KIND_REJECTED}
	for name, prepare := range map[string]func(w *workbench){
		"open, without an attempt": func(w *workbench) { w.open() },
		"parked": func(w *workbench) {
			w.books.onFind = func() error { return closedFor(6 * time.Hour) }
			w.deliver(w.poster("a"), w.open())
		},
		"handed": func(w *workbench) {
			w.books.before = func(context.Context, connector.Posting) connector.Answer { return connector.Handed{Token: "1"} }
			w.deliver(w.poster("a"), w.open())
		},
		"held": func(w *workbench) {
			w.orphaned(true)
			_, err := w.gate.Store.Change(w.t.Context(), w.entry(), record.Hold("why"))
			require.NoError(w.t, err)
		},
		"with an outcome": func(w *workbench) {
			w.open()
			_, err := w.gate.Store.Change(w.t.Context(), w.entry(), record.Reject(reject))
			require.NoError(w.t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, func(t *testing.T, w *workbench) {
				prepare(w)
				time.Sleep(time.Hour) // fake time
				before, finds := w.entry(), w.books.finds
				require.NoError(t, w.poster("sweep").Recover(t.Context(), before))
				require.Equal(t, before.Revision, w.entry().Revision)
				require.Equal(t, finds, w.books.finds)
			})
		})
	}
	inFakeTime(t, func(t *testing.T, w *workbench) {
		m := w.open()
		w.books.after = kill
		w.killed(m)
		time.Sleep(14 * time.Minute) // fake time
		before := w.entry()
		require.NoError(t, w.poster("sweep").Recover(t.Context(), before))
		require.Equal(t, before.Revision, w.entry().Revision, "its message may still come")
	})
}

// Books that would not look for one document must not end the sweep of their
// connection, since it would end there every time; books that are away do end it.
func TestOneInvoiceInTroubleDoesNotEndTheSweep(t *testing.T) {
	for name, c := range map[string]struct {
		answer error
		ends   bool
	}{
		"refused":         {connector.Stop(connector.Rejected{}), false},
		"waits alone":     {connector.Stop(connector.Wait{Scope: tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, Reason: "locked"}), false},
		"all wait":        {connector.Stop(connector.Wait{Scope: tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION, Reason: "signed_out"}), true},
		"does not answer": {errors.New("connection refused"), true},
	} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, func(t *testing.T, w *workbench) {
				w.orphaned(true)
				w.books.onFind = func() error { return c.answer }
				require.Equal(t, c.ends, w.poster("sweep").Recover(t.Context(), w.entry()) != nil)
				require.NotNil(t, w.record().GetUnresolved(), "nobody looked: it stays in doubt")
				require.NotEmpty(t, w.record().GetWaiting().GetReason())

				w.books.onFind = nil
				time.Sleep(16 * time.Minute) // fake time
				require.NoError(t, w.poster("sweep").Recover(t.Context(), w.entry()))
				require.Nil(t, w.record().GetUnresolved())
			})
		})
	}
}

// A worker resolved what was in doubt, and died before it came to an end; its message
// is lost. As long as the claim stands, transform may not reject what a mended mapping
// refuses, so that the sweep ends it.
func TestAClaimWithNothingInDoubtIsGivenBack(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.open()
		e := w.entry()
		for _, step := range []record.Transition{
			record.Claim(record.Claiming{Owner: "dead", Lasts: time.Minute}, &tradepostv1.Unresolved{Kind: 1}), record.Resolve("dead"),
		} {
			var err error
			e, err = w.gate.Store.Change(t.Context(), e, step)
			require.NoError(t, err)
		}
		w.lose(bus.StreamReady)
		time.Sleep(10 * time.Minute) // fake time; 21 minutes with those of lose
		finds := w.books.finds
		require.NoError(t, w.poster("sweep").Recover(t.Context(), w.entry()))
		require.Equal(t, record.Opened, w.record().GetState())
		require.Equal(t, finds, w.books.finds, "nothing is in doubt")
		w.deliver(w.poster("a"), w.again())
		require.Equal(t, 1, w.books.count())
	})
}
