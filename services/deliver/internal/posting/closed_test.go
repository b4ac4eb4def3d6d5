package posting_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/services/deliver/internal/posting"
)

// onBothBooks runs a test with books that keep no hashes, and with a ledger, which does.
func onBothBooks(t *testing.T, test func(t *testing.T, w *workbench, p *posting.Poster)) {
	t.Helper()
	t.Run("without hashes", func(t *testing.T) {
		inFakeTime(t, func(t *testing.T, w *workbench) { test(t, w, w.poster("a")) })
	})
	t.Run("ledger", func(t *testing.T) {
		inFakeTime(t, func(t *testing.T, w *workbench) {
			p, _ := w.ledger()
			test(t, w, p)
		})
	})
}

// through closes the books of a poster.
func through(p *posting.Poster, day string) { p.ClosedThrough = func() string { return day } }

// renamed is the document as a mended mapping makes it.
func renamed(d *tradepostv1.Document) *tradepostv1.Document {
	d.Customer.Name += " (renamed)"
	return d
}

// An unedited invoice of closed books stays as it is, whatever the mapping makes of it by
// now, and whatever becomes of edits.
func TestAnUneditedInvoiceOfClosedBooksStays(t *testing.T) {
	for _, resend := range []string{connection.ResendUpdate, connection.ResendReject} {
		onBothBooks(t, func(t *testing.T, w *workbench, p *posting.Poster) {
			p.Resend = resend
			w.deliver(p, w.sendOf("600.00", whole("600.00")))
			written := record.Live(w.record(), 1)
			require.Equal(t, "2026-11-22", written.GetPostedOn())
			through(p, "2026-11-30")
			for range 2 {
				w.deliver(p, w.sendOf("600.00", renamed(whole("600.00"))))
				require.True(t, w.outcome().GetOutcome().GetPosted().GetDocuments()[0].GetAdopted(), "%v", w.outcome())
				now := record.Live(w.record(), 1)
				require.Equal(t, written.GetHash(), now.GetHash(), "the record knows what was written")
				require.Equal(t, written.GetVersion(), now.GetVersion())
				require.Equal(t, written.GetSequence(), now.GetSequence(), "and where that stands")
				require.Equal(t, "2026-11-22", now.GetPostedOn())
			}
			// Open again: what the mapping says reaches the books, where edits do.
			through(p, "")
			w.deliver(p, w.sendOf("600.00", renamed(whole("600.00"))))
			require.Equal(t, resend == connection.ResendReject, w.outcome().GetOutcome().GetPosted().GetDocuments()[0].GetAdopted())
			require.Equal(t, resend == connection.ResendReject, written.GetHash() == record.Live(w.record(), 1).GetHash())
		})
	}
}

// An edit would change a period that is closed: the bookkeeper decides.
func TestAnEditedInvoiceOfClosedBooksIsNotTouched(t *testing.T) {
	for name, edited := range map[string]*tradepostv1.Document{
		"another total": whole("700.00"),
		"another day":   document("700.00", "2026-12-05"),
	} {
		t.Run(name, func(t *testing.T) {
			onBothBooks(t, func(t *testing.T, w *workbench, p *posting.Poster) {
				w.deliver(p, w.sendOf("600.00", whole("600.00")))
				through(p, "2026-11-22")
				w.deliver(p, w.sendOf("700.00", edited))
				require.Equal(t, []string{"document.in_closed_books"}, w.faults())
				f := w.outcome().GetOutcome().GetRejected().GetFaults()[0]
				require.Contains(t, f.GetMessage(), "2026-11-22")
				require.Equal(t, "600.00", record.Live(w.record(), 1).GetTotal())

				through(p, "2026-11-21")
				w.deliver(p, w.sendOf("700.00", edited))
				require.Equal(t, "700.00", w.outcome().GetOutcome().GetPosted().GetDocuments()[0].GetTotal())
			})
		})
	}
}

// The day that counts is the posting date, where there is one.
func TestAnInvoiceThatCountsOnAnOpenDayIsUpdated(t *testing.T) {
	onBothBooks(t, func(t *testing.T, w *workbench, p *posting.Poster) {
		d := whole("600.00")
		d.PostingDate = "2026-12-01"
		w.deliver(p, w.sendOf("600.00", d))
		require.Equal(t, "2026-12-01", record.Live(w.record(), 1).GetPostedOn())
		through(p, "2026-11-30")
		d = whole("700.00")
		d.PostingDate = "2026-12-01"
		w.deliver(p, w.sendOf("700.00", d))
		require.Equal(t, "700.00", w.outcome().GetOutcome().GetPosted().GetDocuments()[0].GetTotal(), "%v", w.outcome())
	})
}

// A bookkeeper deleted it: it is not made anew on a day that is closed. The next send
// knows that it is gone, and gets another day.
func TestWhatIsGoneFromClosedBooksIsNotMadeThereAgain(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		p := w.poster("a")
		w.deliver(p, w.sendOf("600.00", whole("600.00")))
		through(p, "2026-11-30")
		w.books.remove()
		w.deliver(p, w.sendOf("600.00", whole("600.00")))
		require.Equal(t, []string{"document.gone"}, w.faults())
		require.Nil(t, record.Live(w.record(), 1))
		require.Zero(t, w.books.count())

		d := whole("600.00")
		d.PostingDate = "2026-12-01"
		w.deliver(p, w.sendOf("600.00", d))
		require.NotNil(t, w.outcome().GetOutcome().GetPosted(), "%v", w.outcome())
		require.Equal(t, int64(2), record.Live(w.record(), 1).GetGeneration())
	})
}

// An attempt in doubt is resolved with the day of what it wrote.
func TestTheDayOfWhatAnAttemptLeftIsKnown(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		d := whole("600.00")
		d.PostingDate = "2026-12-01"
		m := w.sendOf("600.00", d)
		w.books.after = kill
		w.killed(m)
		w.books.after = nil
		w.invoice.Status = "ok" // a user's hand: nothing more is done
		w.deliver(w.poster("heir"), m)
		require.Equal(t, "2026-12-01", w.record().GetDocuments()[0].GetPostedOn())
	})
}

// Sent again unchanged under the policy reject, after the mapping was mended: the user is
// not to blame, on whichever books.
func TestAMendedMappingIsNoEditUnderThePolicyReject(t *testing.T) {
	onBothBooks(t, func(t *testing.T, w *workbench, p *posting.Poster) {
		p.Resend = connection.ResendReject
		w.deliver(p, w.sendOf("600.00", whole("600.00")))
		written := record.Live(w.record(), 1)
		w.deliver(p, w.sendOf("600.00", renamed(whole("600.00"))))
		require.True(t, w.outcome().GetOutcome().GetPosted().GetDocuments()[0].GetAdopted(), "%v", w.outcome())
		require.Equal(t, written.GetHash(), record.Live(w.record(), 1).GetHash())
		require.Equal(t, written.GetSequence(), record.Live(w.record(), 1).GetSequence())
	})
}
