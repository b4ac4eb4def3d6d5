package posting_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/record"
)

// changedMeanwhile posts an invoice, and has a bookkeeper give its document another total
// in the moment between the look and the update of the next send.
func (w *workbench) changedMeanwhile(total string) {
	w.t.Helper()
	w.books.keepsHashes = true
	w.deliver(w.poster("a"), w.open())
	w.books.onUpdate = func() {
		f := &w.books.entries[0].found
		f.Version, f.DocumentHash, f.Total = "by hand", "", total
	}
	w.edit("600.00")
	w.deliver(w.poster("a"), w.open())
	require.Equal(w.t, []string{"document.changed_in_books"}, w.faults())
	w.books.onUpdate = nil
	time.Sleep(time.Minute) // fake time
}

// The fault shows what a bookkeeper made of a document, and no later send takes that for
// our own work.
func TestABookkeepersEditBetweenLookAndUpdateStaysHis(t *testing.T) {
	const changed = "somebody changed it in the books after it was posted"
	for total, says := range map[string]string{"522.50": changed + ", but not its total", "555.00": changed} {
		t.Run(total, func(t *testing.T) {
			inFakeTime(t, func(t *testing.T, w *workbench) {
				w.changedMeanwhile(total)
				for _, next := range []string{"600.00", "700.00"} {
					w.edit(next)
					w.deliver(w.poster("a"), w.open())
					require.Equal(t, []string{"document.different_found"}, w.faults())
					require.Regexp(t, says+"$", w.outcome().GetOutcome().GetRejected().GetFaults()[0].GetParams()["differences"])
				}
				require.Equal(t, "by hand", w.books.entries[0].found.Version)
				require.Equal(t, total, w.books.entries[0].found.Total)
			})
		})
	}
}

func TestWhatABookkeeperChangedMeanwhileIsNotMadeVoid(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.changedMeanwhile("555.00")
		m, v := w.toVoid(""), &voiding{}
		w.deliver(w.voider("a", v), m)
		require.Equal(t, []string{"document.changed_before_void"}, w.faults())
		require.Zero(t, v.voids)
	})
}

// taken is books in which somebody else's document stands where a create would make ours.
type taken struct{ *books }

// Create finds it, and whoever entered it takes our marker away a moment later.
func (b taken) Create(_ context.Context, p connector.Posting) connector.Answer {
	f := connector.Found{Kind: p.Document.GetKind(), ID: "hand-1", Number: "1042", Version: "9", Total: "90.00", IssueDate: "2026-11-01"}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.creates++
	b.entries = append(b.entries, &entry{found: f, marker: "another"})
	return connector.Rejected{Document: &f, Faults: []*tradepostv1.Fault{fault.New("document.different_found", fault.Args{
		Thing: "Invoice 1042", Params: map[string]string{"number": "1042", "books_total": "90.00", "invoice_total": "522.50", "differences": "all of it"},
	})}}
}

// A document that somebody else entered is told. The next send finds it by its id, so that
// no second one is made; it is not ours to be changed, and a void leaves it alone.
func TestAStrangersDocumentIsNeitherDoubledNorTouched(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.books.byID = true
		p := w.poster("a")
		p.Connector = taken{w.books}
		w.deliver(p, w.open())
		require.Equal(t, []string{"document.different_found"}, w.faults())
		require.Len(t, w.outcome().GetOutcome().GetRejected().GetDocuments(), 1)
		time.Sleep(time.Minute) // fake time
		w.edit("600.00")
		p.Connector = w.books
		w.deliver(p, w.open())
		require.Equal(t, []string{"document.different_found"}, w.faults())
		require.Equal(t, 1, w.books.count())
		require.Zero(t, w.books.updates)
		m, v := w.toVoid(""), &voiding{}
		w.deliver(w.voider("a", v), m)
		require.Equal(t, []string{"document.changed_before_void"}, w.faults())
		require.Zero(t, v.voids)
	})
}

// A bookkeeper gave the document the total that the edited invoice has: what the record
// says of its content is that of the message with that total, which a void turns round.
func TestAnAdoptedTotalIsThatOfItsMessage(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.deliver(w.poster("a"), w.open())
		first := record.Standing(w.record())[0].GetSequence()
		w.books.entries[0].found.Version, w.books.entries[0].found.Total = "by hand", "600.00"
		w.edit("600.00")
		w.deliver(w.poster("a"), w.open())
		require.Empty(t, w.faults())
		ref := record.Standing(w.record())[0]
		require.Equal(t, "600.00", ref.GetTotal())
		require.Greater(t, ref.GetSequence(), first)
	})
}
