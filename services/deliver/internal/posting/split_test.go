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
)

const creditMemo = tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO

// split opens a send that is an invoice and a credit memo.
func (w *workbench) split() bus.Message {
	w.t.Helper()
	r := w.ready(w.open())
	invoice, credit := document("600.00", "2026-11-22"), document("77.50", "2026-11-22")
	credit.Kind, credit.Marker = creditMemo, credit.Marker+"-c"
	r.Documents = []*tradepostv1.Document{invoice, credit}
	return w.replay(r)
}

// atCredit answers the creation of the credit memo only.
func atCredit(a func() connector.Answer) func(context.Context, connector.Posting) connector.Answer {
	return func(_ context.Context, p connector.Posting) connector.Answer {
		if p.Document.GetKind() != creditMemo {
			return nil
		}
		return a()
	}
}

func TestBothDocumentsOfASplitArePosted(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.deliver(w.poster("a"), w.split())
		require.Len(t, w.outcome().GetOutcome().GetPosted().GetDocuments(), 2)
		require.Equal(t, 2, w.books.count())
		require.Len(t, w.record().GetDocuments(), 2)
		require.Nil(t, w.record().GetUnresolved())
	})
}

// A worker dies between the two documents, and a user withdraws the invoice: the
// record knows the one that exists.
func TestTheFirstDocumentOfASplitIsKnownBeforeTheSecondIsMade(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		m := w.split()
		w.books.before = atCredit(func() connector.Answer { panic("kill -9") })
		w.killed(m)
		require.Equal(t, 1, w.books.count())
		require.Len(t, w.record().GetDocuments(), 1)
		require.Equal(t, creditMemo, w.record().GetUnresolved().GetKind(), "the doubt is about the second one")
		time.Sleep(2 * time.Minute) // fake time
		w.books.before = nil
		w.invoice.Status = "ok"
		w.deliver(w.poster("heir"), m)
		require.Equal(t, tradepostv1.OutcomeKind_OUTCOME_KIND_WITHDRAWN, w.record().GetOutcome().GetKind())
		require.Len(t, w.record().GetDocuments(), w.books.count())
	})
}

// However the second one ends, the first is known and made once.
func TestASplitGoesOnWithItsSecondDocument(t *testing.T) {
	for name, end := range map[string]func() connector.Answer{
		"after a crash":         func() connector.Answer { panic("kill -9") },
		"after a short wait":    func() connector.Answer { return connector.Wait{For: 5 * time.Second, Reason: "throttled"} },
		"after a lost answer":   func() connector.Answer { return connector.Uncertain{Reason: "timeout"} },
		"after a false refusal": func() connector.Answer { return refusal() },
	} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, func(t *testing.T, w *workbench) {
				m := w.split()
				w.books.before = atCredit(end)
				func() {
					defer func() { _ = recover() }()
					_ = w.poster("a").Handle(t.Context(), m)
				}()
				require.Len(t, w.record().GetDocuments(), 1)
				require.Equal(t, "1", record.Live(w.record(), 1).GetId())
				w.books.before = nil
				if w.record().GetState() == record.Outcome {
					time.Sleep(time.Minute) // fake time
					m = w.split()
				}
				w.deliver(w.poster("heir"), m)
				require.Equal(t, 2, w.books.count())
				require.Len(t, w.outcome().GetOutcome().GetPosted().GetDocuments(), 2)
			})
		})
	}
}

// The second document is given away; the first one exists.
func TestASplitThatIsHandedOnKnowsItsFirstDocument(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.books.before = atCredit(func() connector.Answer { return connector.Handed{Token: "file 1"} })
		w.deliver(w.poster("a"), w.split())
		require.Equal(t, record.Handed, w.record().GetState())
		require.Len(t, w.record().GetDocuments(), 1)
		require.Equal(t, creditMemo, w.record().GetUnresolved().GetKind())
	})
}
