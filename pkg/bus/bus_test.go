package bus_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
)

var quiet = slog.New(slog.DiscardHandler)

// within is the context of one test.
func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// run starts a router and returns what stops it and waits for its end.
func run(t testing.TB, r *bus.Router) (stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	bustest.Receive(t, r.Running())
	var once bool
	stop = func() error {
		if once {
			return nil
		}
		once = true
		cancel()
		return bustest.Receive(t, ended)
	}
	t.Cleanup(func() { cancel(); _ = stop() })
	return stop
}

func newRouter(t testing.TB, js jetstream.JetStream, change ...func(*bus.RouterOptions)) *bus.Router {
	o := bus.RouterOptions{JS: js, Log: quiet, Service: "test"}
	for _, f := range change {
		f(&o)
	}
	r, err := bus.NewRouter(o)
	require.NoError(t, err)
	return r
}

func ready(id int64) bus.Subject {
	return bus.Subject{Stage: bus.StageReady, Connection: "acme-books", InvoiceID: id}
}

func readyConsumer(inFlight int) bus.Consumer {
	return bus.Consumer{
		Stream: bus.StreamReady, Durable: "deliver-acme-books",
		Filter: bus.ConnectionFilter(bus.StageReady, "acme-books"), MaxInFlight: inFlight,
	}
}

// contextThatEnds is a context for what must fail by time-out.
func contextThatEnds(t testing.TB) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithTimeout(context.Background(), 300*time.Millisecond)
}

// settled waits until a consumer has nothing pending and nothing unacked.
func settled(t testing.TB, js jetstream.JetStream, c bus.Consumer) {
	t.Helper()
	bustest.Eventually(t, func() error {
		consumer, err := js.Consumer(context.Background(), c.Stream, c.Durable)
		if err != nil {
			return err
		}
		info := consumer.CachedInfo()
		if info.NumPending != 0 || info.NumAckPending != 0 || info.Delivered.Stream == 0 {
			return fmt.Errorf("pending %d, unacked %d", info.NumPending, info.NumAckPending)
		}
		return nil
	})
}
