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

// outbox makes the books hand over, and remember what they handed over: Find stops with
// it until it is taken.
func (w *workbench) outbox() (given *[]connector.Posting, take func()) {
	w.t.Helper()
	given = &[]connector.Posting{}
	handed := connector.Handed{Token: "file-7:3", Message: "it is in file 7"}
	w.books.before = func(_ context.Context, p connector.Posting) connector.Answer {
		*given = append(*given, p)
		return handed
	}
	w.books.onFind = func() error {
		if len(*given) > 0 {
			return connector.Stop(handed)
		}
		return nil
	}
	return given, func() {
		w.books.before, w.books.onFind = nil, nil
		for _, p := range *given {
			w.books.insert(p)
		}
		time.Sleep(settling) // fake time
	}
}

func (w *workbench) requireConfirmed() {
	w.t.Helper()
	w.confirm(w.poster("sweep"))
	require.Equal(w.t, tradepostv1.OutcomeKind_OUTCOME_KIND_POSTED, w.record().GetOutcome().GetKind())
	require.Equal(w.t, "522.50", w.outcome().GetOutcome().GetPosted().GetDocuments()[0].GetTotal())
	require.Equal(w.t, 1, w.books.count())
}

// The worker dies after the file was written, and before the record says so.
func TestADeathAfterTheHandOverIsOneHandOver(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		given, take := w.outbox()
		hand := w.books.before
		w.books.before = func(ctx context.Context, p connector.Posting) connector.Answer {
			hand(ctx, p)
			panic("kill -9")
		}
		m := w.open()
		w.killed(m)
		require.Equal(t, record.Claimed, w.record().GetState())
		w.deliver(w.poster("b"), m)
		require.Equal(t, record.Handed, w.record().GetState())
		require.Equal(t, "file-7:3", w.record().GetHandedToken())
		require.Len(t, *given, 1, "nobody handed it over again")
		take()
		w.requireConfirmed()
	})
}

// The same, and its message is lost: the sweep finds out.
func TestALostMessageAfterTheHandOver(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		given, take := w.outbox()
		hand := w.books.before
		w.books.before = func(ctx context.Context, p connector.Posting) connector.Answer {
			hand(ctx, p)
			panic("kill -9")
		}
		w.killed(w.open())
		w.lose(bus.StreamReady)
		time.Sleep(10 * time.Minute) // fake time; 21 minutes with those of lose
		require.NoError(t, w.poster("sweep").Recover(t.Context(), w.entry()))
		require.Equal(t, record.Handed, w.record().GetState())
		require.Len(t, *given, 1)
		take()
		w.requireConfirmed()
	})
}

// The records are lost while the file lies there: the outbox tells, and the send waits
// for the same evidence.
func TestALostRecordAfterTheHandOver(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		given, take := w.outbox()
		w.deliver(w.poster("a"), w.open())
		require.Equal(t, record.Handed, w.record().GetState())
		w.forget()
		w.deliver(w.poster("a"), w.open())
		require.Equal(t, record.Handed, w.record().GetState())
		require.NotNil(t, w.record().GetUnresolved(), "what the evidence is about")
		require.Len(t, *given, 1)
		take()
		w.requireConfirmed()
	})
}

// filed are books that handed one document over.
type filed struct {
	*books
	marker string
}

func (f *filed) Find(ctx context.Context, q connector.Query) ([]connector.Found, error) {
	if q.Marker == f.marker {
		return nil, connector.Stop(connector.Handed{Token: "file-7:4"})
	}
	return f.books.Find(ctx, q)
}

// Of a send of two documents the first is in the books, and the second was handed over
// by a worker whose record is lost: the record says which one that is.
func TestTheRecordSaysWhichOfTwoIsHandedOver(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.invoice = pendingInvoice("400.00")
		r := w.ready(w.open())
		credit := document("122.50", "2026-11-22")
		credit.Kind, credit.Marker = tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO, credit.GetMarker()+"-c"
		r.Documents = []*tradepostv1.Document{document("522.50", "2026-11-22"), credit}
		w.books.insert(connector.Posting{Document: r.Documents[0]})
		time.Sleep(settling) // fake time
		p := w.poster("a")
		p.Connector = &filed{books: w.books, marker: credit.GetMarker()}
		w.deliver(p, w.replay(r))
		require.Equal(t, record.Handed, w.record().GetState())
		require.Equal(t, credit.GetMarker(), w.record().GetUnresolved().GetMarker())
	})
}

// Another connection's books cannot tell yet whether they are going to have the invoice.
func TestAHandOverElsewhereMakesASendWait(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		other := &books{onFind: func() error { return connector.Stop(connector.Handed{Token: "file-9:1", Message: "it is in file 9"}) }}
		p, m := w.withSibling(other), w.open()
		_ = w.waitOut(p, m)
		require.Zero(t, w.books.creates)
		require.Equal(t, "other_books", w.record().GetWaiting().GetReason())
	})
}
