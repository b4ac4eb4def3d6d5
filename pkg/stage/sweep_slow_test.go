package stage_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/stage"
)

// The ServiceTrade of one connection answers 429 for three hours, and its call waits
// that long for the limiter. How often are the records of the other looked at?
func TestOneSlowConnectionHoldsUpNoOthersSweep(t *testing.T) {
	bustest.FakeTime(t, func(t *testing.T, s *bustest.Broker) {
		store, err := record.Open(t.Context(), s.JS(t))
		require.NoError(t, err)
		for i, c := range []string{"throttled", "fine"} {
			k := record.Key{Account: "acme", InvoiceID: int64(i + 1)}
			e, err := store.Get(t.Context(), k)
			require.NoError(t, err)
			_, err = store.Change(t.Context(), e, record.OpenSend(record.Opens{Key: k, Connection: c, SnapshotHash: "h", HashVersion: 1, StartStatus: "pending_accounting", Total: "1.00", Now: time.Now()}))
			require.NoError(t, err)
		}
		var mu sync.Mutex
		looked := 0
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = stage.Sweep(ctx, store, 5*time.Minute, slog.New(slog.DiscardHandler), func(ctx context.Context, e record.Entry) error {
				if e.Record.GetConnection() == "throttled" {
					select {
					case <-time.After(3 * time.Hour):
					case <-ctx.Done():
					}
					return nil
				}
				mu.Lock()
				defer mu.Unlock()
				looked++
				return nil
			})
		}()
		time.Sleep(3 * time.Hour)
		mu.Lock()
		n := looked
		mu.Unlock()
		cancel()
		<-done
		t.Logf("looks at the healthy connection in 3 h: %d", n)
		require.Greater(t, n, 30)
	})
}
