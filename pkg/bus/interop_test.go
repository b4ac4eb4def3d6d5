package bus_test

import (
	"context"
	"testing"

	"github.com/ThreeDotsLabs/watermill"
	wmjs "github.com/ThreeDotsLabs/watermill-nats/v2/pkg/jetstream"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Messages of watermill-nats's stock publisher reach our handlers.
func TestInteropStockPublisher(t *testing.T) {
	s := bustest.Server(t)
	js := s.JS(t)
	stock, err := wmjs.NewPublisher(wmjs.PublisherConfig{Conn: s.Conn(t), Logger: watermill.NopLogger{}})
	require.NoError(t, err)
	body, err := bus.Encode(command())
	require.NoError(t, err)
	sent := message.NewMessage("uuid-1", body)
	sent.Metadata.Set("who", "ann")
	require.NoError(t, stock.Publish(ready(3).String(), sent))

	got := make(chan bus.Message, 1)
	r := newRouter(t, js)
	require.NoError(t, r.Handle(readyConsumer(1), func(_ context.Context, m bus.Message) error {
		got <- m
		return nil
	}))
	run(t, r)
	m := bustest.Receive(t, got)
	require.Equal(t, "uuid-1", m.ID)
	require.Equal(t, map[string]string{"who": "ann"}, m.Headers)
	require.NoError(t, bus.Decode(m, new(tradepostv1.InvoiceCommand)))
}

// watermill-nats's stock subscriber reads what we publish, and its acks count.
func TestInteropStockSubscriber(t *testing.T) {
	s := bustest.Server(t)
	js := s.JS(t)
	c := readyConsumer(1)
	stock, err := wmjs.NewSubscriber(wmjs.SubscriberConfig{
		Conn: s.Conn(t), Logger: watermill.NopLogger{},
		ResourceInitializer: func(ctx context.Context, js jetstream.JetStream, _ string) (jetstream.Consumer, func(context.Context, watermill.LoggerAdapter), error) {
			consumer, err := js.CreateOrUpdateConsumer(ctx, c.Stream, jetstream.ConsumerConfig{Durable: c.Durable, FilterSubject: c.Filter})
			return consumer, nil, err
		},
	})
	require.NoError(t, err)
	messages, err := stock.Subscribe(within(t), c.Filter)
	require.NoError(t, err)
	p := bus.NewPublisher(js, quiet)
	require.NoError(t, p.Send(within(t), ready(3), "id-3", command(), bus.WithHeader("who", "ann")))
	m := bustest.Receive(t, messages)
	require.NotEmpty(t, m.UUID)
	require.Equal(t, "ann", m.Metadata.Get("who"))
	require.Equal(t, "tradepost.v1.InvoiceCommand", m.Metadata.Get("ce-type"))
	var decoded tradepostv1.InvoiceCommand
	require.NoError(t, bus.Decode(bus.Message{Body: m.Payload}, &decoded))
	m.Ack()
	settled(t, js, c)
	require.NoError(t, stock.Close())
}

// Our subscriber alone, without our router, under Watermill's own router.
func TestInteropPlainWatermillRouter(t *testing.T) {
	js := bustest.Server(t).JS(t)
	sub, err := bus.NewSubscriber(bus.SubscriberOptions{JS: js, Consumer: readyConsumer(2), Log: quiet})
	require.NoError(t, err)
	p := bus.NewPublisher(js, quiet)
	r := message.NewDefaultRouter(watermill.NopLogger{})
	r.AddHandler("copy", "ready", sub, ready(4).To(bus.StageOutcome).String(), p, func(m *message.Message) ([]*message.Message, error) {
		return message.Messages{m.Copy()}, nil
	})
	ended := make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	go func() { ended <- r.Run(ctx) }()
	require.NoError(t, p.Send(within(t), ready(4), "id-4", command()))
	settled(t, js, readyConsumer(2))
	require.Equal(t, last(t, js, ready(4)).Data, last(t, js, ready(4).To(bus.StageOutcome)).Data)
	cancel()
	require.NoError(t, r.Close())
	require.NoError(t, bustest.Receive(t, ended))
	require.NoError(t, sub.Close())
	_, err = sub.Subscribe(context.Background(), "")
	require.ErrorContains(t, err, "is closed")
}
