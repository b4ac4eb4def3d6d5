package settle

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/record"
)

// lose makes the bucket of the records anew.
func (d *desk) lose() {
	d.t.Helper()
	require.NoError(d.t, d.js.DeleteKeyValue(d.t.Context(), bus.BucketInvoices))
	_, err := bus.Apply(d.t.Context(), d.js, bus.ApplyOptions{})
	require.NoError(d.t, err)
}

// A worker stands still for less than its claim lasts, and the records are lost, and with
// them the claim. Whoever settles the new record waits for him: otherwise both would, and
// the one who wakes up would tell a user's next send the answer to his last.
func TestAWorkerThatTheRecordsForgotIsWaitedFor(t *testing.T) {
	for _, at := range []string{"invoice", "comments", "put"} {
		t.Run("before "+at, func(t *testing.T) {
			atDesk(t, func(t *testing.T, d *desk) {
				forgotten := *d.Settler
				forgotten.Instance, forgotten.ServiceTrade = "forgotten", &standstill{office: d.office, at: at, long: claimTime - 5*time.Second}
				m := d.outcome(refused())
				done := make(chan error)
				go func() { done <- forgotten.Handle(context.WithoutCancel(t.Context()), m) }()
				time.Sleep(time.Second) // fake time
				d.lose()
				d.Epochs = d.Gate.Store.Epochs(d.Log)
				d.handle(d.outcome(refused()))
				d.office.mu.Lock()
				d.office.invoice.Status = "pending_accounting" // the user sends it again
				d.office.mu.Unlock()
				require.Error(t, <-done, "his record is gone")
				require.Equal(t, []string{"comment", "put failed"}, d.office.writes)
				require.Equal(t, "pending_accounting", d.office.invoice.GetStatus())
			})
		})
	}
}

// Where nobody can have been forgotten, nobody is waited for.
func TestAFirstInstallationSettlesAtOnce(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.Epochs = d.Gate.Store.Epochs(d.Log)
		start := time.Now()
		d.handle(d.outcome(refused()))
		require.Less(t, time.Since(start), time.Second)
		require.Equal(t, []string{"comment", "put failed"}, d.office.writes)
	})
}

// The record says why an outcome waits.
func TestAnOutcomeThatWaitsForTheForgottenSaysSo(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.lose()
		d.Epochs = d.Gate.Store.Epochs(d.Log)
		wait, waits := bus.RetryDelay(d.Handle(t.Context(), d.outcome(refused())))
		require.True(t, waits)
		require.Equal(t, claimTime+lateWrite+record.Margin, wait)
		require.Equal(t, reasonRecordsReplaced, d.record().GetWaiting().GetReason())
		require.Empty(t, d.office.writes)
	})
}
