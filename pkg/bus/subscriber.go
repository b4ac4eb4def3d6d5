package bus

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
)

const defaultDrain = 20 * time.Second

// SubscriberOptions says what a Subscriber consumes, and how.
type SubscriberOptions struct {
	JS       jetstream.JetStream
	Consumer Consumer
	Log      *slog.Logger
	// Service is a label of the metrics; "" takes the connection's name.
	Service    string
	Registerer prometheus.Registerer
	// Drain is how long messages that are being handled may take to finish after
	// Close; then their contexts end. 0 = 20 s.
	Drain time.Duration

	metrics *metrics
	// binding is filled by those that are being bound; nil: without a limit.
	binding chan struct{}
}

// Subscriber hands the messages of one durable consumer to Watermill. It fetches
// only as many as can start at once, tells the server that slow ones are alive,
// waits for the server to confirm each ack, and binds the consumer again when it
// is lost. It implements message.Subscriber and owns no connection.
type Subscriber struct {
	o       SubscriberOptions
	metrics *metrics

	mu     sync.Mutex
	closed bool
	loops  []*loop
}

var _ message.Subscriber = (*Subscriber)(nil)

// NewSubscriber returns a subscriber, or an error naming what is wrong with the consumer.
func NewSubscriber(o SubscriberOptions) (*Subscriber, error) {
	if err := o.Consumer.validate(); err != nil {
		return nil, err
	}
	o.Consumer = o.Consumer.withDefaults()
	if o.Drain == 0 {
		o.Drain = defaultDrain
	}
	if o.Service == "" {
		o.Service = o.JS.Conn().Opts.Name
	}
	if o.metrics == nil {
		o.metrics = newMetrics(o.Registerer)
	}
	o.Log = o.Log.With("durable", o.Consumer.Durable, "stream", o.Consumer.Stream)
	return &Subscriber{o: o, metrics: o.metrics}, nil
}

// Subscribe starts to fetch; topic is only a name, since the consumer declares the
// subjects. It does not fail when the server or the consumer is away: it goes on
// trying, and Ready tells. The channel closes after ctx ended or Close was called,
// once the messages in flight are done. Part of Watermill's message.Subscriber.
func (s *Subscriber) Subscribe(ctx context.Context, _ string) (<-chan *message.Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, fmt.Errorf("subscribe to %s: the subscriber is closed", s.o.Consumer.Durable)
	}
	l := newLoop(ctx, s)
	s.loops = append(s.loops, l)
	go l.run()
	return l.out, nil
}

// Close stops fetching, gives back what has not started, waits for the messages in
// flight (Drain at the most) and their acks, and returns. The error says how many
// handlers did not return even after their context ended; the server delivers
// their messages again. The connection stays open.
func (s *Subscriber) Close() error {
	s.mu.Lock()
	s.closed = true
	loops := s.loops
	s.mu.Unlock()
	for _, l := range loops {
		l.stop()
	}
	var left int64
	for _, l := range loops {
		<-l.done
		left += l.abandoned.Load()
	}
	if left > 0 {
		return fmt.Errorf("close consumer %s: %d handlers did not return within %s", s.o.Consumer.Durable, left, s.o.Drain+abandonGrace)
	}
	return nil
}

// Healthy returns an error when the fetch loop stands still, which only a defect
// can cause: the process should be restarted.
func (s *Subscriber) Healthy() error { return s.each((*loop).healthy) }

// Ready returns an error while the consumer is not bound (the server is away, the
// stream is missing, no permission).
func (s *Subscriber) Ready() error { return s.each((*loop).ready) }

func (s *Subscriber) each(check func(*loop) error) error {
	s.mu.Lock()
	loops := s.loops
	s.mu.Unlock()
	for _, l := range loops {
		if err := check(l); err != nil {
			return fmt.Errorf("consumer %s of %s: %w", s.o.Consumer.Durable, s.o.Consumer.Stream, err)
		}
	}
	return nil
}
