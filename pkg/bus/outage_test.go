package bus_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
)

// unsynced makes a server fast where its durability is not what is tested.
func unsynced(o *server.Options) { o.SyncAlways = false }

// chain is the way of an invoice: each stage consumes one stream and publishes on the
// next, over a connection of its own with the options of production.
type chain struct {
	routers []*bus.Router
	stops   []func() error
	mu      sync.Mutex
	settled map[int64]bool
}

var way = []bus.Stage{bus.StageReceived, bus.StageReady, bus.StageOutcome, bus.StageSettled}

func service(t testing.TB, s *bustest.Broker, name string) jetstream.JetStream {
	t.Helper()
	nc, err := bus.Connect(context.Background(), bus.ConnectOptions{URL: s.URL(), InProcess: s, Name: name})
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	require.NoError(t, err)
	return js
}

func startChain(t testing.TB, s *bustest.Broker) *chain {
	t.Helper()
	c := &chain{settled: map[int64]bool{}}
	for i, from := range way {
		js := service(t, s, string(from))
		p := bus.NewPublisher(js, quiet)
		r := newRouter(t, js)
		consumer := bus.Consumer{Stream: bus.StreamFor(from), Durable: "chain-" + string(from), Filter: bus.StageFilter(from), MaxInFlight: 8}
		require.NoError(t, r.Handle(consumer, func(ctx context.Context, m bus.Message) error {
			if i == len(way)-1 {
				c.mu.Lock()
				defer c.mu.Unlock()
				c.settled[m.Subject.InvoiceID] = true
				return nil
			}
			to := m.Subject.To(way[i+1])
			return p.Send(ctx, to, fmt.Sprint(to), command())
		}))
		c.routers = append(c.routers, r)
		c.stops = append(c.stops, run(t, r))
	}
	return c
}

func (c *chain) stop(t testing.TB) {
	t.Helper()
	for _, stop := range c.stops {
		require.NoError(t, stop())
	}
}

// await waits until so many invoices have come through.
func (c *chain) await(t testing.TB, total int, limit time.Duration) {
	t.Helper()
	bustest.EventuallyWithin(t, limit, func() error {
		c.mu.Lock()
		defer c.mu.Unlock()
		if len(c.settled) < total {
			return fmt.Errorf("%d of %d came through", len(c.settled), total)
		}
		return nil
	})
}

// NATS is gone for a minute under load: nothing is lost, and every stage is ready
// within 10 s of its return, with the options of production.
func TestNATSGoneForAMinute(t *testing.T) {
	bustest.FakeTime(t, func(t *testing.T, s *bustest.Broker) {
		const total = 600
		s.Ageless(t, s.JS(t))
		c := startChain(t, s)
		p := bus.NewPublisher(service(t, s, "load"), quiet)
		sent := make(chan struct{})
		go func() {
			defer close(sent)
			for id := int64(1); id <= total; id++ {
				<-time.After(300 * time.Millisecond)
				to := ready(id).To(bus.StageReceived)
				for p.Send(context.Background(), to, fmt.Sprint(to), command()) != nil {
				}
			}
		}()
		<-time.After(time.Minute)
		s.Stop()
		<-time.After(time.Minute)
		for _, r := range c.routers {
			require.ErrorContains(t, r.Ready(), "NATS is not connected")
			require.NoError(t, r.Healthy())
		}
		s.StartAgain(t)
		back := time.Now()
		for _, r := range c.routers {
			bustest.EventuallyWithin(t, 10*time.Second-time.Since(back), r.Ready)
		}
		<-sent
		c.await(t, total, 10*time.Minute)
		c.stop(t)
	})
}

// 5,000 messages at once over two replicas of every stage.
func TestBurst(t *testing.T) {
	const total = 5000
	s := bustest.Server(t, unsynced)
	js := s.JS(t)
	first, second := startChain(t, s), startChain(t, s)
	for id := range int64(total) {
		_, err := js.PublishAsync(ready(id+1).To(bus.StageReceived).String(), good(t))
		require.NoError(t, err)
	}
	bustest.EventuallyWithin(t, 5*time.Minute, func() error {
		all := map[int64]bool{}
		for _, c := range []*chain{first, second} {
			c.mu.Lock()
			for id := range c.settled {
				all[id] = true
			}
			c.mu.Unlock()
		}
		if len(all) < total {
			return fmt.Errorf("%d of %d came through", len(all), total)
		}
		return nil
	})
	for _, stage := range way {
		require.EqualValues(t, total, count(t, js, bus.StreamFor(stage)), "%s: each once", stage)
		consumer, err := js.Consumer(within(t), bus.StreamFor(stage), "chain-"+string(stage))
		require.NoError(t, err)
		require.EqualValues(t, total, consumer.CachedInfo().Delivered.Consumer, "%s: none had to come again", stage)
	}
	require.NotEmpty(t, first.settled)
	require.NotEmpty(t, second.settled)
	first.stop(t)
	second.stop(t)
}

// Consumers are deleted again and again under load: nothing is lost, whatever comes twice.
func TestConsumersDeletedUnderLoad(t *testing.T) {
	const total = 400
	s := bustest.Server(t, unsynced)
	js := s.JS(t)
	p := bus.NewPublisher(js, quiet)
	c := startChain(t, s)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for id := range int64(total) {
			if err := p.Send(context.Background(), ready(id+1).To(bus.StageReceived), "", command()); err != nil {
				t.Error(err)
			}
			if stage := way[id/20%4]; id%20 == 0 {
				err := js.DeleteConsumer(context.Background(), bus.StreamFor(stage), "chain-"+string(stage))
				if err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
					t.Error(err)
				}
			}
		}
	}()
	c.await(t, total, 3*time.Minute)
	<-done
	for _, r := range c.routers {
		bustest.Eventually(t, r.Ready)
	}
	c.stop(t)
}
