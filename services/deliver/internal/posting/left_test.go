package posting_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/record"
)

// handingOver are books that take changes in files.
type handingOver struct {
	*books
	given connector.Posting
	found connector.Found
}

func (h *handingOver) Update(_ context.Context, p connector.Posting, f connector.Found) connector.Answer {
	h.given, h.found = p, f
	return connector.Handed{Token: "file-8:1"}
}

// The document as it was before is no evidence of a change that was handed over.
func TestAnUntouchedDocumentIsNoEvidence(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		p, h := w.poster("a"), &handingOver{books: w.books}
		p.Connector = h
		w.deliver(p, w.sendOf("600.00", whole("600.00")))
		w.deliver(p, w.sendOf("700.00", whole("700.00")))
		require.Equal(t, record.Handed, w.record().GetState())
		w.confirm(p)
		require.Equal(t, record.Handed, w.record().GetState())
		w.books.Update(t.Context(), h.given, h.found)
		w.confirm(p)
		require.Equal(t, record.Outcome, w.record().GetState())
		require.Equal(t, "700.00", w.outcome().GetOutcome().GetPosted().GetDocuments()[0].GetTotal())
	})
}

// What is about to be written is in the record before it is written: an update too.
func TestAnUpdateIsNotedBeforeItIsMade(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.deliver(w.poster("a"), w.sendOf("600.00", whole("600.00")))
		before := w.record().GetDocuments()[0]
		updating := false
		w.books.onUpdate = func() {
			updating = true
			u := w.record().GetUnresolved()
			require.Equal(t, before.GetId(), u.GetUpdatesId())
			require.NotEqual(t, before.GetHash(), u.GetDocumentHash())
			require.Equal(t, "700.00", u.GetTotal())
		}
		w.deliver(w.poster("a"), w.sendOf("700.00", whole("700.00")))
		require.True(t, updating)
	})
}

// Of several documents nobody can say which one an attempt left: the record takes none.
func TestNoneOfSeveralIsWhatAnAttemptLeft(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		m := w.open()
		w.books.after = kill
		w.killed(m)
		w.books.after = nil
		w.enter("by hand", "522.50", ours)
		w.deliver(w.poster("heir"), m)
		require.Equal(t, []string{"document.more_than_one"}, w.faults())
		require.Empty(t, w.record().GetDocuments())
		require.Nil(t, w.record().GetUnresolved())
	})
}

// When we wrote a document stays known, whoever finds it as it should be later.
func TestAnAdoptedDocumentKeepsTheTimeOfItsWrite(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.deliver(w.poster("a"), w.open())
		written := w.record().GetDocuments()[0].GetWrittenAt().AsTime()
		require.False(t, written.IsZero())
		time.Sleep(settling) // fake time
		w.deliver(w.poster("a"), w.open())
		require.True(t, w.outcome().GetOutcome().GetPosted().GetDocuments()[0].GetAdopted())
		require.NotNil(t, w.record().GetDocuments()[0].GetWrittenAt())
		require.Equal(t, written, w.record().GetDocuments()[0].GetWrittenAt().AsTime())
	})
}
