package pause_test

import (
	"context"
	"sync"
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
			watch := s.NewWatch(func(_ string, p *tradepostv1.Pause, _ error) { seen <- p })
			for ctx.Err() == nil {
				_ = watch.Follow(ctx)
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

// The bucket is replaced by an older copy under a replica that watches it: what is in the
// copy, what is not, and what is set afterwards are seen all the same.
func TestPausesAreSeenInAnOlderCopyOfTheBucket(t *testing.T) {
	bustest.FakeTime(t, func(t *testing.T, b *bustest.Broker) {
		js := b.JS(t)
		s, err := pause.Open(t.Context(), js)
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		shown := sync.Map{}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			watch := s.NewWatch(func(c string, p *tradepostv1.Pause, _ error) { shown.Store(c, p.GetReason()) })
			for ctx.Err() == nil {
				_ = watch.Follow(ctx)
				time.Sleep(time.Second) // fake time, as deliver tries again
			}
		}()
		set := func(c, reason string) {
			_, err := s.Set(t.Context(), c, by("operator", reason, 0), time.Now())
			require.NoError(t, err)
		}
		sees := func(want map[string]string) {
			time.Sleep(2 * time.Minute) // fake time
			for c, reason := range want {
				have, _ := shown.Load(c)
				require.Equal(t, reason, have, c)
			}
		}
		for range 20 { // the revisions of the copy are far below
			set("later", "not in the copy")
		}
		set(connection, "audit")
		sees(map[string]string{connection: "audit", "later": "not in the copy"})

		require.NoError(t, js.DeleteKeyValue(t.Context(), bus.BucketConnections))
		_, err = bus.Apply(t.Context(), js, bus.ApplyOptions{})
		require.NoError(t, err)
		set(connection, "in the copy")
		sees(map[string]string{connection: "in the copy", "later": ""})
		set(connection, "set since")
		sees(map[string]string{connection: "set since"})
		cancel()
		<-ended
	})
}
