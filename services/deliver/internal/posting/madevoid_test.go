package posting_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
)

// A void document counts nothing in the books: whoever answers a create with one, has not
// posted the invoice.
func TestAVoidDocumentIsNotPosted(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		m := w.open()
		w.books.after = func(_ context.Context, p connector.Posting) connector.Answer {
			return connector.Posted{Document: connector.Found{
				Kind: p.Document.GetKind(), ID: "9", Number: p.Document.GetNumber(), Version: "1",
				Total: p.Document.GetTotals().GetTotal(), DocumentHash: p.DocumentHash, Void: true,
			}}
		}
		w.deliver(w.poster("a"), m)
		faults := w.outcome().GetOutcome().GetRejected().GetFaults()
		require.Len(t, faults, 1)
		require.Equal(t, "document.void", faults[0].GetCode())
		require.Empty(t, w.record().GetOutcome().GetDocuments())
	})
}
