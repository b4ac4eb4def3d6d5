package bus_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
)

// stalling stops the fetch loop in its tracks: a call of the real server's API that
// does not return, whatever its context says.
type stalling struct {
	jetstream.JetStream
	stall  atomic.Bool
	resume chan struct{}
}

func (s *stalling) Consumer(ctx context.Context, stream, durable string) (jetstream.Consumer, error) {
	if s.stall.Load() {
		<-s.resume
	}
	return s.JetStream.Consumer(ctx, stream, durable)
}

// A fetch loop that is stuck is found by the liveness probe within its minute; the
// same loop was healthy before, and is when it moves again.
func TestAStalledLoopIsFound(t *testing.T) {
	bustest.FakeTime(t, func(t *testing.T, s *bustest.Broker) {
		js := &stalling{JetStream: s.JS(t), resume: make(chan struct{})}
		r, got := collect(t, js, 1)
		stop := run(t, r)
		<-time.After(time.Hour)
		require.NoError(t, r.Healthy(), "an hour without a message is no stall")
		js.stall.Store(true)
		require.NoError(t, js.DeleteConsumer(context.Background(), bus.StreamReady, "deliver-acme-books"))
		<-time.After(50 * time.Second)
		require.NoError(t, r.Healthy())
		<-time.After(30 * time.Second)
		require.ErrorContains(t, r.Healthy(), "consumer deliver-acme-books of INVOICE_READY: the fetch loop has not moved for 1m20s")
		js.stall.Store(false)
		close(js.resume)
		put(t, js, ready(1).String(), good(t), nil)
		require.EqualValues(t, 1, <-got)
		require.NoError(t, r.Healthy())
		require.NoError(t, stop())
	})
}

// So is a loop whose messages nobody takes: it goes round, but nothing is done.
func TestMessagesThatNobodyTakesAreFound(t *testing.T) {
	bustest.FakeTime(t, func(t *testing.T, s *bustest.Broker) {
		js := s.JS(t)
		put(t, js, ready(1).String(), good(t), nil)
		put(t, js, ready(2).String(), good(t), nil)
		sub, err := bus.NewSubscriber(bus.SubscriberOptions{JS: js, Consumer: readyConsumer(2), Log: quiet})
		require.NoError(t, err)
		messages, err := sub.Subscribe(context.Background(), "")
		require.NoError(t, err)
		<-time.After(50 * time.Second)
		require.NoError(t, sub.Healthy())
		<-time.After(20 * time.Second)
		require.ErrorContains(t, sub.Healthy(), "nobody has taken 2 messages for 1m0s")
		for range 2 {
			(<-messages).Ack()
		}
		<-time.After(time.Second)
		require.NoError(t, sub.Healthy())
		settled(t, js, readyConsumer(2))
		require.NoError(t, sub.Close())
	})
}
