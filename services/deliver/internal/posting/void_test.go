package posting_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/services/deliver/internal/posting"
)

// voiding can make documents of the books void; its hooks run around the write, with no
// lock held.
type voiding struct {
	*books
	before, after func() connector.Answer
	voids         int
}

// Void implements connector.Voider.
func (v *voiding) Void(ctx context.Context, f connector.Found) connector.Answer {
	if v.before != nil {
		if a := v.before(); a != nil {
			return a
		}
	}
	if connector.CheckFence(ctx) != nil {
		return connector.Wait{Scope: tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, Reason: connector.ReasonFenced}
	}
	a := v.write(f)
	if v.after != nil {
		if lost := v.after(); lost != nil {
			return lost
		}
	}
	return a
}

func (v *voiding) write(f connector.Found) connector.Answer {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.voids++
	for _, e := range v.entries {
		if e.found.ID == f.ID && e.found.Version == f.Version {
			e.found.Version, e.found.Void = e.found.Version+"v", true
			return connector.Posted{Document: e.found}
		}
	}
	return connector.Wait{Scope: tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, Reason: connector.ReasonChanged}
}

// voider is a poster whose connector can make documents void.
func (w *workbench) voider(owner string, v *voiding) *posting.Poster {
	v.books = w.books
	p := w.poster(owner)
	p.Voider = v
	return p
}

// toVoid opens the send of an invoice that was voided, and publishes what is to be void.
func (w *workbench) toVoid(closedThrough string) bus.Message {
	w.t.Helper()
	r := w.ready(w.void("2026-11-25"))
	r.Documents, r.SnapshotTakenAt = nil, timestamppb.Now()
	r.Voiding = &tradepostv1.Voiding{BooksClosedThrough: closedThrough}
	for _, ref := range record.Standing(w.record()) {
		r.Voiding.Documents = append(r.Voiding.Documents, &tradepostv1.AppliesTo{Kind: ref.GetKind(), Id: ref.GetId(), Number: ref.GetNumber()})
	}
	return w.replay(r)
}

func (w *workbench) madeVoid() []*tradepostv1.PostedDocument {
	w.t.Helper()
	all := w.outcome().GetOutcome().GetPosted().GetDocuments()
	for _, d := range all {
		require.True(w.t, d.GetVoided())
	}
	return all
}

func TestADocumentIsMadeVoidOnceHoweverOftenItIsDelivered(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.posted()
		m, v := w.toVoid(""), &voiding{}
		for range 4 {
			w.deliver(w.voider("a", v), m)
			m = w.replay(w.ready(m))
			time.Sleep(time.Hour)
		}
		require.Equal(t, 1, v.voids)
		require.Equal(t, 1, w.books.creates, "nothing is made")
		require.True(t, w.books.entries[0].found.Void)
		require.Equal(t, "1", w.madeVoid()[0].GetId())
		ref := w.record().GetDocuments()[0]
		require.True(t, ref.GetGone())
		require.Equal(t, int64(2), ref.GetVoidedBy())
		require.Empty(t, record.StandsIn(w.record()))
	})
}

// Wherever a worker dies, the document is void in the end, and the outcome says that we
// did it.
func TestAVoidInTheBooksSurvivesCrashes(t *testing.T) {
	dies := func() connector.Answer { panic("kill -9") }
	for name, v := range map[string]*voiding{"before the write": {before: dies}, "after the write": {after: dies}} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, func(t *testing.T, w *workbench) {
				w.posted()
				m := w.toVoid("")
				require.Panics(t, func() { _ = w.voider("dead", v).Handle(t.Context(), m) })
				require.True(t, w.record().GetUnresolved().GetVoids())
				v.before, v.after = nil, nil
				w.deliver(w.voider("heir", v), m)
				require.Equal(t, 1, v.voids)
				require.True(t, w.books.entries[0].found.Void)
				require.Len(t, w.madeVoid(), 1)
				require.Equal(t, int64(2), w.record().GetDocuments()[0].GetVoidedBy())
			})
		})
	}
}

// The message of a void is lost, and its worker died after the write: the sweep finds
// out, and whoever publishes the send again only has to say so.
func TestASweepResolvesAVoid(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.posted()
		m, v := w.toVoid(""), &voiding{after: func() connector.Answer { panic("kill -9") }}
		require.Panics(t, func() { _ = w.voider("dead", v).Handle(t.Context(), m) })
		time.Sleep(time.Hour)
		require.NoError(t, w.voider("sweep", v).Recover(t.Context(), w.entry()))
		require.Equal(t, record.Opened, w.record().GetState())
		require.Nil(t, w.record().GetUnresolved())
		again := w.ready(m)
		again.Voiding.Documents = nil // transform: nothing stands any more
		w.deliver(w.voider("heir", v), w.replay(again))
		require.Len(t, w.madeVoid(), 1)
	})
}

func TestALostAnswerOfAVoidInTheBooksIsLookedFor(t *testing.T) {
	for name, v := range map[string]*voiding{"done": {}, "not done": {}} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, func(t *testing.T, w *workbench) {
				w.posted()
				lost := func() connector.Answer {
					v.before, v.after = nil, nil
					return connector.Uncertain{Reason: "timeout"}
				}
				if v.after = lost; name == "not done" {
					v.before, v.after = lost, nil
				}
				w.deliver(w.voider("a", v), w.toVoid(""))
				require.Equal(t, 1, v.voids)
				require.Len(t, w.madeVoid(), 1)
			})
		})
	}
}

// What a bookkeeper took out of the books himself needs nothing more; what he changed, or
// closed, is his.
func TestADocumentIsMadeVoidOnlyAsItWasPosted(t *testing.T) {
	for name, c := range map[string]struct {
		edit   func(w *workbench)
		closed string
		faults []string
		gone   bool
	}{
		"deleted":        {edit: func(w *workbench) { w.books.remove() }, gone: true},
		"void":           {edit: func(w *workbench) { w.books.entries[0].found.Void = true }, gone: true},
		"changed":        {edit: func(w *workbench) { w.books.entries[0].found.Total = "500.00" }, faults: []string{"document.changed_before_void"}},
		"doubled":        {edit: func(w *workbench) { w.books.entries = append(w.books.entries, w.books.entries[0]) }, faults: []string{"document.more_than_one"}},
		"in a closed":    {edit: func(*workbench) {}, closed: "2026-11-22", faults: []string{"document.void_in_closed_books"}},
		"after a closed": {edit: func(w *workbench) { w.books.entries[0].found.Void = true }, closed: "2026-11-21", gone: true},
	} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, func(t *testing.T, w *workbench) {
				w.posted()
				m, v := w.toVoid(c.closed), &voiding{}
				c.edit(w)
				w.deliver(w.voider("a", v), m)
				require.Zero(t, v.voids)
				require.Equal(t, c.faults, w.faults())
				require.Equal(t, c.gone, len(record.Standing(w.record())) == 0)
				if c.gone {
					require.Equal(t, "void", w.outcome().GetOutcome().GetWithdrawn().GetStatus())
				}
			})
		})
	}
}

func TestADocumentThatNobodyCanVoidIsLeftToTheBookkeeper(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.posted()
		w.deliver(w.poster("a"), w.toVoid(""))
		require.Equal(t, []string{"document.cannot_be_voided"}, w.faults())
		require.Equal(t, 1, w.books.creates)
		require.Len(t, record.Standing(w.record()), 1)
	})
}

// Edits that leave the total are no reason to let a void invoice stand; and ServiceTrade
// is asked right before the write, however young the snapshot is.
func TestAVoidAsksServiceTradeRightBeforeTheWrite(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.posted()
		m, v := w.toVoid(""), &voiding{}
		w.books.entries[0].found.Version = "9"
		w.invoice.Status = "pending_accounting"
		w.deliver(w.voider("a", v), m)
		require.Zero(t, v.voids)
		require.Equal(t, "pending_accounting", w.outcome().GetOutcome().GetWithdrawn().GetStatus())

		time.Sleep(time.Minute)
		w.deliver(w.voider("a", v), w.toVoid(""))
		require.Equal(t, 1, v.voids)
		require.Len(t, w.madeVoid(), 1)
	})
}

// Sent again after that it is made anew, and void again.
func TestAnInvoiceThatWasMadeVoidAndIsSentAgain(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		v := &voiding{}
		w.posted()
		w.deliver(w.voider("a", v), w.toVoid(""))
		time.Sleep(time.Minute)
		w.invoice.Status = "pending_accounting"
		w.deliver(w.voider("a", v), w.open())
		require.Equal(t, "2", w.outcome().GetOutcome().GetPosted().GetDocuments()[0].GetId())
		require.Equal(t, int64(2), w.live(plainInvoice, false).GetGeneration())
		time.Sleep(time.Minute)
		w.deliver(w.voider("a", v), w.toVoid(""))
		require.Equal(t, 2, v.voids)
		require.Equal(t, "2", w.madeVoid()[0].GetId(), "of this void only")
	})
}

// A bookkeeper entered the invoice anew, with its marker: that is the one that counts.
func TestADocumentThatWasEnteredAnewIsMadeVoid(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.posted()
		m, v := w.toVoid(""), &voiding{}
		w.books.remove()
		w.enter("7", "522.50", ours)
		w.deliver(w.voider("a", v), m)
		require.Equal(t, "7", w.madeVoid()[0].GetId())
		require.True(t, w.books.entries[0].found.Void)
		require.Empty(t, record.StandsIn(w.record()))
	})
}
