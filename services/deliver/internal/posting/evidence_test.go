package posting_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/services/deliver/internal/posting"
)

// handOver posts the invoice to books that only take files in. take imports what was
// handed over.
func (w *workbench) handOver() (take func()) {
	w.t.Helper()
	var given connector.Posting
	w.books.before = func(_ context.Context, p connector.Posting) connector.Answer {
		given = p
		return connector.Handed{Token: "file-7:3"}
	}
	w.deliver(w.poster("a"), w.open())
	require.Equal(w.t, record.Handed, w.record().GetState())
	w.books.before = nil
	return func() {
		w.books.insert(given)
		time.Sleep(settling) // fake time
	}
}

func (w *workbench) confirm(p *posting.Poster) {
	w.t.Helper()
	require.NoError(w.t, p.Confirm(w.t.Context(), w.entry()))
}

func TestADocumentThatFindShowsEndsTheHandOver(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		take := w.handOver()
		w.confirm(w.poster("sweep"))
		require.Equal(t, record.Handed, w.record().GetState(), "no evidence yet")
		require.Zero(t, w.books.count())
		take()
		w.confirm(w.poster("sweep"))
		require.Equal(t, record.Outcome, w.record().GetState())
		posted := w.outcome().GetOutcome().GetPosted().GetDocuments()
		require.Len(t, posted, 1)
		require.Equal(t, "522.50", posted[0].GetTotal())
		require.Equal(t, 1, w.books.count())
		require.Empty(t, w.record().GetHandedToken())
		// It is ours: the next send brings it up to date.
		w.edit("600.00")
		w.deliver(w.poster("a"), w.open())
		require.Equal(t, "600.00", w.books.entries[0].found.Total)
	})
}

func TestWrongEvidenceIsAFault(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		take := w.handOver()
		w.books.spoil = "99.00"
		take()
		w.confirm(w.poster("sweep"))
		require.Equal(t, []string{"document.total_differs"}, w.faults())
		require.Len(t, w.outcome().GetOutcome().GetRejected().GetDocuments(), 1)
	})
}

// confirming is a connector that knows what became of its files.
type confirming struct {
	answer connector.Answer
	asked  []connector.HandedOver
}

func (c *confirming) Confirm(_ context.Context, h connector.HandedOver) connector.Answer {
	c.asked = append(c.asked, h)
	return c.answer
}

func TestAConnectorTellsWhatBecameOfAHandOver(t *testing.T) {
	posted := connector.Posted{Document: connector.Found{
		Kind: tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE, ID: "77", Number: "1042", Total: "522.50",
	}}
	for name, c := range map[string]struct {
		answer connector.Answer
		want   tradepostv1.RecordState
		kind   tradepostv1.OutcomeKind
	}{
		"taken":         {posted, record.Outcome, tradepostv1.OutcomeKind_OUTCOME_KIND_POSTED},
		"refused":       {refusal(), record.Outcome, tradepostv1.OutcomeKind_OUTCOME_KIND_REJECTED},
		"not yet":       {connector.Handed{Token: "file-7:3"}, record.Handed, 0},
		"nobody knows":  {connector.Uncertain{Reason: "x"}, record.Handed, 0},
		"no such thing": {nil, record.Handed, 0},
	} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, func(t *testing.T, w *workbench) {
				w.handOver()
				told := &confirming{answer: c.answer}
				p := w.poster("sweep")
				p.Confirmer = told
				w.confirm(p)
				require.Equal(t, c.want, w.record().GetState())
				require.Equal(t, c.kind, w.record().GetOutcome().GetKind())
				require.Equal(t, "file-7:3", told.asked[0].Token)
				require.Equal(t, "1042", told.asked[0].Query.Number)
				require.NotEmpty(t, told.asked[0].DocumentHash)
				require.Zero(t, w.books.creates, "nothing is made")
			})
		})
	}
}

// A connector that cannot look now is asked again soon: that is no end of the look.
func TestAConnectorThatCannotLookIsAskedAgain(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.handOver()
		p := w.poster("sweep")
		p.Confirmer = &confirming{answer: connector.Wait{Reason: "timeout", Message: "the server is slow"}}
		err := p.Confirm(t.Context(), w.entry())
		require.ErrorIs(t, err, posting.ErrNotLooked)
		require.ErrorContains(t, err, "the server is slow")
		require.Equal(t, record.Handed, w.record().GetState())
	})
}

// The message is gone from its stream; the record knows enough.
func TestEvidenceNeedsNoMessage(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		take := w.handOver()
		w.lose(bus.StreamReady)
		take()
		w.confirm(w.poster("sweep"))
		require.Equal(t, tradepostv1.OutcomeKind_OUTCOME_KIND_POSTED, w.record().GetOutcome().GetKind())
	})
}

// An invoice of mixed signs is two documents: evidence of the first lets the second
// go on, and nothing is made twice.
func TestEvidenceOfOneOfTwoDocuments(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.invoice = pendingInvoice("400.00")
		var given []connector.Posting
		w.books.before = func(_ context.Context, p connector.Posting) connector.Answer {
			given = append(given, p)
			return connector.Handed{Token: "file"}
		}
		r := w.ready(w.open())
		credit := document("122.50", "2026-11-22")
		credit.Kind, credit.Marker = tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO, credit.GetMarker()+"-c"
		r.Documents = []*tradepostv1.Document{document("522.50", "2026-11-22"), credit}
		w.deliver(w.poster("a"), w.replay(r))
		for range 2 {
			require.Equal(t, record.Handed, w.record().GetState())
			w.books.insert(given[len(given)-1])
			time.Sleep(time.Minute) // fake time
			w.confirm(w.poster("sweep"))
			if w.record().GetState() == record.Opened {
				w.deliver(w.poster("a"), w.last(bus.StreamReady, w.subject()))
			}
		}
		require.Equal(t, record.Outcome, w.record().GetState())
		require.Len(t, w.outcome().GetOutcome().GetPosted().GetDocuments(), 2)
		require.Len(t, given, 2)
		require.Equal(t, 2, w.books.count())
	})
}
