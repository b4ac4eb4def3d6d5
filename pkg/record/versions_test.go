package record_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/record"
)

// A newer version of the service wrote the record, this one rewrites it, step by
// step through a whole send and into the next: what only the newer one knows stays.
func TestAnOlderVersionKeepsWhatANewerOneWrote(t *testing.T) {
	js := bustest.Server(t).JS(t)
	s, err := record.Open(t.Context(), js)
	require.NoError(t, err)
	kv, err := js.KeyValue(t.Context(), bus.BucketInvoices)
	require.NoError(t, err)
	key := record.Key{Account: "acme", InvoiceID: 7}
	_, err = kv.PutString(t.Context(), key.String(), `{
		"account": "acme", "invoiceId": "7", "connection": "acme-books", "send": "1", "state": "RECORD_STATE_OPEN",
		"snapshotHash": "h", "linkedCustomer": {"id": "9", "by": ["webhook"]},
		"unresolved": {"kind": "DOCUMENT_KIND_INVOICE", "marker": "m", "batch": "b-1"},
		"documents": [{"kind": "DOCUMENT_KIND_INVOICE", "connection": "acme-books", "id": "5", "attachment": "pdf"}]
	}`)
	require.NoError(t, err)

	claim := record.Claiming{Owner: "old", Lasts: time.Second}
	e := change(t, s, key, record.Claim(claim, nil))
	require.JSONEq(t, `{"id": "9", "by": ["webhook"]}`, member(t, kv, key, "linkedCustomer"))
	require.Contains(t, member(t, kv, key, "unresolved"), "b-1")

	// The entry that Change returned serves the next change, and keeps as well.
	posted := &tradepostv1.RecordedOutcome{Kind: tradepostv1.OutcomeKind_OUTCOME_KIND_POSTED}
	_, err = s.Change(t.Context(), e, record.Conclude("old", posted, &tradepostv1.DocumentRef{
		Kind: tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO, Connection: "acme-books", Id: "6",
	}))
	require.NoError(t, err)
	require.Empty(t, member(t, kv, key, "unresolved"), "what ended took its fields along")
	require.Contains(t, member(t, kv, key, "documents"), `"attachment":"pdf"`)

	change(t, s, key, record.Settle(claim))
	change(t, s, key, record.Close("old", tradepostv1.Settlement_SETTLEMENT_PROCESSED, time.Now()))
	e = change(t, s, key, record.OpenSend(opens(7)))
	require.Equal(t, int64(2), e.Record.GetSend())
	require.JSONEq(t, `{"id": "9", "by": ["webhook"]}`, member(t, kv, key, "linkedCustomer"))
	require.Contains(t, member(t, kv, key, "documents"), `"attachment":"pdf"`)
}

func change(t *testing.T, s *record.Store, key record.Key, step record.Transition) record.Entry {
	t.Helper()
	e, err := s.Get(t.Context(), key)
	require.NoError(t, err)
	e, err = s.Change(t.Context(), e, step)
	require.NoError(t, err)
	return e
}

// member is a member of a record as it is stored.
func member(t *testing.T, kv jetstream.KeyValue, key record.Key, name string) string {
	t.Helper()
	e, err := kv.Get(t.Context(), key.String())
	require.NoError(t, err)
	var members map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(e.Value(), &members))
	return string(members[name])
}
