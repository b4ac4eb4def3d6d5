package send_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/record"
)

// What waits in a paused connection is not stuck: it is not published again.
func TestASendOfAPausedConnectionIsLeftAlone(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.pending()
		paused := true
		d.Paused = func(context.Context, string) (bool, error) { return paused, nil }
		for range 5 {
			time.Sleep(stuck)
			d.pending()
			require.NoError(t, d.Heal(t.Context(), d.entry()))
		}
		require.Len(t, d.sent(), 1)
		paused = false
		d.pending()
		require.Len(t, d.sent(), 2)
	})
}

func (d *desk) notMade(follows int64) error { return d.notMadeOn("acme-books", follows) }

func (d *desk) notMadeOn(connection string, follows int64) error {
	d.t.Helper()
	body, err := bus.Encode(&tradepostv1.InvoiceCommand{
		FollowsSend: follows, By: "maria", Command: &tradepostv1.InvoiceCommand_NotMade{NotMade: &tradepostv1.NotMade{}},
	})
	require.NoError(d.t, err)
	return d.Command(d.t.Context(), bus.Message{
		Subject: bus.Subject{Stage: bus.StageCommand, Connection: connection, InvoiceID: invoiceID}, Body: body, Published: time.Now(),
	})
}

// Nothing but the operator's word starts a send over that was handed over: no poll,
// no sweep, no retry.
func TestAHandOverIsMadeAgainOnAnOperatorsWordOnly(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.pending()
		d.change(attempt(), record.Hand("deliver", "file 1"))
		for range 5 {
			time.Sleep(stuck)
			d.pending()
			require.NoError(t, d.Heal(t.Context(), d.entry()))
		}
		d.change(record.Hold("why"), record.Unhold())
		require.Equal(t, record.Handed, d.entry().State())
		require.NoError(t, d.notMade(2), "of another send")
		require.Equal(t, record.Handed, d.entry().State())
		require.Len(t, d.sent(), 1)

		require.NoError(t, d.notMade(1))
		require.Equal(t, record.Opened, d.entry().State())
		require.Nil(t, d.entry().Record.GetUnresolved())
		require.Len(t, d.sent(), 2)
		require.Equal(t, int64(1), d.sent()[1].GetSend(), "the same send")
		require.NoError(t, d.notMade(1), "once more: there is nothing to start over")
		require.Len(t, d.sent(), 2)
	})
}

// A worker may still be writing: its claim is waited for.
func TestAHeldAttemptIsStartedOverAfterItsClaim(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.pending()
		d.change(attempt(), record.Hold("cannot_find"))
		wait, waits := bus.RetryDelay(d.notMade(1))
		require.True(t, waits)
		require.Equal(t, record.Held, d.entry().State())
		time.Sleep(wait) // fake time
		require.NoError(t, d.notMade(1))
		require.Equal(t, record.Opened, d.entry().State())
	})
}
