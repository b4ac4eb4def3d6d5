package bus_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
)

// limit sets how many bytes a stream may hold; -1 is no limit. Its messages have no
// age then: see FakeTime on ageing.
func limit(t testing.TB, js jetstream.JetStream, name string, maxBytes int64) {
	t.Helper()
	s, err := js.Stream(context.Background(), name)
	require.NoError(t, err)
	c := s.CachedInfo().Config
	c.MaxBytes, c.MaxAge = maxBytes, 0
	_, err = js.UpdateStream(context.Background(), c)
	require.NoError(t, err)
}

// A stage whose next stream is full says so, keeps its messages, and goes on by
// itself when there is room; each message leads to one message then.
func TestStreamFull(t *testing.T) {
	const total = 30
	for _, stage := range []bus.Stage{bus.StageReceived, bus.StageOutcome, bus.StageCommand} {
		t.Run(string(stage), func(t *testing.T) {
			bustest.FakeTime(t, func(t *testing.T, s *bustest.Broker) {
				js := s.JS(t)
				stream := bus.StreamFor(stage)
				for i := range int64(total) {
					put(t, js, ready(i+1).String(), good(t), nil)
				}
				limit(t, js, stream, 3000)
				p := bus.NewPublisher(js, quiet)
				r := newRouter(t, js)
				var first error
				require.NoError(t, r.Handle(readyConsumer(1), func(ctx context.Context, m bus.Message) error {
					err := p.Send(ctx, m.Subject.To(stage), fmt.Sprint("full/", m.Subject.InvoiceID), command())
					if first == nil {
						first = err
					}
					return err
				}))
				stop := run(t, r)
				<-time.After(20 * time.Minute)
				held := count(t, js, stream)
				require.Positive(t, held)
				require.Less(t, held, uint64(total))
				require.ErrorIs(t, first, bus.ErrStreamFull)
				require.ErrorContains(t, first, "the stream is full (stream "+stream+")")
				require.ErrorContains(t, p.Ready(), stream)
				require.NoError(t, r.Healthy(), "a restart of the process would not help")
				pending(t, js, readyConsumer(1), total-int(held))

				limit(t, js, stream, -1)
				<-time.After(40 * time.Second)
				require.NoError(t, p.Ready())
				settled(t, js, readyConsumer(1))
				require.EqualValues(t, total, count(t, js, stream))
				require.NoError(t, stop())
			})
		})
	}
}

// Readiness returns when there is room, also when nobody publishes meanwhile, and
// stays away for as long as there is none.
func TestReadyAgainWhenThereIsRoom(t *testing.T) {
	bustest.FakeTime(t, func(t *testing.T, s *bustest.Broker) {
		js := s.JS(t)
		p := bus.NewPublisher(js, quiet)
		limit(t, js, bus.StreamOutcome, 10)
		to := ready(1).To(bus.StageOutcome)
		ready := func() error {
			for range 2 { // The first looks, the next knows.
				_ = p.Ready()
				<-time.After(3 * time.Second)
			}
			return p.Ready()
		}
		require.ErrorIs(t, p.Send(context.Background(), to, "one", command()), bus.ErrStreamFull)
		for range 100 {
			require.ErrorIs(t, ready(), bus.ErrStreamFull)
		}
		limit(t, js, bus.StreamOutcome, -1)
		require.NoError(t, ready())

		require.NoError(t, js.DeleteStream(context.Background(), bus.StreamOutcome))
		require.ErrorContains(t, p.Send(context.Background(), to, "two", command()), "no stream takes it; run `tradepost nats apply`")
		require.ErrorIs(t, ready(), jetstream.ErrNoStreamResponse)
		_, err := bus.Apply(context.Background(), js, bus.ApplyOptions{})
		require.NoError(t, err)
		require.NoError(t, ready())
		<-time.After(5 * time.Second)
	})
}

// Where dead letters find no room, the message stays, and the router is not ready.
func TestDeadLettersFull(t *testing.T) {
	bustest.FakeTime(t, func(t *testing.T, s *bustest.Broker) {
		js := s.JS(t)
		limit(t, js, bus.StreamDead, 10)
		put(t, js, ready(1).String(), []byte("rubbish"), nil)
		put(t, js, ready(2).String(), good(t), nil)
		r := newRouter(t, js)
		require.NoError(t, r.Handle(readyConsumer(2), decoding))
		stop := run(t, r)
		<-time.After(10 * time.Minute)
		require.ErrorContains(t, r.Ready(), bus.StreamDead)
		pending(t, js, readyConsumer(2), 1)
		limit(t, js, bus.StreamDead, -1)
		<-time.After(time.Minute)
		settled(t, js, readyConsumer(2))
		require.NoError(t, r.Ready())
		require.EqualValues(t, 1, count(t, js, bus.StreamDead))
		require.NoError(t, stop())
	})
}

// The limit of the server's disk counts for every stream, those without a limit of
// their own, too: INVOICE_READY drops nothing for it.
func TestDiskFull(t *testing.T) {
	s := bustest.Server(t, func(o *server.Options) { o.JetStreamMaxStore = 64 << 10 })
	js := s.JS(t)
	p := bus.NewPublisher(js, quiet)
	var err error
	sent := int64(0)
	for ; err == nil && sent < 5000; sent++ {
		err = p.Send(within(t), ready(sent+1), "", command())
	}
	require.ErrorIs(t, err, bus.ErrStreamFull)
	require.ErrorIs(t, p.Ready(), bus.ErrStreamFull)
	require.EqualValues(t, sent-1, count(t, js, bus.StreamReady), "what was accepted is there")
	kv, err := js.KeyValue(within(t), bus.BucketInvoices)
	require.NoError(t, err)
	_, err = kv.PutString(within(t), "acme.1", "{}")
	require.Error(t, err, "a record has no room either")
	stream, err := js.Stream(within(t), bus.StreamReady)
	require.NoError(t, err)
	require.NoError(t, stream.Purge(within(t)))
	bustest.Eventually(t, func() error { return p.Send(within(t), ready(1), "", command()) })
	require.NoError(t, p.Ready())
	_, err = kv.PutString(within(t), "acme.1", "{}")
	require.NoError(t, err)
}

// A handler that meets a full bucket waits for room like one that meets a full stream.
func TestFullBucketIsNoFailure(t *testing.T) {
	bustest.FakeTime(t, func(t *testing.T, s *bustest.Broker) {
		js := s.JS(t)
		limit(t, js, "KV_"+bus.BucketInvoices, 10)
		put(t, js, ready(1).String(), good(t), nil)
		kv, err := js.KeyValue(context.Background(), bus.BucketInvoices)
		require.NoError(t, err)
		var at []time.Time
		r := newRouter(t, js)
		require.NoError(t, r.Handle(readyConsumer(1), func(ctx context.Context, _ bus.Message) error {
			at = append(at, time.Now())
			_, err := kv.PutString(ctx, "acme.1", "{}")
			if err != nil {
				err = fmt.Errorf("write the record: %w", err)
			}
			return err
		}))
		stop := run(t, r)
		<-time.After(20 * time.Minute)
		require.Greater(t, len(at), 30, "asks again every half minute")
		limit(t, js, "KV_"+bus.BucketInvoices, -1)
		<-time.After(40 * time.Second)
		settled(t, js, readyConsumer(1))
		require.NoError(t, stop())
	})
}

// A stream that is deleted while the router runs and made again: it binds again by
// itself, with nothing restarted, and its consumers take what comes.
func TestStreamDeletedWhileRunning(t *testing.T) {
	js := bustest.Server(t).JS(t)
	r, got := collect(t, js, 3)
	run(t, r)
	p := bus.NewPublisher(js, quiet)
	for round := range int64(3) {
		require.NoError(t, p.Send(within(t), ready(round+1), "", command()))
		require.Equal(t, round+1, bustest.Receive(t, got))
		require.NoError(t, js.DeleteStream(within(t), bus.StreamReady))
		bustest.Eventually(t, func() error {
			if err := r.Ready(); !errors.Is(err, jetstream.ErrStreamNotFound) {
				return fmt.Errorf("readiness says %w", err)
			}
			return r.Healthy()
		})
		require.ErrorIs(t, p.Send(within(t), ready(9), "", command()), jetstream.ErrNoStreamResponse)
		_, err := bus.Apply(within(t), js, bus.ApplyOptions{})
		require.NoError(t, err)
		bustest.EventuallyWithin(t, 10*time.Second, r.Ready)
		bustest.EventuallyWithin(t, 10*time.Second, p.Ready)
	}
	require.Empty(t, got)
}
