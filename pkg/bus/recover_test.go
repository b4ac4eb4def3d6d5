package bus_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
)

// collect handles ready messages into a channel of invoice ids.
func collect(t testing.TB, js jetstream.JetStream, inFlight int) (*bus.Router, chan int64) {
	t.Helper()
	got := make(chan int64, 1000)
	r := newRouter(t, js)
	require.NoError(t, r.Handle(readyConsumer(inFlight), func(_ context.Context, m bus.Message) error {
		got <- m.Subject.InvoiceID
		return nil
	}))
	return r, got
}

func TestConsumerDeletedWhileRunning(t *testing.T) {
	js := bustest.Server(t).JS(t)
	r, got := collect(t, js, 2)
	run(t, r)
	for i := range int64(5) {
		put(t, js, ready(i+1).String(), good(t), nil)
		// Made anew, the consumer begins with the first message that is kept.
		again := map[int64]bool{}
		for range i + 1 {
			again[bustest.Receive(t, got)] = true
		}
		require.Len(t, again, int(i+1))
		settled(t, js, readyConsumer(2))
		start := time.Now()
		require.NoError(t, js.DeleteConsumer(within(t), bus.StreamReady, "deliver-acme-books"))
		bustest.Eventually(t, func() error {
			_, err := js.Consumer(context.Background(), bus.StreamReady, "deliver-acme-books")
			return err
		})
		require.Less(t, time.Since(start), 15*time.Second, "at the latest two missing heartbeats tell")
	}
	bustest.Eventually(t, r.Ready)
}

func TestStreamMissingAtFirst(t *testing.T) {
	js := bustest.Server(t).BareJS(t)
	r, got := collect(t, js, 2)
	run(t, r)
	bustest.Eventually(t, func() error {
		err := r.Ready()
		if err == nil {
			return errors.New("ready without a stream")
		}
		if !errors.Is(err, jetstream.ErrStreamNotFound) {
			return err
		}
		return nil
	})
	require.ErrorContains(t, r.Ready(), "stream INVOICE_READY is missing; run `tradepost nats apply`")
	require.NoError(t, r.Healthy(), "a restart of the process would not help")
	_, err := bus.Apply(within(t), js, bus.ApplyOptions{})
	require.NoError(t, err)
	put(t, js, ready(1).String(), good(t), nil)
	require.EqualValues(t, 1, bustest.Receive(t, got))
	require.NoError(t, r.Ready())
}

func TestServerRestart(t *testing.T) {
	s := bustest.Server(t)
	js := s.JS(t)
	r, got := collect(t, js, 2)
	run(t, r)
	for i := range int64(3) {
		put(t, js, ready(i+1).String(), good(t), nil)
		require.Equal(t, i+1, bustest.Receive(t, got))
		settled(t, js, readyConsumer(2))
		s.Stop()
		bustest.Eventually(t, func() error {
			if r.Ready() == nil {
				return errors.New("ready without a server")
			}
			return r.Healthy()
		})
		s.StartAgain(t)
		bustest.EventuallyWithin(t, 10*time.Second, r.Ready)
	}
	put(t, js, ready(9).String(), good(t), nil)
	require.EqualValues(t, 9, bustest.Receive(t, got))
	require.Empty(t, got, "nothing twice: the server kept the acks")
}

// Under load the server is restarted again and again: every message is handled.
func TestRestartUnderLoad(t *testing.T) {
	const total = 150
	s := bustest.Server(t)
	js := s.JS(t)
	c := readyConsumer(8)
	c.AckWait = time.Second
	seen := make(chan int64, 10*total)
	r := newRouter(t, js)
	require.NoError(t, r.Handle(c, func(_ context.Context, m bus.Message) error {
		<-time.After(2 * time.Millisecond)
		seen <- m.Subject.InvoiceID
		return nil
	}))
	run(t, r)
	publisher := bus.NewPublisher(s.JS(t), quiet)
	sent := make(chan error, 1)
	go func() {
		for id := int64(1); id <= total; id++ {
			for try := 0; ; try++ {
				err := publisher.Send(context.Background(), ready(id), fmt.Sprint("id-", id), command())
				if err == nil {
					break
				}
				if try == 20 {
					sent <- err
					return
				}
			}
		}
		sent <- nil
	}()
	handled := map[int64]bool{}
	for restarts := 0; len(handled) < total; {
		handled[bustest.Receive(t, seen)] = true
		if restarts < 3 && len(handled) >= (restarts+1)*total/4 {
			restarts++
			s.Restart(t)
		}
	}
	require.NoError(t, bustest.Receive(t, sent))
	settled(t, js, c)
}

// A settings change on a running consumer is taken over by the next replica.
func TestChangedLimitAndPauseStay(t *testing.T) {
	js := bustest.Server(t).JS(t)
	first, _ := collect(t, js, 2)
	stop := run(t, first)
	bustest.Eventually(t, first.Ready)
	require.NoError(t, stop())
	_, err := js.PauseConsumer(within(t), bus.StreamReady, "deliver-acme-books", time.Now().Add(time.Hour))
	require.NoError(t, err)

	second, got := collect(t, js, 5)
	run(t, second)
	bustest.Eventually(t, second.Ready)
	put(t, js, ready(1).String(), good(t), nil)
	consumer, err := js.Consumer(within(t), bus.StreamReady, "deliver-acme-books")
	require.NoError(t, err)
	require.Equal(t, 5, consumer.CachedInfo().Config.MaxAckPending)
	require.True(t, consumer.CachedInfo().Paused, "the pause stays")
	require.Empty(t, got)
	_, err = js.ResumeConsumer(within(t), bus.StreamReady, "deliver-acme-books")
	require.NoError(t, err)
	require.EqualValues(t, 1, bustest.Receive(t, got))
}

func TestNoGoroutineIsLeft(t *testing.T) {
	js := bustest.Server(t).JS(t)
	before := goleak.IgnoreCurrent()
	for range 3 {
		r, got := collect(t, js, 3)
		stop := run(t, r)
		put(t, js, ready(1).String(), good(t), nil)
		bustest.Receive(t, got)
		settled(t, js, readyConsumer(3))
		require.NoError(t, js.DeleteConsumer(within(t), bus.StreamReady, "deliver-acme-books"))
		bustest.Eventually(t, func() error {
			_, err := js.Consumer(context.Background(), bus.StreamReady, "deliver-acme-books")
			return err
		})
		require.NoError(t, stop())
		require.NoError(t, js.DeleteConsumer(within(t), bus.StreamReady, "deliver-acme-books"))
	}
	goleak.VerifyNone(t, before)
}
