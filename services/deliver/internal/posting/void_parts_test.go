package posting_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/record"
)

// Both documents of a split are made void, whoever dies between the two.
func TestBothDocumentsOfASplitAreMadeVoid(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.deliver(w.poster("a"), w.split())
		time.Sleep(time.Minute)
		m, v := w.toVoid(""), &voiding{}
		v.before = func() connector.Answer {
			if v.voids == 1 {
				panic("kill -9")
			}
			return nil
		}
		require.Panics(t, func() { _ = w.voider("dead", v).Handle(t.Context(), m) })
		v.before = nil
		w.deliver(w.voider("heir", v), m)
		require.Equal(t, 2, v.voids)
		require.Len(t, w.madeVoid(), 2)
		require.Empty(t, record.StandsIn(w.record()))
	})
}

// The first is void and the second is refused: the outcome tells of both.
func TestHalfAVoidIsTold(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.deliver(w.poster("a"), w.split())
		time.Sleep(time.Minute)
		m, v := w.toVoid(""), &voiding{}
		w.books.entries[1].found.Total = "1.00"
		w.deliver(w.voider("a", v), m)
		rejected := w.outcome().GetOutcome().GetRejected()
		require.Equal(t, []string{"document.changed_before_void"}, w.faults())
		require.True(t, rejected.GetDocuments()[0].GetVoided())
		require.Len(t, record.Standing(w.record()), 1)
	})
}

// A connector that gives the void to another program and hears of it later.
func TestAVoidThatIsHandedOverEndsByEvidence(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.deliver(w.poster("a"), w.split())
		time.Sleep(time.Minute)
		m, v := w.toVoid(""), &voiding{before: func() connector.Answer { return connector.Handed{Token: "7"} }}
		for n := range 2 {
			w.deliver(w.voider("a", v), m)
			require.Equal(t, record.Handed, w.record().GetState())
			require.NoError(t, w.voider("sweep", v).Confirm(t.Context(), w.entry()))
			require.Equal(t, record.Handed, w.record().GetState(), "no evidence yet")
			w.books.entries[n].found.Void = true
			require.NoError(t, w.voider("sweep", v).Confirm(t.Context(), w.entry()))
			m = w.last(bus.StreamReady, w.subject())
		}
		require.Len(t, w.madeVoid(), 2)
		require.Empty(t, record.StandsIn(w.record()))
	})
}

// A connector that says Posted of a document that still counts is not believed.
func TestAVoidThatIsNoneIsNotBelieved(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.posted()
		v := &voiding{}
		v.before = func() connector.Answer {
			v.before = nil
			return connector.Posted{Document: w.books.entries[0].found}
		}
		w.deliver(w.voider("a", v), w.toVoid(""))
		require.Equal(t, 1, v.voids, "it was asked again")
		require.Len(t, w.madeVoid(), 1)
	})
}

// A message mended by hand voids nothing but what the record knows, in a void's send.
func TestAVoidingOfAnythingElseIsPoison(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.posted()
		r, v := w.ready(w.toVoid("")), &voiding{}
		r.Voiding.Documents[0].Id = "9"
		code, _ := bus.PoisonCode(w.voider("a", v).Handle(t.Context(), w.replay(r)))
		require.Equal(t, "message.wrong_document", code)
	})
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.posted()
		r, v := w.ready(w.open()), &voiding{}
		r.Documents, r.Voiding = nil, &tradepostv1.Voiding{Documents: []*tradepostv1.AppliesTo{{Kind: plainInvoice, Id: "1"}}}
		code, _ := bus.PoisonCode(w.voider("a", v).Handle(t.Context(), w.replay(r)))
		require.Equal(t, "message.wrong_document", code)
		require.Zero(t, v.voids)
	})
}

// What was written last is where the record says, whoever finds it since: a void turns
// that very document round.
func TestTheRecordKeepsWhereTheWrittenDocumentStands(t *testing.T) {
	for name, version := range map[string]string{"ours": "1", "edited by hand": "2"} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, func(t *testing.T, w *workbench) {
				w.posted()
				first := w.live(plainInvoice, false)
				require.NotZero(t, first.GetSequence())
				w.books.entries[0].found.Version = version
				w.deliver(w.poster("a"), w.open())
				again := w.live(plainInvoice, false)
				require.Equal(t, int64(2), again.GetSend())
				require.Equal(t, first.GetHash(), again.GetHash())
				require.Equal(t, first.GetSequence(), again.GetSequence())
			})
		})
	}
}
