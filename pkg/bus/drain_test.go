package bus_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
)

func TestDrain(t *testing.T) {
	js := bustest.Server(t).JS(t)
	for i := range 10 {
		put(t, js, ready(int64(i+1)).String(), good(t), nil)
	}
	started, release := make(chan int64, 10), make(chan struct{})
	r := newRouter(t, js)
	require.NoError(t, r.Handle(readyConsumer(4), func(ctx context.Context, m bus.Message) error {
		started <- m.Subject.InvoiceID
		select {
		case <-release:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}))
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	for range 4 {
		bustest.Receive(t, started)
	}
	cancel()
	select {
	case err := <-ended:
		t.Fatalf("ended with work in flight: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	close(release)
	require.NoError(t, bustest.Receive(t, ended))
	require.Empty(t, started, "nothing new was started")

	// What was in flight is acked, the rest is there for the next replica at once.
	begin := time.Now()
	next, got := collect(t, js, 4)
	run(t, next)
	ids := map[int64]bool{}
	for range 6 {
		ids[bustest.Receive(t, got)] = true
	}
	settled(t, js, readyConsumer(4))
	require.Len(t, ids, 6)
	require.Empty(t, got)
	require.Less(t, time.Since(begin), 25*time.Second, "nothing waited for its AckWait")
}

// A handler that ignores its context does not keep the process for ever.
func TestDrainGivesUp(t *testing.T) {
	js := bustest.Server(t).JS(t)
	put(t, js, ready(1).String(), good(t), nil)
	put(t, js, ready(2).String(), good(t), nil)
	started, release := make(chan struct{}, 2), make(chan struct{})
	defer close(release)
	var polite atomic.Bool
	r := newRouter(t, js, func(o *bus.RouterOptions) { o.Drain = 50 * time.Millisecond })
	require.NoError(t, r.Handle(readyConsumer(2), func(ctx context.Context, m bus.Message) error {
		started <- struct{}{}
		if m.Subject.InvoiceID == 1 {
			<-release
			return nil
		}
		<-ctx.Done()
		polite.Store(true)
		return ctx.Err()
	}))
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	bustest.Receive(t, started)
	bustest.Receive(t, started)
	cancel()
	require.ErrorContains(t, bustest.Receive(t, ended), "1 handlers did not return within 2.05s")
	require.True(t, polite.Load())
	pending(t, js, readyConsumer(2), 2)
}
