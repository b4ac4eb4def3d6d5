package calls

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tradepost/tradepost/pkg/bus"
)

const (
	// maxWaiting is how many callers may wait at once, over all processes.
	maxWaiting = 2048
	// unusedFor is after how long the server forgets a limit that nobody uses.
	unusedFor = 7 * 24 * time.Hour
)

// durable names the consumer. The limit is part of the name; see bus.CallFilter.
func (l *Limiter) durable() string {
	return fmt.Sprintf("calls-%s-%d", l.limits.Account, l.limits.Parallel)
}

// fetch waits a moment for a token; nil when none came.
func (l *Limiter) fetch(ctx context.Context) (jetstream.Msg, error) {
	if !l.js.Conn().IsConnected() {
		return nil, errNotConnected
	}
	c, err := l.bound(ctx)
	if err != nil {
		return nil, err
	}
	batch, err := c.Fetch(1, jetstream.FetchMaxWait(look))
	if err != nil {
		return nil, fmt.Errorf("ask for a call of account %s: %w", l.limits.Account, err)
	}
	select {
	case token, ok := <-batch.Messages():
		if ok {
			return token, nil
		}
		if err := batch.Error(); err != nil {
			return nil, fmt.Errorf("wait for a call of account %s: %w", l.limits.Account, err)
		}
		return nil, nil
	case <-ctx.Done():
		go l.returnLate(batch)
		return nil, ctx.Err()
	}
}

// returnLate gives back what still comes for a caller that went away.
func (l *Limiter) returnLate(batch jetstream.MessageBatch) {
	for token := range batch.Messages() {
		_ = token.Nak()
	}
}

// why asks what keeps a caller waiting: a pause that another process began, or
// tokens that somebody deleted.
func (l *Limiter) why(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	c, err := l.bound(ctx)
	if err != nil {
		return err
	}
	info, err := c.Info(ctx)
	if err != nil {
		return fmt.Errorf("look at the calls of account %s: %w", l.limits.Account, err)
	}
	switch {
	case info.Paused:
		l.mu.Lock()
		defer l.mu.Unlock()
		if until := time.Now().Add(info.PauseRemaining); until.After(l.held) {
			l.held = until
		}
	case info.NumPending == 0 && info.NumAckPending == 0:
		return l.lay(ctx)
	}
	return nil
}

// binding bounds the consumers that this process looks up or makes at the same time:
// with those of a thousand accounts at once the server answers none in time.
var binding = make(chan struct{}, bindsAtOnce)

const bindsAtOnce = 16

// bound returns the account's consumer, made where it is missing.
func (l *Limiter) bound(ctx context.Context) (jetstream.Consumer, error) {
	l.mu.Lock()
	known := l.consumer
	l.mu.Unlock()
	if known != nil {
		return known, nil
	}
	select {
	case binding <- struct{}{}:
		defer func() { <-binding }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	c, err := l.bind(ctx)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.consumer = c
	return c, nil
}

func (l *Limiter) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.consumer = nil
}

func (l *Limiter) bind(ctx context.Context) (jetstream.Consumer, error) {
	c, err := l.js.Consumer(ctx, bus.StreamCalls, l.durable())
	if err == nil {
		return c, nil
	}
	if !errors.Is(err, jetstream.ErrConsumerNotFound) {
		return nil, fmt.Errorf("look up the calls of account %s: %w", l.limits.Account, err)
	}
	if err := l.lay(ctx); err != nil {
		return nil, err
	}
	c, err = l.js.CreateOrUpdateConsumer(ctx, bus.StreamCalls, jetstream.ConsumerConfig{
		Name: l.durable(), Durable: l.durable(), FilterSubject: bus.CallFilter(l.limits.Account, l.limits.Parallel),
		Description:   "Calls to " + l.limits.system() + ", at most " + strconv.Itoa(l.limits.Parallel) + " at once",
		DeliverPolicy: jetstream.DeliverAllPolicy, AckPolicy: jetstream.AckExplicitPolicy, AckWait: ackWait,
		MaxAckPending: l.limits.Parallel, MaxDeliver: -1, MaxWaiting: maxWaiting, InactiveThreshold: unusedFor,
	})
	if err != nil {
		return nil, fmt.Errorf("set up the calls of account %s: %w", l.limits.Account, err)
	}
	return c, nil
}

// lay puts the messages into the stream that are missing.
func (l *Limiter) lay(ctx context.Context) error {
	for n := 1; n <= l.limits.Parallel; n++ {
		subject := bus.CallSubject(l.limits.Account, l.limits.Parallel, n)
		_, err := l.js.Publish(ctx, subject, nil, jetstream.WithExpectLastSequencePerSubject(0))
		var refused *jetstream.APIError
		if errors.As(err, &refused) && refused.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence {
			continue // it is there
		}
		if err != nil {
			return fmt.Errorf("allow %s: %w", subject, err)
		}
	}
	return nil
}
