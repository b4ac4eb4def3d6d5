package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	wmnats "github.com/ThreeDotsLabs/watermill-nats/v2/pkg/nats"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
)

const (
	// publishTimeout bounds one publish, the server's answers included.
	publishTimeout = 10 * time.Second
	// attemptTimeout bounds one try of a message that may be repeated: the answer
	// of a server that was restarted never comes.
	attemptTimeout = 2 * time.Second
)

// Publisher puts messages on the streams. It implements Watermill's
// message.Publisher with the wire format of watermill-nats. It is safe for
// concurrent use and owns no connection.
type Publisher struct {
	js        jetstream.JetStream
	log       *slog.Logger
	marshaler wmnats.NATSMarshaler
	service   string
	inject    func(ctx context.Context, set func(key, value string))
	metrics   *metrics
	refusals  refusals
}

var _ message.Publisher = (*Publisher)(nil)

// PublisherOption changes how a Publisher works.
type PublisherOption func(*Publisher)

// FromService names the service in the ce-source header; without it the name of
// the NATS connection is taken.
func FromService(name string) PublisherOption { return func(p *Publisher) { p.service = name } }

// WithInjector adds headers from the context of each send, besides the W3C trace
// context, which is always added. The injector calls set for each header.
func WithInjector(inject func(ctx context.Context, set func(key, value string))) PublisherOption {
	return func(p *Publisher) { p.inject = inject }
}

// WithPublishMetrics registers the publisher's metrics. Several publishers and
// routers of one process may share a registry.
func WithPublishMetrics(r prometheus.Registerer) PublisherOption {
	return func(p *Publisher) { p.metrics = newMetrics(r) }
}

// NewPublisher returns a publisher on js.
func NewPublisher(js jetstream.JetStream, log *slog.Logger, opts ...PublisherOption) *Publisher {
	p := &Publisher{js: js, log: log, service: js.Conn().Opts.Name, refusals: refusals{js: js}}
	for _, opt := range opts {
		opt(p)
	}
	if p.metrics == nil {
		p.metrics = newMetrics(nil)
	}
	return p
}

// Publish puts Watermill messages on the subject topic, in order, and returns when
// the server has stored them. A metadata entry Nats-Msg-Id makes the server drop a
// repetition within the stream's window. Part of Watermill's message.Publisher.
func (p *Publisher) Publish(topic string, messages ...*message.Message) error {
	for _, m := range messages {
		if err := p.publish(m.Context(), topic, m); err != nil {
			return err
		}
	}
	return nil
}

// Close does nothing: the connection belongs to whoever made it, and Watermill
// closes publishers before the last handlers are done.
func (p *Publisher) Close() error { return nil }

// Ready is for the readiness probe: an error names each stream that is full or
// missing, as far as this publisher found out. It is over with the next message that
// goes through, or a few seconds after the stream has room again.
func (p *Publisher) Ready() error { return p.refusals.ready() }

func (p *Publisher) publish(ctx context.Context, subject string, m *message.Message, opts ...jetstream.PublishOpt) error {
	if len(m.Payload) > MaxBody {
		return fmt.Errorf("publish on %s: the body has %d KiB, at most %d KiB can be sent: %w",
			subject, len(m.Payload)/1024, MaxBody/1024, ErrTooLarge)
	}
	wire, err := p.marshaler.Marshal(subject, m)
	if err != nil {
		return fmt.Errorf("publish on %s: marshal: %w", subject, err)
	}
	return p.put(ctx, wire, opts...)
}

func (p *Publisher) put(ctx context.Context, wire *nats.Msg, opts ...jetstream.PublishOpt) error {
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	start := time.Now()
	ack, err := p.attempt(ctx, wire, opts...)
	p.metrics.published(p.service, wire.Subject, time.Since(start))
	if isFull(err) {
		err = full(wire.Subject, err)
		p.refusals.note(wire, err)
		return err
	}
	p.refusals.note(wire, err)
	switch {
	case errors.Is(err, jetstream.ErrNoStreamResponse):
		return fmt.Errorf("publish on %s: no stream takes it; run `tradepost nats apply`: %w", wire.Subject, err)
	case err != nil:
		return fmt.Errorf("publish on %s: %w", wire.Subject, err)
	case ack.Duplicate:
		p.log.Debug("the server has this message already", "subject", wire.Subject, "stream", ack.Stream, "sequence", ack.Sequence)
	}
	return nil
}

// attempt tries again where a repetition leaves one message all the same: it has an
// id, or it is a schedule (opts), of which a subject has one. Others are sent once.
func (p *Publisher) attempt(ctx context.Context, wire *nats.Msg, opts ...jetstream.PublishOpt) (*jetstream.PubAck, error) {
	repeatable := wire.Header.Get(jetstream.MsgIDHeader) != "" || len(opts) > 0
	for repeatable {
		once, cancel := context.WithTimeout(ctx, attemptTimeout)
		ack, err := p.js.PublishMsg(once, wire, opts...)
		lost := errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil
		cancel()
		if !lost {
			return ack, err
		}
	}
	return p.js.PublishMsg(ctx, wire, opts...)
}
