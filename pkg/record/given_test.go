package record_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/record"
)

// Of many records the latest count, whatever became of their sends since.
func TestWhatWasGivenLast(t *testing.T) {
	js := bustest.Server(t).JS(t)
	store, err := record.Open(t.Context(), js)
	require.NoError(t, err)
	kv, err := js.KeyValue(t.Context(), bus.BucketInvoices)
	require.NoError(t, err)
	put := func(id int, connection, fields string) {
		_, err := kv.PutString(t.Context(), fmt.Sprintf("acme.%d", id), fmt.Sprintf(`{"account":"acme","invoiceId":"%d","connection":%q,"send":"1",%s}`, id, connection, fields))
		require.NoError(t, err)
	}
	document := `"state":"RECORD_STATE_CLOSED","documents":[{"connection":"acme-sage","id":"st-acme-%d.1"},{"connection":"old","id":"x"}]`
	for id := 1; id <= 30; id++ {
		put(id, "acme-sage", fmt.Sprintf(document, id))
	}
	put(31, "acme-sage", `"state":"RECORD_STATE_HANDED","handedToken":"st-acme-31.2"`)
	put(32, "other", `"state":"RECORD_STATE_HANDED","handedToken":"st-acme-32.1"`)
	put(33, "acme-sage", `"state":"RECORD_STATE_OPEN"`)
	ids, err := record.LastGiven(t.Context(), store, "acme-sage")
	require.NoError(t, err)
	require.Len(t, ids, 20)
	require.Equal(t, []string{"st-acme-31.2", "st-acme-30.1"}, ids[:2])
}
