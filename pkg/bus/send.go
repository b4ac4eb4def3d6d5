package bus

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	"github.com/tradepost/tradepost/pkg/telemetry"
)

// SendOption changes one Send.
type SendOption func(*message.Message)

// WithHeader adds a header to the message. Consumers must not need it.
func WithHeader(key, value string) SendOption {
	return func(m *message.Message) { m.Metadata.Set(key, value) }
}

// Send puts m on subject and returns when the server has stored it. msgID lets the
// server drop repetitions within the dedupe window; "" forces the message through.
// A body larger than MaxBody gives ErrTooLarge. After an error the message may
// have been stored all the same: send it again with the same msgID.
func (p *Publisher) Send(ctx context.Context, subject Subject, msgID string, m proto.Message, opts ...SendOption) (err error) {
	if err := subject.Validate(); err != nil {
		return fmt.Errorf("send %s: %w", messageName(m), err)
	}
	ctx, span := p.publishing(ctx, "publish", subject)
	defer func() { telemetry.End(span, err) }()
	out, err := p.envelope(ctx, subject, msgID, m, opts)
	if err != nil {
		return err
	}
	return p.publish(ctx, subject.String(), out)
}

// envelope wraps m for the wire: Watermill's id, Nats-Msg-Id, CloudEvents headers,
// the W3C trace context and whatever the injector adds.
func (p *Publisher) envelope(ctx context.Context, subject Subject, msgID string, m proto.Message, opts []SendOption) (*message.Message, error) {
	body, err := Encode(m)
	if err != nil {
		return nil, err
	}
	out := message.NewMessage(watermill.NewUUID(), body)
	id := out.UUID
	if msgID != "" {
		id = msgID
		out.Metadata.Set(jetstream.MsgIDHeader, msgID)
	}
	out.Metadata.Set("ce-specversion", "1.0")
	out.Metadata.Set("ce-id", id)
	out.Metadata.Set("ce-source", "tradepost/"+p.service)
	out.Metadata.Set("ce-type", messageName(m))
	out.Metadata.Set("ce-time", time.Now().UTC().Format(time.RFC3339Nano))
	out.Metadata.Set("ce-subject", subject.Connection+"/"+strconv.FormatInt(subject.InvoiceID, 10))
	telemetry.Inject(ctx, out.Metadata.Set)
	if p.inject != nil {
		p.inject(ctx, out.Metadata.Set)
	}
	for _, opt := range opts {
		opt(out)
	}
	return out, nil
}
