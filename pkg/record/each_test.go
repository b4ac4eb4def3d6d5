package record_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/record"
)

// unreadable is a store with the records 1 to n, of which one cannot be read.
func unreadable(t *testing.T, n, broken int64) *record.Store {
	t.Helper()
	js := bustest.Server(t).JS(t)
	s, err := record.Open(t.Context(), js)
	require.NoError(t, err)
	for id := int64(1); id <= n; id++ {
		key := record.Key{Account: "acme", InvoiceID: id}
		_, err := s.Change(t.Context(), record.Entry{Key: key}, record.OpenSend(opens(id)))
		require.NoError(t, err)
		if id == broken {
			kv, err := js.KeyValue(t.Context(), bus.BucketInvoices)
			require.NoError(t, err)
			_, err = kv.PutString(t.Context(), key.String(), "{not json")
			require.NoError(t, err)
		}
	}
	return s
}

func TestARecordThatCannotBeReadHidesNoOther(t *testing.T) {
	s := unreadable(t, 20, 5)
	seen := map[int64]bool{}
	err := s.Each(t.Context(), func(e record.Entry) error {
		seen[e.Key.InvoiceID] = true
		return nil
	})
	require.ErrorContains(t, err, "acme.5", "it is told")
	require.Len(t, seen, 19)
	require.False(t, seen[5])
}

func TestTheCallersErrorEndsTheReading(t *testing.T) {
	s := unreadable(t, 5, 0)
	enough := errors.New("enough")
	seen := 0
	require.ErrorIs(t, s.Each(t.Context(), func(record.Entry) error { seen++; return enough }), enough)
	require.Equal(t, 1, seen)
}
