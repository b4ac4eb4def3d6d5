package transform_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/mapping"
	"github.com/tradepost/tradepost/pkg/record"
	st "github.com/tradepost/tradepost/pkg/snapshot"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// posted posts the invoice: its document is where the ready message is.
func (w *workbench) posted() *tradepostv1.DocumentRef {
	w.t.Helper()
	require.NoError(w.t, w.stage.Handle(w.t.Context(), w.open()))
	ready := w.all(bus.StreamReady)[0]
	body := &tradepostv1.InvoiceReady{}
	require.NoError(w.t, bus.Decode(ready, body))
	ref := refOf(w.t, body.GetDocuments()[0])
	ref.Stream, ref.Sequence = ready.Stream, ready.Sequence
	w.change(
		record.Claim(record.Claiming{Owner: "d"}, nil),
		record.Conclude("d", &tradepostv1.RecordedOutcome{Kind: tradepostv1.OutcomeKind_OUTCOME_KIND_POSTED}, ref),
		record.Settle(record.Claiming{Owner: "r"}), record.Close("r", tradepostv1.Settlement_SETTLEMENT_PROCESSED, time.Now()),
	)
	return ref
}

// void opens the send of the void, of what ServiceTrade shows by now.
func (w *workbench) void() bus.Message {
	w.t.Helper()
	w.snapshot.Invoice.Status = "void"
	hash, err := st.Hash(w.snapshot.GetInvoice())
	require.NoError(w.t, err)
	w.change(record.OpenSend(record.Opens{
		Key: w.key(), Connection: "acme-hledger", SnapshotHash: hash, HashVersion: 1,
		StartStatus: "void", Total: w.snapshot.GetInvoice().GetTotalPrice(), Now: time.Now(),
	}))
	return w.received(hash)
}

func (w *workbench) policy(v mapping.Voided) {
	w.deps.Config.Connections["acme-hledger"].Mapping.Policy.Voided = v
}

// The document that was posted is turned round, whatever the invoice and the mapping
// are by now, and however often the message comes, also on another day.
func TestAVoidBecomesReady(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.policy(mapping.VoidedCreditMemo)
		ref := w.posted()
		unmapCustomer(w.snapshot)
		m := w.void()
		for range 3 {
			require.NoError(t, w.stage.Handle(t.Context(), m))
			time.Sleep(20 * time.Hour) // fake time
		}
		all := w.all(bus.StreamReady)
		require.Len(t, all, 4, "the duplicates were published again past the dedupe window")
		for _, raw := range all[1:] {
			require.Equal(t, all[1].Body, raw.Body)
		}
		ready := &tradepostv1.InvoiceReady{}
		require.NoError(t, bus.Decode(all[1], ready))
		d := ready.GetDocuments()[0]
		require.Equal(t, int64(2), ready.GetSend())
		require.Equal(t, tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO, d.GetKind())
		require.Equal(t, ref.GetTotal(), d.GetTotals().GetTotal())
		require.Equal(t, ref.GetId(), d.GetAppliesTo().GetId())
		require.Equal(t, "C100", d.GetCustomer().GetReference().GetValue(), "the customer that it was posted to")
		require.Empty(t, w.all(bus.StreamOutcome))
	})
}

// A document is made void as it stands, also when nobody knows any more what is in it.
func TestAVoidIsHandedOnToTheBooks(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.policy(mapping.VoidedVoid)
		ref := w.posted()
		s, err := w.deps.JS.Stream(t.Context(), bus.StreamReady)
		require.NoError(t, err)
		require.NoError(t, s.Purge(t.Context()))
		unmapCustomer(w.snapshot)
		require.NoError(t, w.stage.Handle(t.Context(), w.void()))
		ready := decoded(w, bus.StreamReady, &tradepostv1.InvoiceReady{})
		require.Equal(t, int64(2), ready.GetSend())
		require.Empty(t, ready.GetDocuments())
		require.Len(t, ready.GetVoiding().GetDocuments(), 1)
		require.Equal(t, ref.GetId(), ready.GetVoiding().GetDocuments()[0].GetId())
		require.Empty(t, w.all(bus.StreamOutcome))
	})
}

func TestAVoidThatIsOnlyTold(t *testing.T) {
	for name, c := range map[string]struct {
		policy mapping.Voided
		lose   bool
		code   string
	}{
		"by the mapping":      {mapping.VoidedComment, false, "invoice.voided"},
		"its message is gone": {mapping.VoidedCreditMemo, true, "document.reversal_unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, func(t *testing.T, w *workbench) {
				w.policy(c.policy)
				w.posted()
				w.snapshot.Invoice.Notes = "edited since"
				if c.lose {
					s, err := w.deps.JS.Stream(t.Context(), bus.StreamReady)
					require.NoError(t, err)
					require.NoError(t, s.Purge(t.Context()))
				}
				require.NoError(t, w.stage.Handle(t.Context(), w.void()))
				r := w.entry().Record
				require.Equal(t, record.Outcome, r.GetState())
				require.Equal(t, []string{c.code}, r.GetOutcome().GetFaultCodes())
				told := decoded(w, bus.StreamOutcome, &tradepostv1.InvoiceOutcome{})
				require.Equal(t, r.GetOutcome().GetHash(), told.GetOutcomeHash())
			})
		})
	}
}

// The office cannot shorten the number of an invoice that is posted, and void: what makes
// that of the reversal too long is the mapping.
func TestANumberOfAReversalThatIsTooLongIsTheMappings(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.policy(mapping.VoidedCreditMemo)
		w.limits = connector.Limits{NumberLength: 9}
		w.posted()
		require.NoError(t, w.stage.Handle(t.Context(), w.void()))
		told := decoded(w, bus.StreamOutcome, &tradepostv1.InvoiceOutcome{}).GetOutcome().GetRejected().GetFaults()
		require.Equal(t, []string{"number.made_too_long"}, codes(told))
		require.Equal(t, "11653990-V", told[0].GetParams()["number"])
		require.Contains(t, told[0].GetFix(), "Change policy.voided in the mapping of connection acme-hledger")
		require.Contains(t, told[0].GetFix(), "tradepost retry")
	})
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.policy(mapping.VoidedCreditMemo)
		w.limits = connector.Limits{NumberLength: 10}
		w.posted()
		require.NoError(t, w.stage.Handle(t.Context(), w.void()))
		require.Empty(t, w.all(bus.StreamOutcome))
	})
}
