package posting_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/services/deliver/internal/company"
	"github.com/tradepost/tradepost/services/deliver/internal/posting"
)

// rejecting is a poster of a connection that leaves posted documents alone.
func (w *workbench) rejecting() *posting.Poster {
	p := w.poster("a")
	p.Resend = connection.ResendReject
	return p
}

func TestAnEditedInvoiceUnderThePolicyReject(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.deliver(w.rejecting(), w.open())
		w.edit("600.00")
		w.deliver(w.rejecting(), w.open())
		require.Equal(t, []string{"document.posted_before"}, w.faults())
		require.Equal(t, "522.50", w.books.entries[0].found.Total)
		require.Zero(t, w.books.updates)
		require.Equal(t, 1, w.books.count())

		// The bookkeeper deletes it: the next send makes it anew.
		w.books.remove()
		w.edit("600.00")
		w.deliver(w.rejecting(), w.open())
		require.NotNil(t, w.outcome().GetOutcome().GetPosted(), "%v", w.outcome())
		require.Equal(t, int64(2), record.Live(w.record(), 1).GetGeneration())
	})
}

// An invoice that was sent again as it was changes nothing, whatever the policy.
func TestAnUnchangedInvoiceIsAdopted(t *testing.T) {
	for _, policy := range []string{connection.ResendUpdate, connection.ResendReject} {
		t.Run(policy, func(t *testing.T) {
			inFakeTime(t, func(t *testing.T, w *workbench) {
				p := w.poster("a")
				p.Resend = policy
				w.deliver(p, w.open())
				w.edit("522.50")
				w.deliver(p, w.open())
				require.True(t, w.outcome().GetOutcome().GetPosted().GetDocuments()[0].GetAdopted())
				require.Zero(t, w.books.updates)
				require.Equal(t, 1, w.books.count())
			})
		})
	}
}

// Only a line's text was changed: the books show the same number, date and total, and
// keep no hash. What we wrote last tells the difference.
func TestAnEditThatTheBooksDoNotShowIsSeen(t *testing.T) {
	send := func(w *workbench, p *posting.Poster) {
		w.edit("522.50")
		w.invoice.Notes = "Labor, corrected"
		r := w.ready(w.open())
		r.Documents[0].Lines[0].Description = "Labor, corrected"
		w.deliver(p, w.replay(r))
	}
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.deliver(w.poster("a"), w.open())
		send(w, w.poster("a"))
		require.Equal(t, 1, w.books.updates)
		require.NotNil(t, w.outcome().GetOutcome().GetPosted())
		send(w, w.poster("a"))
		require.Equal(t, 1, w.books.updates, "the same content once more is adopted")
	})
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.deliver(w.rejecting(), w.open())
		send(w, w.rejecting())
		require.Equal(t, []string{"document.posted_before"}, w.faults())
	})
}

// The customer's id was written back since: the same invoice names its customer by that.
func TestAnInvoiceWhoseCustomerIsNamedAnotherWayIsNoEdit(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.deliver(w.rejecting(), w.open())
		w.edit("522.50")
		r := w.ready(w.open())
		r.Documents[0].Customer.Name += " (renamed)"
		w.deliver(w.rejecting(), w.replay(r))
		require.True(t, w.outcome().GetOutcome().GetPosted().GetDocuments()[0].GetAdopted())
		require.Zero(t, w.books.updates)
	})
}

// The mapping was mended, and a user sends an unchanged invoice again so that the books
// show it.
func TestAMendedMappingReachesTheBooksWithTheNextSend(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		p := w.poster("a")
		w.deliver(p, w.open())
		w.edit("522.50") // the same total: sent again as it is
		r := w.ready(w.open())
		r.Documents[0].Lines[0].Description += " (mended)"
		w.deliver(p, w.replay(r))
		require.Equal(t, 1, w.books.updates)
		require.Equal(t, 1, w.books.creates)
	})
}

// swapBooks hides every document, as a company does that was swapped behind a connection.
func (w *workbench) swapBooks() (back func()) {
	mine := w.books.entries
	w.books.entries = nil
	return func() { w.books.entries = mine }
}

// The company is swapped while the process runs. What was posted seems to be gone,
// and is not made again; when the first books are back, everything goes on.
func TestSwappedBooksHideNothing(t *testing.T) {
	for name, send := range map[string]func(w *workbench, p *posting.Poster) (goOn func()){
		"a document that was posted": func(w *workbench, p *posting.Poster) func() {
			w.deliver(p, w.open())
			time.Sleep(10 * time.Second) // fake time: the books were asked a moment ago
			w.invoice = pendingInvoice("600.00")
			m := w.open()
			back := w.swapBooks()
			m = w.waitOut(p, m)
			return func() { back(); w.deliver(p, m) }
		},
		"an attempt in doubt": func(w *workbench, p *posting.Poster) func() {
			w.books.before = func(context.Context, connector.Posting) connector.Answer { return refusal() }
			w.deliver(p, w.open()) // asks the books, and makes nothing
			w.books.before = nil
			m := w.open()
			w.books.after = kill
			w.killed(m)
			w.books.after = nil
			time.Sleep(30 * time.Second) // fake time; the claim is over
			back := w.swapBooks()
			m = w.waitOut(p, m)
			return func() { back(); w.deliver(p, m) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, func(t *testing.T, w *workbench) {
				swapped := false
				p := w.poster("a")
				p.SameBooks = func(context.Context) error {
					if swapped {
						return fmt.Errorf("found %q: %w", "Other", company.ErrSwapped)
					}
					return nil
				}
				w.books.onFind = func() error {
					swapped = len(w.books.entries) == 0 && w.books.creates > 0
					return nil
				}
				goOn := send(w, p)
				require.Equal(t, 1, w.books.creates)
				require.Equal(t, connector.ReasonOtherCompany, w.record().GetWaiting().GetReason())
				goOn()
				require.NotNil(t, w.outcome().GetOutcome().GetPosted(), "%v", w.outcome())
				require.Equal(t, 1, w.books.creates)
			})
		})
	}
}

// A first document needs the question only once a minute, and again after trouble.
func TestTheBooksAreAskedNowAndThen(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		asked := 0
		p := w.poster("a")
		p.SameBooks = func(context.Context) error { asked++; return nil }
		w.deliver(p, w.open())
		require.Equal(t, 1, asked)
		w.books.remove()
		time.Sleep(10 * time.Second) // fake time
		w.deliver(p, w.open())
		require.Equal(t, 2, asked, "a document that should be there is not: asked at once")
	})
}

// Where looking never helps, an attempt in doubt is a person's.
func TestADoubtThatNobodyCanResolveIsHeld(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		m := w.open()
		w.books.after = kill
		w.killed(m)
		w.books.after = nil
		time.Sleep(time.Minute) // fake time
		w.books.onFind = func() error { return connector.Stop(connector.Uncertain{Reason: connector.ReasonCannotFind}) }
		w.deliver(w.poster("heir"), m)
		require.Equal(t, record.Held, w.record().GetState())
		require.Equal(t, connector.ReasonCannotFind, w.record().GetHeldReason())
		require.NotNil(t, w.record().GetUnresolved())
		require.Equal(t, 1, w.books.count())
	})
}

// The books made another total of it than they were given. Sent again as it was, it says
// that once more, and not that ServiceTrade's invoice was changed.
func TestATotalThatTheBooksMadeIsNobodysEdit(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.books.spoil = "520.00"
		w.deliver(w.rejecting(), w.open())
		require.Equal(t, []string{"document.total_differs"}, w.faults())
		w.edit("522.50")
		w.deliver(w.rejecting(), w.open())
		require.Equal(t, []string{"document.total_differs"}, w.faults())
		require.Zero(t, w.books.updates)
		require.Equal(t, 1, w.books.count())
	})
}

// unchangeable is books that never change what is posted: there is no Updater.
type unchangeable struct{ connector.Connector }

// What was posted for good is left alone, and the bookkeeper is told what to do: cancel
// it, and the next send posts the invoice anew.
func TestAnEditedInvoiceInBooksThatChangeNothing(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		p := w.poster("a")
		p.Connector = unchangeable{w.books}
		w.deliver(p, w.open())
		w.edit("600.00")
		w.deliver(p, w.open())
		require.Equal(t, []string{"document.posted_for_good"}, w.faults())
		require.Equal(t, "522.50", w.books.entries[0].found.Total)
		require.Equal(t, 1, w.books.count())

		w.books.entries[0].found.Void = true // The bookkeeper cancels it.
		w.edit("600.00")
		w.deliver(p, w.open())
		require.NotNil(t, w.outcome().GetOutcome().GetPosted(), "%v", w.outcome())
		require.Equal(t, int64(2), record.Live(w.record(), 1).GetGeneration())

		// What somebody changed all the same is another case.
		w.books.entries[1].found.Version = "other"
		w.edit("700.00")
		w.deliver(p, w.open())
		require.Equal(t, []string{"document.different_found"}, w.faults())
	})
}
