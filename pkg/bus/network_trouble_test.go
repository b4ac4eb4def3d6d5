package bus_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
)

// attentive notices a dead connection in a second or two; services take 15 s.
var attentive = nats.PingInterval(500 * time.Millisecond)

// A connection that is dead without anybody having said so is noticed, and the
// router works on over a new one; nothing is lost.
func TestHalfOpenConnection(t *testing.T) {
	s := bustest.Server(t)
	near := s.JS(t)
	n := newNetwork(t, s)
	c := readyConsumer(4)
	c.AckWait = time.Second
	got := make(chan int64, 1000)
	r := newRouter(t, n.js(attentive))
	require.NoError(t, r.Handle(c, func(_ context.Context, m bus.Message) error {
		got <- m.Subject.InvoiceID
		return nil
	}))
	run(t, r)
	seen := map[int64]bool{}
	for round := range int64(3) {
		put(t, near, ready(2*round+1).String(), good(t), nil)
		for !seen[2*round+1] {
			seen[bustest.Receive(t, got)] = true
		}
		n.swallow()
		put(t, near, ready(2*round+2).String(), good(t), nil)
		bustest.Eventually(t, func() error {
			if r.Ready() == nil {
				return errors.New("ready over a dead connection")
			}
			return r.Healthy()
		})
		n.mend()
		bustest.EventuallyWithin(t, 10*time.Second, r.Ready)
		for !seen[2*round+2] {
			seen[bustest.Receive(t, got)] = true
		}
	}
	settled(t, near, c)
}

// A network that takes nothing any more holds no publish longer than its deadline
// and the time of one write, although nats.go writes under its lock.
func TestPublishIntoAFullNetwork(t *testing.T) {
	s := bustest.Server(t)
	s.JS(t)
	n := newNetwork(t, s)
	js := n.js(nats.ReconnectWait(50 * time.Millisecond))
	n.clog()
	p := bus.NewPublisher(js, quiet)
	big := command()
	big.Reason = string(bytes.Repeat([]byte("x"), 800<<10))
	var wg sync.WaitGroup
	took := make(chan time.Duration, 32)
	for i := range int64(cap(took)) {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			start := time.Now()
			if p.Send(ctx, ready(i+1), fmt.Sprint("big-", i), big) != nil {
				took <- time.Since(start)
			}
		})
	}
	wg.Wait()
	close(took)
	require.NotEmpty(t, took, "nothing was held up: the test tests nothing")
	for d := range took {
		// The network stays clogged for ever; a busy machine needs more than the few seconds of a write's deadline.
		require.Less(t, d, 30*time.Second)
	}
	n.mend()
	bustest.Eventually(t, func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		return p.Send(ctx, ready(99), "after", command())
	})
}

// A publish whose answer cannot come ends with its context, and the message is there
// once however often it was tried.
func TestPublishOverAHalfOpenConnection(t *testing.T) {
	s := bustest.Server(t)
	near := s.JS(t)
	n := newNetwork(t, s)
	p := bus.NewPublisher(n.js(attentive), quiet)
	n.swallow()
	ctx, cancel := contextThatEnds(t)
	defer cancel()
	start := time.Now()
	require.ErrorIs(t, p.Send(ctx, ready(1), "one", command()), context.DeadlineExceeded)
	require.Less(t, time.Since(start), 30*time.Second)
	sent := make(chan error, 1)
	go func() { sent <- p.Send(context.Background(), ready(2), "two", command()) }()
	bustest.Eventually(t, func() error {
		if len(sent) > 0 {
			return fmt.Errorf("ended over a dead connection: %w", <-sent)
		}
		return nil
	})
	n.mend()
	require.NoError(t, bustest.Receive(t, sent), "one Send outlives a short outage by itself")
	require.NoError(t, p.Send(within(t), ready(2), "two", command()))
	require.NoError(t, p.Send(within(t), ready(1), "one", command()))
	require.EqualValues(t, 2, count(t, near, bus.StreamReady))
}

// A slow network only takes its time: nobody takes it for a dead one.
func TestLatency(t *testing.T) {
	s := bustest.Server(t)
	near := s.JS(t)
	n := newNetwork(t, s)
	js := n.js()
	var disconnected atomic.Bool
	js.Conn().SetDisconnectErrHandler(func(*nats.Conn, error) { disconnected.Store(true) })
	n.slow(200)
	p := bus.NewPublisher(js, quiet)
	r, got := collect(t, js, 10)
	stop := run(t, r)
	const total = 40
	var wg sync.WaitGroup
	for i := range int64(total) {
		wg.Go(func() {
			if err := p.Send(within(t), ready(i+1), fmt.Sprint("slow-", i), command()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	seen := map[int64]bool{}
	for len(seen) < total {
		seen[bustest.Receive(t, got)] = true
	}
	settled(t, near, readyConsumer(10))
	require.NoError(t, r.Healthy())
	require.NoError(t, r.Ready())
	require.NoError(t, stop())
	require.Empty(t, got, "nothing twice")
	require.False(t, disconnected.Load())
}
