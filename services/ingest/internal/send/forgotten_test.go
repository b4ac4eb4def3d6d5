package send_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
)

// The records are lost and the streams are not: the send that is opened anew has the
// number of the first one, and its message must not be taken for that one's.
func TestASendAfterTheRecordsWereLostIsPublished(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.pending()
		require.Len(t, d.sent(), 1)
		kv, err := d.js.KeyValue(t.Context(), bus.BucketInvoices)
		require.NoError(t, err)
		require.NoError(t, kv.Purge(t.Context(), d.entry().Key.String()))
		time.Sleep(time.Second)
		d.pending()
		require.EqualValues(t, 1, d.entry().Record.GetSend())
		require.Len(t, d.sent(), 2)
	})
}
