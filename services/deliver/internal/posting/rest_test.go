package posting_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/services/deliver/internal/posting"
)

// forget loses the record of the invoice.
func (w *workbench) forget() {
	w.t.Helper()
	kv, err := w.js.KeyValue(w.t.Context(), "invoices")
	require.NoError(w.t, err)
	require.NoError(w.t, kv.Purge(w.t.Context(), w.key().String()))
}

// seen is what preview would say of the documents, with the record as it is.
func (w *workbench) seen(p *posting.Poster, docs ...*tradepostv1.Document) posting.Sight {
	w.t.Helper()
	time.Sleep(settling) // fake time
	l := posting.Looker{Connection: p.Connection, Connector: p.Connector, Record: w.entry().Record, Splits: p.Splits != nil && p.Splits()}
	all, err := l.Look(w.t.Context(), docs...)
	require.NoError(w.t, err)
	return all[0]
}

// The records are lost, and a split is none any more: what is adopted is not all that the
// books have of the invoice.
func TestTheRestOfASplitIsLookedForWhereTheRecordIsLost(t *testing.T) {
	onBothBooks(t, func(t *testing.T, w *workbench, p *posting.Poster) {
		w.deliver(p, w.sendOf("522.50", halves("600.00", "77.50")...))
		w.forget()
		alone := halves("600.00", "77.50")[0] // to the byte what was posted
		sight := w.seen(p, alone)
		w.deliver(p, w.sendOf("600.00", alone))
		require.Equal(t, []string{"document.split_changed"}, w.faults())
		require.Equal(t, "Credit memo 1042C", w.outcome().GetOutcome().GetRejected().GetFaults()[0].GetThing())
		require.Equal(t, w.faults(), codesOf(sight.Faults), "preview says so as well")
	})
}

// So is what took it back while the invoice was void.
func TestWhatTookAnInvoiceBackIsLookedForWhereTheRecordIsLost(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		p := w.poster("a")
		w.deliver(p, w.sendOf("600.00", whole("600.00")))
		back := whole("-600.00")
		back.Marker += "-v"
		w.books.insert(connector.Posting{Document: back})
		w.forget()
		sight := w.seen(p, whole("600.00"))
		w.deliver(p, w.sendOf("600.00", whole("600.00")))
		require.Equal(t, []string{"document.reversed"}, w.faults())
		require.Equal(t, w.faults(), codesOf(sight.Faults))
	})
}

// The bookkeeper deleted the invoice of a split, and the records are lost: before it is
// made anew, a connection that splits asks for the credit memo.
func TestTheRestOfASplitIsLookedForBeforeAnInvoiceIsMade(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		p := w.poster("a")
		p.Splits = func() bool { return true }
		w.deliver(p, w.sendOf("522.50", halves("600.00", "77.50")...))
		finds := w.books.finds
		require.Equal(t, 2, finds, "a split asks for nothing else")
		w.forget()
		w.books.entries = w.books.entries[1:]
		sight := w.seen(p, whole("600.00"))
		w.deliver(p, w.sendOf("600.00", whole("600.00")))
		require.Equal(t, []string{"document.split_changed"}, w.faults())
		require.Equal(t, w.faults(), codesOf(sight.Faults))
		require.Equal(t, 1, w.books.count())
	})
}
