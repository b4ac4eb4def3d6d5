package bus_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

func command() *tradepostv1.InvoiceCommand {
	return &tradepostv1.InvoiceCommand{
		FollowsSend: 1, By: "ann", Command: &tradepostv1.InvoiceCommand_Refresh{Refresh: &tradepostv1.Refresh{}},
	}
}

func TestSendAndHandle(t *testing.T) {
	js := bustest.Server(t).JS(t)
	require.NoError(t, bus.Verify(within(t), js))
	p := bus.NewPublisher(js, quiet)
	subject := bus.Subject{Stage: bus.StageCommand, Connection: "acme-books", InvoiceID: 7}
	require.NoError(t, p.Send(within(t), subject, "one", command()))
	require.NoError(t, p.Send(within(t), subject, "one", command()))

	got := make(chan bus.Message, 10)
	r := newRouter(t, js)
	require.NoError(t, r.Handle(bus.Consumer{Stream: bus.StreamCommand, Durable: "reconcile-commands", MaxInFlight: 4},
		func(_ context.Context, m bus.Message) error {
			var c tradepostv1.InvoiceCommand
			if err := bus.Decode(m, &c); err != nil {
				return err
			}
			got <- m
			return nil
		}))
	stop := run(t, r)
	m := bustest.Receive(t, got)
	require.Equal(t, subject, m.Subject)
	require.Equal(t, "tradepost.v1.InvoiceCommand", m.Headers["ce-type"])
	require.NoError(t, r.Healthy())
	require.NoError(t, stop())
	require.Empty(t, got)
}
