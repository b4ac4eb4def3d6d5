package posting_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector"
)

// The connection is cut in the middle of a create, and the accounting system goes on
// with it: the document is there only 8 seconds later. Nobody may look, find nothing
// and make another before the time of the call is over.
func TestACutCallThatIsWorkedOnAllTheSameMakesOneDocument(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		committed := make(chan struct{})
		w.books.before = func(_ context.Context, p connector.Posting) connector.Answer {
			w.books.before = nil
			go func() {
				defer close(committed)
				time.Sleep(8 * time.Second) // fake time
				w.books.insert(p)
			}()
			return connector.Uncertain{Reason: "connection_reset"}
		}
		m := w.open()
		_, waits := bus.RetryDelay(w.poster("a").Handle(t.Context(), m))
		require.True(t, waits)
		time.Sleep(settling + time.Second) // fake time; the message is replayed, or delivered again
		w.deliver(w.poster("b"), m)
		<-committed
		require.Equal(t, 1, w.books.count())
		require.True(t, w.outcome().GetOutcome().GetPosted().GetDocuments()[0].GetAdopted())
	})
}
