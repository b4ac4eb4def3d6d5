package bus

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	defaultAckWait = 30 * time.Second
	minAckWait     = 100 * time.Millisecond
	// The server refuses to change it later; enough pulls for many replicas.
	maxWaitingPulls = 2048
)

var durablePattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,100}$`)

// Consumer declares a durable pull consumer. All replicas of a service declare the
// same one and share its messages.
type Consumer struct {
	Stream string
	// Durable names it, for example deliver-<connection>.
	Durable string
	// Filter selects subjects of the stream; "" takes all.
	Filter string
	// MaxInFlight is how many messages may be worked on at the same time, over all
	// replicas together: the server holds this limit. 1 keeps the order.
	MaxInFlight int
	// AckWait is how long the server waits for a sign of life of a message's handler
	// (the subscriber gives one three times as often) before it delivers it again; 0 = 30 s.
	AckWait time.Duration
	// Bound is called each time after the consumer was found or made: at the start, after
	// every trouble, and every few minutes in between. It makes sure of what else has to
	// be in the stream, such as the schedule of the polls, and must be idempotent. The
	// consumer is not ready while it returns an error. nil: nothing else.
	Bound func(ctx context.Context) error
	// Timeout ends the context of a handler that takes longer; 0 = no limit.
	Timeout time.Duration
}

func (c Consumer) withDefaults() Consumer {
	if c.AckWait == 0 {
		c.AckWait = defaultAckWait
	}
	return c
}

func (c Consumer) validate() error {
	switch {
	case c.Stream == "":
		return fmt.Errorf("consumer %q: the stream is missing", c.Durable)
	case !durablePattern.MatchString(c.Durable):
		return fmt.Errorf("consumer %q: the durable name must be 1 to 100 of letters, digits, - and _", c.Durable)
	case c.MaxInFlight < 1:
		return fmt.Errorf("consumer %q: MaxInFlight is %d, must be 1 or more", c.Durable, c.MaxInFlight)
	case c.AckWait != 0 && c.AckWait < minAckWait:
		return fmt.Errorf("consumer %q: AckWait is %s, must be %s or more", c.Durable, c.AckWait, minAckWait)
	case c.Timeout < 0:
		return fmt.Errorf("consumer %q: Timeout must not be negative", c.Durable)
	}
	return nil
}

// config has no limit on deliveries: waiting must never use up a message.
func (c Consumer) config() jetstream.ConsumerConfig {
	return jetstream.ConsumerConfig{
		Name: c.Durable, Durable: c.Durable, FilterSubject: c.Filter,
		DeliverPolicy: jetstream.DeliverAllPolicy, AckPolicy: jetstream.AckExplicitPolicy,
		AckWait: c.AckWait, MaxAckPending: c.MaxInFlight, MaxDeliver: -1, MaxWaiting: maxWaitingPulls,
	}
}

// bind finds the consumer on the server, makes it when it is missing, and changes
// it when it differs. A pause that somebody set stays. A consumer that was deleted
// starts from the first message that the stream still has: handlers believe the
// record, so what is delivered twice changes nothing.
func (c Consumer) bind(ctx context.Context, js jetstream.JetStream) error {
	want := c.config()
	existing, err := js.Consumer(ctx, c.Stream, c.Durable)
	switch {
	case err == nil:
		have := existing.CachedInfo().Config
		if c.same(have) {
			return nil
		}
		want.MaxWaiting = have.MaxWaiting
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return fmt.Errorf("bind consumer %s: stream %s is missing; run `tradepost nats apply`: %w", c.Durable, c.Stream, err)
	case !errors.Is(err, jetstream.ErrConsumerNotFound):
		return fmt.Errorf("look up consumer %s of %s: %w", c.Durable, c.Stream, err)
	}
	if _, err := js.CreateOrUpdateConsumer(ctx, c.Stream, want); err != nil {
		return fmt.Errorf("create or update consumer %s of %s: %w", c.Durable, c.Stream, err)
	}
	return nil
}

func (c Consumer) same(have jetstream.ConsumerConfig) bool {
	return have.FilterSubject == c.Filter && len(have.FilterSubjects) == 0 && have.AckWait == c.AckWait &&
		have.MaxAckPending == c.MaxInFlight && have.MaxDeliver == -1
}
