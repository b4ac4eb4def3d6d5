package posting_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/record"
)

// The answer that said which number the books chose was lost.
func TestANumberThatTheBooksChoseIsKnownFromTheDocument(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		r := w.ready(w.open())
		r.Documents[0].Number = ""
		w.books.after = func(context.Context, connector.Posting) connector.Answer {
			w.books.after = nil
			w.books.entries[0].found.Number = "QB-77"
			return connector.Uncertain{Reason: "timeout"}
		}
		w.deliver(w.poster("a"), w.replay(r))
		posted := w.outcome().GetOutcome().GetPosted()
		require.True(t, posted.GetNumberAssigned())
		require.Equal(t, "QB-77", posted.GetDocuments()[0].GetNumber())
		require.True(t, w.record().GetOutcome().GetNumberAssigned())
	})
}

// The outcome's message was lost. Its remarks are told again, from the codes that
// the record has, and nobody is called.
func TestRemarksOutliveTheirMessage(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.books.after = func(context.Context, connector.Posting) connector.Answer {
			return connector.Posted{Document: w.books.entries[0].found, Remarks: refusal().Faults}
		}
		m := w.open()
		w.deliver(w.poster("a"), m)
		require.Len(t, w.outcome().GetOutcome().GetPosted().GetRemarks(), 1)
		w.lose(bus.StreamOutcome)
		finds := w.books.finds
		w.deliver(w.poster("a"), m)
		again := w.outcome().GetOutcome().GetPosted()
		require.Len(t, again.GetRemarks(), 1)
		require.Equal(t, "accounting.refused", again.GetRemarks()[0].GetCode())
		require.Equal(t, "522.50", again.GetDocuments()[0].GetTotal())
		require.Equal(t, finds, w.books.finds)
	})
}

// Transform rejected the send while its older message was on its way: deliver does
// not claim that back and post what must not be posted.
func TestWhatTransformRejectedIsNotPosted(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		m := w.open()
		_, err := w.gate.Store.Change(t.Context(), w.entry(), record.Reject(&tradepostv1.RecordedOutcome{
			Kind: tradepostv1.OutcomeKind_OUTCOME_KIND_REJECTED, Hash: "h", FaultCodes: []string{"period.closed"}, Stage: record.StageTransform,
		}))
		require.NoError(t, err)
		w.deliver(w.poster("a"), m)
		require.Zero(t, w.books.count())
		require.Zero(t, w.books.finds)
		require.Equal(t, record.Outcome, w.record().GetState())
	})
}
