package posting_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

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

// A forgotten update is on its way to the books, and a user puts the invoice back to what
// they show: adopted at once, it would be processed with a total that the books do not
// have a moment later.
func TestWhatIsFoundIsNotAdoptedUnderAForgottenUpdate(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.deliver(w.knowing("a"), w.open())
		time.Sleep(time.Minute) // fake time
		w.wipe()
		heir, m := w.knowing("b"), w.open()
		d, waits := bus.RetryDelay(heir.Handle(t.Context(), m))
		require.True(t, waits)
		w.books.entries[0].found.Total, w.books.entries[0].found.Version = "600.00", "2" // it lands
		time.Sleep(d)                                                                    // fake time
		w.deliver(heir, m)
		require.Equal(t, []string{"document.different_found"}, w.faults())
		require.Equal(t, 1, w.books.count())
	})
}

// The forgotten create lands while the new record waits, and a user moves the invoice
// meanwhile: the document is looked for all the same, so that he is told of it.
func TestWhatWasForgottenIsLookedForBeforeItIsWithdrawn(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		var again bus.Message
		heir := w.knowing("heir")
		w.books.before = func(context.Context, connector.Posting) connector.Answer {
			w.books.before = nil
			w.wipe()
			again = w.open()
			_, waits := bus.RetryDelay(heir.Handle(t.Context(), again))
			require.True(t, waits)
			return nil
		}
		require.Error(t, w.knowing("first").Handle(t.Context(), w.open()))
		w.invoice.Status = "ok"
		time.Sleep(2 * time.Minute) // fake time
		w.deliver(heir, again)
		require.Equal(t, tradepostv1.OutcomeKind_OUTCOME_KIND_WITHDRAWN, w.record().GetOutcome().GetKind())
		require.Equal(t, "1", record.Live(w.record(), 1).GetId())
	})
}

// The invoice may have belonged to another connection of the account, whose calls take
// longer.
func TestTheLongestCallOfTheAccountIsWaitedFor(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.wipe()
		slow := w.poster("sibling")
		slow.Connector = &books{slowest: 2 * time.Minute}
		p := w.knowing("a")
		p.Siblings = func() ([]*posting.Poster, []string) { return []*posting.Poster{slow}, nil }
		start := time.Now()
		w.deliver(p, w.open())
		require.Zero(t, w.books.count(), "parked")
		require.Greater(t, w.record().GetWaiting().GetUntil().AsTime().Sub(start), 2*time.Minute)
	})
}

// unread is an epoch that cannot be read for a while.
type unread struct{ left int }

func (u *unread) Young(context.Context, record.Claiming) (time.Duration, error) {
	if u.left--; u.left >= 0 {
		return 0, errors.New("nats: timeout")
	}
	return 0, nil
}

// An epoch that cannot be read is no attempt that never ended.
func TestAnEpochThatCannotBeReadIsWaitedFor(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		p := w.poster("a")
		p.Epochs = &unread{left: 40}
		w.deliver(p, w.open())
		require.Equal(t, 1, w.books.count())
		require.Equal(t, record.Outcome, w.record().GetState())
	})
}
