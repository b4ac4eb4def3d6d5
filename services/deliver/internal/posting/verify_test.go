package posting_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/invoice"
	"github.com/tradepost/tradepost/pkg/record"
)

// The books gave the document another number than the one that was asked for, and
// do not say that they chose it. It is not posted, and the record keeps it.
func TestAnotherNumberThanAskedForIsAFault(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.books.after = func(context.Context, connector.Posting) connector.Answer {
			w.books.entries[0].found.Number = "9999"
			return connector.Posted{Document: w.books.entries[0].found}
		}
		w.deliver(w.poster("a"), w.open())
		require.Equal(t, []string{"document.number_differs"}, w.faults())
		require.Equal(t, "9999", record.Live(w.record(), 1).GetNumber(), "the document is kept")
	})
}

func TestANumberThatTheBooksSayTheyChoseIsWrittenBack(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.books.after = func(context.Context, connector.Posting) connector.Answer {
			w.books.entries[0].found.Number = "9999"
			return connector.Posted{Document: w.books.entries[0].found, NumberAssigned: true}
		}
		w.deliver(w.poster("a"), w.open())
		require.True(t, w.outcome().GetOutcome().GetPosted().GetNumberAssigned())
	})
}

// The books kept our hash, and made another total of the content (sales tax that is
// computed there again). Equal content is not enough for processed.
func TestADocumentOfAnotherTotalIsNotAdopted(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		m := w.open()
		doc := document("522.50", "2026-11-22")
		hash, err := invoice.HashOf(doc)
		require.NoError(t, err)
		w.books.spoil, w.books.keepsHashes = "522.49", true
		w.books.insert(connector.Posting{Document: doc, DocumentHash: hash})
		time.Sleep(settling) // fake time
		w.deliver(w.poster("a"), m)
		require.Nil(t, w.outcome().GetOutcome().GetPosted())
		require.Equal(t, []string{"document.different_found"}, w.faults())
	})
}

// The idempotency key is the same for every attempt of one content, and another one
// once the document is gone: the accounting system would answer with the old one.
func TestTheKeyIsOfMarkerContentAndGeneration(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		var keys []string
		w.books.before = func(_ context.Context, p connector.Posting) connector.Answer {
			keys = append(keys, p.Key)
			if len(keys) == 1 {
				return connector.Uncertain{Reason: "timeout"}
			}
			return nil
		}
		w.deliver(w.poster("a"), w.open())
		require.Len(t, keys, 2)
		require.Equal(t, keys[0], keys[1], "the same content is tried again")
		time.Sleep(time.Minute) // fake time
		w.books.remove()
		w.deliver(w.poster("a"), w.open())
		require.Len(t, keys, 3)
		require.NotEqual(t, keys[0], keys[2], "made anew")
		time.Sleep(time.Minute) // fake time
		w.books.remove()
		w.invoice = pendingInvoice("600.00")
		w.deliver(w.poster("a"), w.open())
		require.Len(t, keys, 4)
		require.NotContains(t, keys[:3], keys[3])
		for _, k := range keys {
			require.LessOrEqual(t, len(k), 50)
		}
	})
}
