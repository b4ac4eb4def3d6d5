package bus_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// put publishes as the stock CLI would: a body, and headers if any.
func put(t testing.TB, js jetstream.JetStream, subject string, body []byte, header nats.Header) {
	t.Helper()
	_, err := js.PublishMsg(within(t), &nats.Msg{Subject: subject, Data: body, Header: header})
	require.NoError(t, err)
}

func good(t testing.TB) []byte {
	t.Helper()
	body, err := bus.Encode(command())
	require.NoError(t, err)
	return body
}

func TestHandMadeMessages(t *testing.T) {
	js := bustest.Server(t).JS(t)
	put(t, js, ready(1).String(), good(t), nil)
	put(t, js, ready(2).String(), good(t), nats.Header{"A": {"first", "second"}, "B": {"only"}, "Nats-Msg-Id": {"by-hand"}})
	got := make(chan bus.Message, 2)
	r := newRouter(t, js)
	require.NoError(t, r.Handle(readyConsumer(1), func(_ context.Context, m bus.Message) error {
		got <- m
		return bus.Decode(m, new(tradepostv1.InvoiceCommand))
	}))
	run(t, r)

	m := bustest.Receive(t, got)
	require.Equal(t, ready(1), m.Subject)
	require.Equal(t, "INVOICE_READY-1", m.ID)
	require.Empty(t, m.Headers)
	require.Equal(t, 1, m.Delivered)
	require.Equal(t, bus.StreamReady, m.Stream)
	require.EqualValues(t, 1, m.Sequence)
	require.WithinDuration(t, time.Now(), m.Published, time.Minute)

	m = bustest.Receive(t, got)
	require.Equal(t, "by-hand", m.ID)
	require.Equal(t, map[string]string{"A": "first", "B": "only"}, m.Headers)
	settled(t, js, readyConsumer(1))
}

// What looks like a status of the server is a message like any other, and nothing
// waits behind it. (Fetch of nats.go takes it for a status.)
func TestMessagesThatLookLikeAStatus(t *testing.T) {
	js := bustest.Server(t).JS(t)
	for i, code := range []string{"503", "404", "409", "100", ""} {
		put(t, js, ready(int64(2*i+1)).String(), nil, nats.Header{"Status": {code}, "Description": {"Consumer Deleted"}})
		put(t, js, ready(int64(2*i+2)).String(), good(t), nil)
	}
	r, got := collect(t, js, 1)
	run(t, r)
	for want := range int64(10) {
		require.Equal(t, want+1, bustest.Receive(t, got))
	}
	settled(t, js, readyConsumer(1))
}

// A handler that takes far longer than AckWait is not run a second time.
func TestSlowHandlerIsDeliveredOnce(t *testing.T) {
	bustest.FakeTime(t, func(t *testing.T, s *bustest.Broker) {
		js := s.JS(t)
		put(t, js, ready(1).String(), good(t), nil)
		var runs atomic.Int32
		c := readyConsumer(3)
		c.AckWait = 30 * time.Second
		r := newRouter(t, js)
		require.NoError(t, r.Handle(c, func(context.Context, bus.Message) error {
			runs.Add(1)
			<-time.After(20 * time.Minute)
			return nil
		}))
		stop := run(t, r)
		<-time.After(21 * time.Minute)
		settled(t, js, c)
		require.EqualValues(t, 1, runs.Load())
		require.NoError(t, r.Healthy())
		require.NoError(t, stop())
	})
}

func TestHandlerTimeout(t *testing.T) {
	bustest.FakeTime(t, func(t *testing.T, s *bustest.Broker) {
		js := s.JS(t)
		put(t, js, ready(1).String(), good(t), nil)
		ended := make(chan error, 1)
		c := readyConsumer(1)
		c.Timeout = 7 * time.Second
		r := newRouter(t, js)
		require.NoError(t, r.Handle(c, func(ctx context.Context, m bus.Message) error {
			if m.Delivered > 1 {
				return nil
			}
			<-ctx.Done()
			ended <- ctx.Err()
			return ctx.Err()
		}))
		stop := run(t, r)
		require.ErrorIs(t, <-ended, context.DeadlineExceeded)
		<-time.After(3 * time.Second)
		settled(t, js, c)
		require.NoError(t, stop())
	})
}

// When a message comes again depends on the class of its handler's error.
func TestDelaysByClass(t *testing.T) {
	boom := errors.New("boom")
	for _, c := range []struct {
		name  string
		err   func(delivered int) error
		gaps  []time.Duration // at least; a quarter and 2 s more at the most
		exact bool
	}{
		{
			"waits as long as asked", func(int) error { return fmt.Errorf("posting: %w", bus.RetryAfter(90*time.Second, boom)) },
			[]time.Duration{90 * time.Second, 90 * time.Second, 90 * time.Second, 90 * time.Second},
			true,
		},
		{
			"failure backs off", func(int) error { return boom },
			[]time.Duration{
				1 * time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 32 * time.Second,
				64 * time.Second, 128 * time.Second, 240 * time.Second, 240 * time.Second,
			},
			false,
		},
		{
			"panic backs off", func(int) error { panic("boom") },
			[]time.Duration{1 * time.Second, 2 * time.Second, 4 * time.Second},
			false,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			bustest.FakeTime(t, func(t *testing.T, s *bustest.Broker) {
				js := s.JS(t)
				put(t, js, ready(1).String(), good(t), nil)
				at := make(chan time.Time, 100)
				r := newRouter(t, js)
				require.NoError(t, r.Handle(readyConsumer(1), func(_ context.Context, m bus.Message) error {
					at <- time.Now()
					if m.Delivered > len(c.gaps) {
						return nil
					}
					return c.err(m.Delivered)
				}))
				stop := run(t, r)
				before := <-at
				for i, gap := range c.gaps {
					now := <-at
					took, most := now.Sub(before), gap+gap/4+2*time.Second
					if c.exact {
						most = gap + 2*time.Second
					}
					require.GreaterOrEqual(t, took, gap, "gap %d", i+1)
					require.LessOrEqual(t, took, most, "gap %d", i+1)
					before = now
				}
				settled(t, js, readyConsumer(1))
				require.NoError(t, stop())
			})
		})
	}
}

// Two replicas never work on more than the limit together.
func TestReplicasShareALimit(t *testing.T) {
	const limit, total = 3, 60
	s := bustest.Server(t)
	js := s.JS(t)
	for i := range total {
		put(t, js, ready(int64(i+1)).String(), good(t), nil)
	}
	var now, most atomic.Int32
	var mu sync.Mutex
	done := map[int64]int{}
	perReplica := map[int]int{}
	for replica := range 2 {
		r := newRouter(t, js)
		require.NoError(t, r.Handle(readyConsumer(limit), func(_ context.Context, m bus.Message) error {
			defer now.Add(-1)
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
			<-time.After(5 * time.Millisecond)
			mu.Lock()
			defer mu.Unlock()
			done[m.Subject.InvoiceID]++
			perReplica[replica]++
			return nil
		}))
		run(t, r)
	}
	settled(t, js, readyConsumer(limit))
	require.LessOrEqual(t, most.Load(), int32(limit))
	require.Len(t, done, total)
	for id, n := range done {
		require.Equal(t, 1, n, "invoice %d", id)
	}
}

// A limit of one keeps the order of the stream, through failures as well.
func TestLimitOfOneKeepsOrder(t *testing.T) {
	bustest.FakeTime(t, func(t *testing.T, s *bustest.Broker) {
		js := s.JS(t)
		for i := range 20 {
			put(t, js, ready(int64(i+1)).String(), good(t), nil)
		}
		var order []int64
		r := newRouter(t, js)
		require.NoError(t, r.Handle(readyConsumer(1), func(_ context.Context, m bus.Message) error {
			if m.Delivered == 1 && m.Subject.InvoiceID%3 == 0 {
				return errors.New("not this time")
			}
			order = append(order, m.Subject.InvoiceID)
			return nil
		}))
		stop := run(t, r)
		<-time.After(time.Minute)
		settled(t, js, readyConsumer(1))
		require.NoError(t, stop())
		require.Len(t, order, 20)
		require.IsIncreasing(t, order)
	})
}
