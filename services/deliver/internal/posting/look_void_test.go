package posting_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/deliver/internal/posting"
)

// voidLooks are what may become of a posted document before its invoice is voided.
var voidLooks = map[string]struct {
	edit         func(w *workbench)
	back, voided posting.Step
	faults       []string
}{
	"as it was posted": {func(*workbench) {}, posting.StepCreate, posting.StepVoid, nil},
	"deleted":          {func(w *workbench) { w.books.remove() }, posting.StepGone, posting.StepGone, nil},
	"void by hand":     {func(w *workbench) { w.books.entries[0].found.Void = true }, posting.StepGone, posting.StepGone, nil},
	"changed": {
		func(w *workbench) { w.books.entries[0].found.Total = "500.00" }, posting.StepNone, posting.StepNone,
		[]string{"document.changed_before_void"},
	},
	"doubled": {
		func(w *workbench) { w.books.entries = append(w.books.entries, w.books.entries[0]) }, posting.StepNone, posting.StepNone,
		[]string{"document.more_than_one"},
	},
}

// What is said of a void beforehand is what its send does, and saying it does nothing.
func TestALookAtAVoidSaysWhatItsSendDoes(t *testing.T) {
	for name, c := range voidLooks {
		t.Run(name+", taken back", func(t *testing.T) {
			inFakeTime(t, func(t *testing.T, w *workbench) {
				w.posted()
				c.edit(w)
				m := w.void("2026-11-25")
				revision, there := w.entry().Revision, w.books.count()
				seen, err := posting.Looker{Connection: "acme-books", Connector: w.books, Record: w.record()}.LookVoid(t.Context(), w.ready(m).GetDocuments()...)
				require.NoError(t, err)
				require.Len(t, seen, 1)
				require.Equal(t, c.back, seen[0].Step)
				require.Equal(t, c.faults, codesOf(seen[0].Faults))
				require.Equal(t, revision, w.entry().Revision)
				require.Equal(t, there, w.books.count())
				w.deliver(w.poster("a"), m)
				require.Equal(t, c.faults, w.faults(), "what really happens")
				require.Equal(t, c.back == posting.StepCreate, w.books.count() > there)
			})
		})
		t.Run(name+", made void", func(t *testing.T) {
			inFakeTime(t, func(t *testing.T, w *workbench) {
				w.posted()
				c.edit(w)
				m, v := w.toVoid(""), &voiding{}
				p := w.voider("a", v)
				seen, err := posting.Looker{Connection: "acme-books", Connector: v, Record: w.record()}.LookVoiding(t.Context(), w.ready(m).GetVoiding())
				require.NoError(t, err)
				require.Len(t, seen, 1)
				require.Equal(t, c.voided, seen[0].Step)
				require.Equal(t, c.faults, codesOf(seen[0].Faults))
				require.Zero(t, v.voids)
				w.deliver(p, m)
				require.Equal(t, c.faults, w.faults(), "what really happens")
				require.Equal(t, c.voided == posting.StepVoid, v.voids == 1)
			})
		})
	}
}

// What takes the document back is there since an earlier void: it stays, whatever its day.
func TestALookAtAVoidKnowsWhatTookItBackBefore(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.posted()
		w.deliver(w.poster("a"), w.void("2026-11-25"))
		time.Sleep(time.Minute) // fake time
		m := w.void("2026-11-29")
		seen, err := posting.Looker{Connection: "acme-books", Connector: w.books, Record: w.record()}.LookVoid(t.Context(), w.ready(m).GetDocuments()...)
		require.NoError(t, err)
		require.Equal(t, posting.StepAdopt, seen[0].Step)
		w.deliver(w.poster("a"), m)
		require.True(t, w.outcome().GetOutcome().GetPosted().GetDocuments()[0].GetAdopted())
	})
}

// Books that cannot make anything void, and a day that is closed.
func TestALookAtAVoidKnowsWhatCannotBeMadeVoid(t *testing.T) {
	for _, c := range []struct {
		can    bool
		closed string
		fault  string
	}{{false, "", "document.cannot_be_voided"}, {true, "2026-11-30", "document.void_in_closed_books"}} {
		inFakeTime(t, func(t *testing.T, w *workbench) {
			w.posted()
			m, v := w.toVoid(c.closed), &voiding{}
			p, l := w.voider("a", v), posting.Looker{Connection: "acme-books", Connector: v, Record: w.record()}
			if !c.can {
				p.Voider, l.Connector = nil, w.books
			}
			seen, err := l.LookVoiding(t.Context(), w.ready(m).GetVoiding())
			require.NoError(t, err)
			require.Equal(t, []string{c.fault}, codesOf(seen[0].Faults))
			require.Equal(t, posting.StepNone, seen[0].Step)
			w.deliver(p, m)
			require.Equal(t, []string{c.fault}, w.faults())
		})
	}
}
