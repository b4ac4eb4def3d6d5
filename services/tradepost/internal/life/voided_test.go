package life

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/record"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

func closedVoid(o *tradepostv1.RecordedOutcome, docs ...*tradepostv1.DocumentRef) record.Entry {
	return record.Entry{Record: &tradepostv1.Record{
		InvoiceId: 1, Connection: "acme-books", Send: 2, State: record.Closed, StartStatus: "void", Outcome: o, Documents: docs,
		Settlement: tradepostv1.Settlement_SETTLEMENT_VOIDED,
	}}
}

func TestTheEndOfAVoidInWords(t *testing.T) {
	stands := &tradepostv1.DocumentRef{Kind: 1, Connection: "acme-books", Id: "7", Number: "1042", Total: "1.00"}
	for want, e := range map[string]record.Entry{
		"it is void in ServiceTrade, and was taken back in the books": closedVoid(&tradepostv1.RecordedOutcome{Kind: tradepostv1.OutcomeKind_OUTCOME_KIND_POSTED}),
		"it is void in ServiceTrade, and in the books": closedVoid(&tradepostv1.RecordedOutcome{
			Kind: tradepostv1.OutcomeKind_OUTCOME_KIND_POSTED, Documents: []*tradepostv1.PostedDocument{{Kind: 1, Id: "7", Voided: true}},
		}),
		"nothing was left to take back": closedVoid(&tradepostv1.RecordedOutcome{Kind: tradepostv1.OutcomeKind_OUTCOME_KIND_WITHDRAWN}),
		"document.cannot_be_voided": closedVoid(&tradepostv1.RecordedOutcome{
			Kind: tradepostv1.OutcomeKind_OUTCOME_KIND_REJECTED, FaultCodes: []string{"document.cannot_be_voided"},
		}, stands),
	} {
		l := &Life{Connection: "acme-books", InvoiceID: 1}
		l.standing(e, time.UTC, faults{}, nil)
		require.Contains(t, l.Now, want)
		tries := len(l.Todo) > 0 && strings.Contains(l.Todo[len(l.Todo)-1], "tradepost retry acme-books 1")
		require.Equal(t, record.VoidFailed(e.Record), tries, "%v", l.Todo)
	}
}

// No comment can tell of what stands in the books of an invoice that was deleted.
func TestADeletedInvoiceIsTold(t *testing.T) {
	for _, how := range []tradepostv1.Settlement{tradepostv1.Settlement_SETTLEMENT_WITHDRAWN, tradepostv1.Settlement_SETTLEMENT_SUPERSEDED} {
		l := &Life{Connection: "acme-books", InvoiceID: 1, Documents: []Document{
			{Kind: "invoice", Connection: "old-books", ID: "6", Total: "1.00", Gone: true},
			{Kind: "invoice", Connection: "acme-books", ID: "7", Number: "1042", Total: "1.00"},
		}}
		l.standing(record.Entry{Record: &tradepostv1.Record{
			InvoiceId: 1, Connection: "acme-books", Send: 2, State: record.Closed, Settlement: how,
			Outcome: &tradepostv1.RecordedOutcome{InvoiceGone: true},
		}}, time.UTC, faults{}, nil)
		require.Contains(t, l.Now, "its invoice is gone from ServiceTrade")
		require.NotContains(t, l.Now, "a user")
		require.Equal(t, []string{"bookkeeper: it was posted as invoice 1042 (total 1.00) to the books of acme-books, and its invoice is gone from ServiceTrade; void it there if it should not count"}, l.Todo)
	}
}

func TestAVoidingIsTold(t *testing.T) {
	l := &Life{}
	r := reader{life: l}
	for _, voids := range [][]*tradepostv1.AppliesTo{{{Kind: 1, Id: "7", Number: "1042"}}, nil} {
		body, err := bus.Encode(&tradepostv1.InvoiceReady{
			Send: 2, SnapshotHash: strings.Repeat("a", 64), HashVersion: 1, Voiding: &tradepostv1.Voiding{Documents: voids},
		})
		require.NoError(t, err)
		r.add(bus.Message{Subject: bus.Subject{Stage: bus.StageReady, Connection: "acme-books", InvoiceID: 1}, Body: body})
	}
	require.Equal(t, "to be made void: invoice 1042", l.Events[0].Meaning)
	require.Equal(t, "to be made void: nothing, since nothing is left in the books", l.Events[1].Meaning)
}
