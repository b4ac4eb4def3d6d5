package record

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// clockKey is written to learn the key-value server's time. It has no dot behind
	// the account, so it is no invoice's key.
	clockKey = "clock"
	// clockTries is how often the time is asked for where it has to be exact.
	clockTries = 10
	// clockPause gives a replica the time to hear of the write.
	clockPause = 20 * time.Millisecond
)

// errClock means that the answer to a question for the time was never to be had.
var errClock = errors.New("others asked meanwhile, or the server that answers is behind")

// ServerNow returns the key-value server's time, or one a little before it: whoever
// waits for a claim to end then waits a little longer, never too short. Fences compare it with the
// server's time of a revision, so that the clocks of our own machines never matter.
func (s *Store) ServerNow(ctx context.Context) (time.Time, error) {
	e, err := s.askClock(ctx)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		// Others asked meanwhile, and the bucket keeps only the last few answers; or the
		// replica that was asked is behind. The last one that it has does as well.
		e, err = s.kv.Get(ctx, clockKey)
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("ask the key-value server for its time: %w", err)
	}
	return e.Created(), nil
}

// exactNow returns the key-value server's time of a write of our own. Where an old copy
// of the bucket came back, an earlier answer may be from the day before.
func (s *Store) exactNow(ctx context.Context) (time.Time, error) {
	for range clockTries {
		e, err := s.askClock(ctx)
		if err == nil {
			return e.Created(), nil
		}
		if !errors.Is(err, jetstream.ErrKeyNotFound) {
			return time.Time{}, fmt.Errorf("ask the key-value server for its time: %w", err)
		}
		select {
		case <-ctx.Done():
			return time.Time{}, ctx.Err()
		case <-time.After(clockPause):
		}
	}
	return time.Time{}, fmt.Errorf("ask the key-value server for its time: %w", errClock)
}

// askClock writes the key and reads that very write.
func (s *Store) askClock(ctx context.Context) (jetstream.KeyValueEntry, error) {
	rev, err := s.kv.PutString(ctx, clockKey, "")
	if err != nil {
		return nil, err
	}
	return s.kv.GetRevision(ctx, clockKey, rev)
}
