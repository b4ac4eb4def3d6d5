package posting_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/services/deliver/internal/posting"
)

// knowing is a poster that looks for how long the records were kept.
func (w *workbench) knowing(owner string) *posting.Poster {
	p := w.poster(owner)
	p.Epochs = w.gate.Store.Epochs(w.gate.Log)
	return p
}

// claimOf is what a worker claims of the books.
func claimOf(w *workbench) record.Claiming {
	d := w.books.Describe()
	return record.Claiming{Lasts: d.CallTimeout + 10*time.Second, Settling: d.SettlingTime}
}

// wipe loses all records.
func (w *workbench) wipe() {
	w.t.Helper()
	require.NoError(w.t, w.js.DeleteKeyValue(w.t.Context(), bus.BucketInvoices))
	_, err := bus.Apply(w.t.Context(), w.js, bus.ApplyOptions{})
	require.NoError(w.t, err)
}

// The records are lost while a worker is making the document: a new record knows of no
// claim, and the books show nothing yet. Whoever takes the invoice waits until all that
// was on its way is to be seen; he may have just begun, or have been there before.
func TestALossOfTheRecordsInTheMiddleOfACreateMakesOneDocument(t *testing.T) {
	for name, there := range map[string]bool{"begun after it": false, "there before it": true} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, func(t *testing.T, w *workbench) {
				heir := w.knowing("heir")
				if there {
					left, err := heir.Epochs.Young(t.Context(), claimOf(w))
					require.NoError(t, err)
					require.Zero(t, left)
				}
				var again bus.Message
				w.books.before = func(context.Context, connector.Posting) connector.Answer {
					w.books.before = nil
					w.wipe()
					again = w.open()
					d, waits := bus.RetryDelay(heir.Handle(t.Context(), again))
					require.True(t, waits)
					require.Greater(t, d, 20*time.Second)
					require.Equal(t, posting.ReasonRecordsReplaced, w.record().GetWaiting().GetReason())
					return nil
				}
				require.Error(t, w.knowing("first").Handle(t.Context(), w.open()), "its claim is lost")
				time.Sleep(time.Second) // fake time
				w.deliver(heir, again)
				require.Equal(t, 1, w.books.count())
				require.True(t, w.outcome().GetOutcome().GetPosted().GetDocuments()[0].GetAdopted())
			})
		})
	}
}

// What the books show is adopted at once, also where the records are new.
func TestWhatIsFoundWaitsForNothing(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.deliver(w.knowing("a"), w.open())
		time.Sleep(time.Minute) // fake time
		w.wipe()
		start := time.Now()
		w.deliver(w.knowing("b"), w.open())
		require.Less(t, time.Since(start), time.Second)
		require.Equal(t, 1, w.books.count())
	})
}

// A search may take long: what counts is when it began.
func TestASearchThatBeganTooEarlyIsNotBelieved(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.wipe()
		p := w.knowing("a")
		_, err := p.Epochs.Young(t.Context(), claimOf(w))
		require.NoError(t, err)
		time.Sleep(25 * time.Second) // fake time; two more to go
		w.books.onFind = func() error {
			w.books.onFind = nil
			time.Sleep(5 * time.Second) // fake time
			return nil
		}
		m := w.open()
		_, waits := bus.RetryDelay(p.Handle(t.Context(), m))
		require.True(t, waits)
		require.Zero(t, w.books.count())
		w.deliver(p, m)
		require.Equal(t, 1, w.books.count())
	})
}
