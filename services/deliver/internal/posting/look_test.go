package posting_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/services/deliver/internal/posting"
)

// looks are states of record and books, with what a look at a send of another total
// or the same one has to say.
var looks = map[string]struct {
	before func(w *workbench)
	total  string
	// turned makes the send a credit memo.
	turned bool
	step   posting.Step
	faults []string
}{
	"nothing there": {before: func(*workbench) {}, total: "522.50", step: posting.StepCreate},
	"equal, unknown to the record": {before: func(w *workbench) {
		w.books.insert(connector.Posting{Document: document("522.50", "2026-11-22")})
	}, total: "522.50", step: posting.StepAdopt},
	"equal and ours":             {before: posted, total: "522.50", step: posting.StepAdopt},
	"another version, and ours":  {before: posted, total: "600.00", step: posting.StepUpdate},
	"void, so that it is remade": {before: func(w *workbench) { posted(w); w.books.entries[0].found.Void = true }, total: "600.00", step: posting.StepCreate},
	"changed by hand": {
		before: func(w *workbench) { posted(w); w.books.entries[0].found.Version = "2" }, total: "600.00",
		step: posting.StepNone, faults: []string{"document.different_found"},
	},
	"of somebody else": {before: func(w *workbench) {
		w.books.insert(connector.Posting{Document: document("1.00", "2026-11-22")})
	}, total: "522.50", step: posting.StepNone, faults: []string{"document.different_found"}},
	"two of them": {before: func(w *workbench) {
		for range 2 {
			w.books.insert(connector.Posting{Document: document("522.50", "2026-11-22")})
		}
	}, total: "522.50", step: posting.StepNone, faults: []string{"document.more_than_one"}},
	"taken back, and not void any more": {before: func(w *workbench) {
		w.posted()
		w.deliver(w.poster("a"), w.void("2026-11-25"))
		time.Sleep(time.Minute) // fake time
		w.invoice.Status = "pending_accounting"
	}, total: "522.50", step: posting.StepNone, faults: []string{"document.reversed"}},
	"made void, and not void any more": {before: func(w *workbench) {
		w.posted()
		w.deliver(w.voider("a", &voiding{}), w.toVoid(""))
		w.invoice.Status = "pending_accounting"
	}, total: "522.50", step: posting.StepCreate},
	"the other kind": {before: posted, total: "-100.00", turned: true, step: posting.StepNone, faults: []string{"document.kind_changed"}},
}

func posted(w *workbench) { w.deliver(w.poster("a"), w.open()) }

// What Look says is what the next attempt does, and Look does nothing itself.
func TestALookSaysWhatTheAttemptDoes(t *testing.T) {
	for name, c := range looks {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, func(t *testing.T, w *workbench) {
				c.before(w)
				w.edit(c.total)
				want := document(c.total, "2026-11-22")
				if c.turned {
					want = document("100.00", "2026-11-22")
					want.Kind = tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO
				}
				revision, there, updates := w.entry().Revision, w.books.count(), w.books.updates
				seen, err := posting.Looker{Connection: "acme-books", Connector: w.books, Record: w.entry().Record}.Look(t.Context(), want)
				require.NoError(t, err)
				require.Len(t, seen, 1)
				require.Equal(t, c.step, seen[0].Step)
				require.Equal(t, c.faults, codesOf(seen[0].Faults))
				require.Equal(t, revision, w.entry().Revision)
				require.Equal(t, []int{there, updates}, []int{w.books.count(), w.books.updates})

				ready := w.ready(w.open())
				ready.Documents[0] = want
				w.deliver(w.poster("a"), w.replay(ready))
				require.Equal(t, c.faults, codesOf(w.outcome().GetOutcome().GetRejected().GetFaults()), "what really happens")
				require.Equal(t, c.step == posting.StepCreate, w.books.count() > there)
				require.Equal(t, c.step == posting.StepUpdate, w.books.updates > updates)
			})
		})
	}
}

func codesOf(faults []*tradepostv1.Fault) []string {
	var codes []string
	for _, f := range faults {
		codes = append(codes, f.GetCode())
	}
	return codes
}

// Without the record a look says what is likely, and that it is not sure; these
// books cannot be asked about a document either, which is told too.
func TestALookWithoutTheRecordIsUnsure(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.books.keepsHashes = true
		posted(w)
		time.Sleep(time.Minute)
		l := posting.Looker{Connection: "acme-books", Connector: w.books, Unknown: "NATS was not reached"}
		seen, err := l.Look(t.Context(), document("600.00", "2026-11-22"))
		require.NoError(t, err)
		require.Equal(t, posting.StepUpdate, seen[0].Step)
		require.Len(t, seen[0].Unsure, 2)
		require.Contains(t, seen[0].Unsure[0], "NATS was not reached")
		require.Contains(t, seen[0].Unsure[1], "cannot be asked")

		w.books.entries[0].found.DocumentHash = "" // a hand's edit
		seen, err = l.Look(t.Context(), document("600.00", "2026-11-22"))
		require.NoError(t, err)
		require.Equal(t, []string{"document.different_found"}, codesOf(seen[0].Faults))
	})
}

// Books that do not answer are never empty books; only those that were never used
// may still be missing.
func TestALookThatCannotLookSaysSo(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		l := posting.Looker{Connection: "acme-books", Connector: w.books}
		for _, trouble := range []error{
			errors.New("no route to host"),
			connector.Stop(connector.Wait{Reason: connector.ReasonBooksMissing, Message: "the volume is away"}),
		} {
			w.books.onFind = func() error { return trouble }
			_, err := l.Look(t.Context(), document("522.50", "2026-11-22"))
			require.Error(t, err)
		}
		l.Unused = true
		seen, err := l.Look(t.Context(), document("522.50", "2026-11-22"))
		require.NoError(t, err)
		require.Equal(t, posting.StepCreate, seen[0].Step)
	})
}
