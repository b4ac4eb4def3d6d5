package bus_test

import (
	"context"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
)

func connectionConsumer(connection string) bus.Consumer { return bus.ReadyConsumer(connection, 1) }

// Connections come, go and come back while the router runs; the last one may go.
func TestHandlersWhileRunning(t *testing.T) {
	js := bustest.Server(t).JS(t)
	p := bus.NewPublisher(js, quiet)
	got := make(chan string, 100)
	handler := func(_ context.Context, m bus.Message) error {
		got <- m.Raw
		return nil
	}
	r := newRouter(t, js)
	stop := run(t, r)
	for round := range int64(3) {
		for _, connection := range []string{"one", "two"} {
			require.NoError(t, r.Handle(connectionConsumer(connection), handler))
			subject := bus.Subject{Stage: bus.StageReady, Connection: connection, InvoiceID: round + 1}
			require.NoError(t, p.Send(within(t), subject, "", command()))
			require.Equal(t, subject.String(), bustest.Receive(t, got), "it goes on where it was")
			settled(t, js, connectionConsumer(connection))
		}
		require.ErrorContains(t, r.Handle(connectionConsumer("one"), handler), "has a handler already")
		require.NoError(t, r.Remove("deliver-one"))
		require.NoError(t, r.Remove("deliver-two"))
		require.ErrorContains(t, r.Remove("deliver-two"), "has no handler")
	}
	require.NoError(t, r.Healthy())
	require.NoError(t, r.Ready())
	require.NoError(t, stop())
	require.ErrorContains(t, r.Handle(connectionConsumer("three"), handler), "the router has stopped")
	require.ErrorContains(t, r.Run(context.Background()), "it was run already")
}

func TestRouterRefusals(t *testing.T) {
	js := bustest.Server(t).JS(t)
	_, err := bus.NewRouter(bus.RouterOptions{JS: js})
	require.ErrorContains(t, err, "JS, Log and Service are required")
	r := newRouter(t, js)
	for _, c := range []struct {
		consumer bus.Consumer
		err      string
	}{
		{bus.Consumer{Durable: "d", MaxInFlight: 1}, "the stream is missing"},
		{bus.Consumer{Stream: "S", Durable: "a.b", MaxInFlight: 1}, `consumer "a.b": the durable name`},
		{bus.Consumer{Stream: "S", Durable: "d"}, "MaxInFlight is 0"},
		{bus.Consumer{Stream: "S", Durable: "d", MaxInFlight: 1, AckWait: time.Millisecond}, "AckWait is 1ms, must be 100ms or more"},
		{bus.Consumer{Stream: "S", Durable: "d", MaxInFlight: 1, Timeout: -1}, "Timeout must not be negative"},
	} {
		require.ErrorContains(t, r.Handle(c.consumer, nil), c.err)
	}
	require.NoError(t, r.Handle(connectionConsumer("one"), nil))
	require.ErrorContains(t, r.Remove("deliver-one"), "does not run")
}

func TestRouterStopsBeforeItRan(t *testing.T) {
	js := bustest.Server(t).JS(t)
	r, _ := collect(t, js, 1)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.NoError(t, r.Run(ctx))
}

func TestClosedConnectionIsUnhealthy(t *testing.T) {
	js := bustest.Server(t).JS(t)
	r, _ := collect(t, js, 1)
	run(t, r)
	bustest.Eventually(t, r.Ready)
	require.NoError(t, r.Healthy())
	js.Conn().Close()
	require.ErrorContains(t, r.Healthy(), "the NATS connection is closed")
	require.ErrorContains(t, r.Ready(), "NATS is not connected")
}

// Middleware from outside, for tracing, sees the delivery and its headers.
func TestOuterMiddleware(t *testing.T) {
	js := bustest.Server(t).JS(t)
	type key struct{}
	r := newRouter(t, js, func(o *bus.RouterOptions) {
		o.Middleware = []message.HandlerMiddleware{func(next message.HandlerFunc) message.HandlerFunc {
			return func(m *message.Message) ([]*message.Message, error) {
				if d, ok := bus.DeliveryFrom(m.Context()); ok && d.Meta.Stream == bus.StreamReady {
					m.SetContext(context.WithValue(m.Context(), key{}, m.Metadata.Get("traceparent")))
				}
				return next(m)
			}
		}}
	})
	got := make(chan any, 1)
	require.NoError(t, r.Handle(readyConsumer(1), func(ctx context.Context, _ bus.Message) error {
		got <- ctx.Value(key{})
		return nil
	}))
	run(t, r)
	require.NoError(t, bus.NewPublisher(js, quiet).Send(within(t), ready(1), "", command(), bus.WithHeader("traceparent", "00-1")))
	require.Equal(t, "00-1", bustest.Receive(t, got))
}
