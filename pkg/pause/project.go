package pause

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
)

// forEver is until when a consumer is paused whose pause has no end.
var forEver = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)

// sameEnd is how far apart two ends may be that are one: the server keeps its own copy.
const sameEnd = time.Second

// Project makes the connection's consumer what its record says now. It is for
// whoever has just bound the consumer. A pause of the consumer that the record does
// not know is left alone: a person put it there.
func (s *Store) Project(ctx context.Context, connection string, now time.Time) error {
	have, err := s.Get(ctx, connection)
	if err != nil {
		return err
	}
	return s.project(ctx, connection, nil, have, now)
}

// project goes from one pause to another: is is put onto the consumer, or, where
// nothing is in force, was is taken off, if it is what the consumer has.
func (s *Store) project(ctx context.Context, connection string, was, is *tradepostv1.Pause, now time.Time) error {
	c := bus.ReadyConsumer(connection, 1)
	switch {
	case InForce(is, now):
		_, err := s.js.PauseConsumer(ctx, c.Stream, c.Durable, endOf(is))
		return projected(connection, err)
	case !InForce(was, now):
		return nil
	}
	until, err := s.Consumer(ctx, connection)
	if err != nil || until.IsZero() || until.Sub(endOf(was)).Abs() > sameEnd {
		return err
	}
	_, err = s.resume(ctx, connection)
	return err
}

// Consumer returns until when the connection's consumer is paused, whoever did it;
// the zero time when it is not, or is not there yet.
func (s *Store) Consumer(ctx context.Context, connection string) (time.Time, error) {
	c := bus.ReadyConsumer(connection, 1)
	have, err := s.js.Consumer(ctx, c.Stream, c.Durable)
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("look up consumer %s: %w", c.Durable, err)
	}
	info := have.CachedInfo()
	if !info.Paused || info.Config.PauseUntil == nil {
		return time.Time{}, nil
	}
	return *info.Config.PauseUntil, nil
}

func (s *Store) resume(ctx context.Context, connection string) (bool, error) {
	until, err := s.Consumer(ctx, connection)
	if err != nil || until.IsZero() {
		return false, err
	}
	c := bus.ReadyConsumer(connection, 1)
	_, err = s.js.ResumeConsumer(ctx, c.Stream, c.Durable)
	return true, projected(connection, err)
}

// projected is no error while the consumer is not there yet: who makes it projects.
func projected(connection string, err error) error {
	if err == nil || errors.Is(err, jetstream.ErrConsumerNotFound) {
		return nil
	}
	return fmt.Errorf("pause or resume the consumer of connection %s: %w", connection, err)
}

func endOf(p *tradepostv1.Pause) time.Time {
	if p.GetUntil() == nil {
		return forEver
	}
	return p.GetUntil().AsTime()
}
