package pause_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/pause"
)

// A replica goes on seeing pauses after the bucket was lost and made anew.
func TestPausesAreSeenInABucketMadeAnew(t *testing.T) {
	bustest.FakeTime(t, func(t *testing.T, b *bustest.Broker) {
		js := b.JS(t)
		s, err := pause.Open(t.Context(), js)
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		seen := make(chan *tradepostv1.Pause, 10)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for ctx.Err() == nil {
				_ = s.Watch(ctx, func(_ string, p *tradepostv1.Pause, _ error) { seen <- p })
				time.Sleep(time.Second) // fake time, as deliver tries again
			}
		}()
		_, err = s.Set(t.Context(), connection, by("operator", "audit", 0), time.Now())
		require.NoError(t, err)
		require.Equal(t, "audit", (<-seen).GetReason())

		require.NoError(t, js.DeleteKeyValue(t.Context(), bus.BucketConnections))
		time.Sleep(2 * time.Minute)
		_, err = bus.Apply(t.Context(), js, bus.ApplyOptions{})
		require.NoError(t, err)
		_, err = s.Set(t.Context(), connection, by("operator", "anew", 0), time.Now())
		require.NoError(t, err)
		select {
		case p := <-seen:
			require.Equal(t, "anew", p.GetReason())
		case <-time.After(5 * time.Minute):
			require.Fail(t, "the pause is not seen")
		}
		cancel()
		<-ended
	})
}
