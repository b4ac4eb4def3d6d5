// Package bare is the peer of the benchmark: four stages on plain nats.go that
// decode, encode and publish the bodies of the pipeline's messages, and write the
// record as often as the pipeline does. It claims nothing, looks for nothing, calls
// nobody and recovers from nothing; what the pipeline costs more is the price of its
// promises (and of its HTTP calls).
package bare

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
)

const (
	// SubjectSend takes a JSON list of invoice ids and answers when they are accepted.
	SubjectSend = "bench.send"
	// SubjectDone tells the id of each invoice that went through all stages.
	SubjectDone = "bench.done"
	stages      = 4
)

// Options of a chain.
type Options struct {
	URL string
	// Bodies is the file of WriteBodies.
	Bodies string
	// Connection is the one that the messages belong to.
	Connection string
	// Account begins the keys of the records.
	Account string
	// Writes is how often the record of each invoice is written, over all stages.
	Writes int
	// Workers is how many invoices each stage works on at once.
	Workers int
}

// chain is the four stages on one connection.
type chain struct {
	o      Options
	nc     *nats.Conn
	js     jetstream.JetStream
	kv     jetstream.KeyValue
	bodies map[int64]*set
	failed chan error
}

// Run runs the chain until ctx ends or a step fails. ready is called when it
// listens. The streams and buckets are there already.
func Run(ctx context.Context, o Options, ready func()) error {
	nc, err := nats.Connect(o.URL)
	if err != nil {
		return fmt.Errorf("connect to %s: %w", o.URL, err)
	}
	defer nc.Close()
	c := &chain{o: o, nc: nc, failed: make(chan error, 1)}
	if err := c.open(ctx); err != nil {
		return err
	}
	steps := []step{
		{bus.StreamReceived, bus.StageReceived, func() proto.Message { return &tradepostv1.InvoiceReceived{} }, c.transform},
		{bus.StreamReady, bus.StageReady, func() proto.Message { return &tradepostv1.InvoiceReady{} }, c.deliver},
		{bus.StreamOutcome, bus.StageOutcome, func() proto.Message { return &tradepostv1.InvoiceOutcome{} }, c.reconcile},
	}
	for _, s := range steps {
		if err := c.consume(ctx, s); err != nil {
			return err
		}
	}
	if _, err := nc.Subscribe(SubjectSend, func(m *nats.Msg) { c.ingest(ctx, m) }); err != nil {
		return fmt.Errorf("subscribe to %s: %w", SubjectSend, err)
	}
	ready()
	select {
	case <-ctx.Done():
		return nil
	case err := <-c.failed:
		return err
	}
}

func (c *chain) open(ctx context.Context) (err error) {
	if c.bodies, err = readBodies(c.o.Bodies); err != nil {
		return err
	}
	if c.js, err = jetstream.New(c.nc); err != nil {
		return fmt.Errorf("open JetStream: %w", err)
	}
	if c.kv, err = c.js.KeyValue(ctx, bus.BucketInvoices); err != nil {
		return fmt.Errorf("open the bucket %s: %w", bus.BucketInvoices, err)
	}
	return nil
}

// step is one consuming stage: what it takes, and what it does with it.
type step struct {
	stream string
	stage  bus.Stage
	empty  func() proto.Message
	work   func(ctx context.Context, id int64) error
}

func (c *chain) consume(ctx context.Context, s step) error {
	consumer, err := c.js.CreateOrUpdateConsumer(ctx, s.stream, jetstream.ConsumerConfig{
		Durable: "bare-" + string(s.stage), AckPolicy: jetstream.AckExplicitPolicy,
		MaxAckPending: c.o.Workers, FilterSubject: bus.StageFilter(s.stage),
	})
	if err != nil {
		return fmt.Errorf("make the consumer of %s: %w", s.stream, err)
	}
	slots := make(chan struct{}, c.o.Workers)
	_, err = consumer.Consume(func(m jetstream.Msg) {
		slots <- struct{}{}
		go func() {
			defer func() { <-slots }()
			c.fail(c.take(ctx, s, m))
		}()
	}, jetstream.PullMaxMessages(c.o.Workers))
	if err != nil {
		return fmt.Errorf("consume %s: %w", s.stream, err)
	}
	return nil
}

func (c *chain) take(ctx context.Context, s step, m jetstream.Msg) error {
	if err := protojson.Unmarshal(m.Data(), s.empty()); err != nil {
		return fmt.Errorf("decode %s: %w", m.Subject(), err)
	}
	id, err := strconv.ParseInt(m.Subject()[strings.LastIndexByte(m.Subject(), '.')+1:], 10, 64)
	if err != nil {
		return fmt.Errorf("subject %s: %w", m.Subject(), err)
	}
	if err := s.work(ctx, id); err != nil {
		return err
	}
	return m.Ack()
}

// fail ends the chain: a peer that lost a message would look fast.
func (c *chain) fail(err error) {
	if err == nil {
		return
	}
	select {
	case c.failed <- err:
	default:
	}
}

func (c *chain) ingest(ctx context.Context, m *nats.Msg) {
	var ids []int64
	if err := json.Unmarshal(m.Data, &ids); err != nil {
		c.fail(fmt.Errorf("%s: %w", SubjectSend, err))
		return
	}
	if err := m.Respond(nil); err != nil {
		c.fail(err)
		return
	}
	g := errgroup.Group{}
	g.SetLimit(c.o.Workers)
	for _, id := range ids {
		g.Go(func() error { return c.begin(ctx, id) })
	}
	c.fail(g.Wait())
}
