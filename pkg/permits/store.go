package permits

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tradepost/tradepost/pkg/bus"
)

const (
	// askTime bounds a request to NATS.
	askTime = 3 * time.Second
	// swaps is how often a book is read and written again at once, when others were
	// faster.
	swaps = 20
	// clockKey is written to learn the server's time. It has no dot, so it is no book's key.
	clockKey = "clock"
	// looks is how often the server's time is asked for at once, until it is known well.
	looks = 3
)

// shelf is where the books are.
type shelf struct{ kv jetstream.KeyValue }

// swap changes a book by compare-and-set. change may be called several times, each
// time with a book as it stands; false leaves it as it is.
func (s shelf) swap(ctx context.Context, key string, change func(*book) bool) error {
	for range swaps {
		again, err := s.once(ctx, key, change)
		if err != nil {
			return fmt.Errorf("the book of permits %s: %w", key, err)
		}
		if !again {
			return nil
		}
		if err := sleep(ctx, rand.N(10*time.Millisecond)); err != nil { //nolint:gosec // no secret
			return err
		}
	}
	return fmt.Errorf("the book of permits %s is written by too many at once", key)
}

func (s shelf) once(ctx context.Context, key string, change func(*book) bool) (again bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	b, revision, err := s.read(ctx, key)
	if err != nil {
		return false, err
	}
	if !change(b) {
		return false, nil
	}
	raw, err := b.encode()
	if err != nil {
		return false, err
	}
	if revision == 0 {
		_, err = s.kv.Create(ctx, key, raw)
	} else {
		_, err = s.kv.Update(ctx, key, raw, revision)
	}
	if bus.IsConflict(err) {
		return true, nil
	}
	return false, err
}

// read returns a book, and a new one where there is none that can be read: somebody
// wrote into it by hand.
func (s shelf) read(ctx context.Context, key string) (*book, uint64, error) {
	e, err := s.kv.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return newBook(), 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	b, err := decode(e.Value())
	if err != nil {
		b = newBook()
	}
	b.written = momentOf(e.Created())
	return b, e.Revision(), nil
}

// sync looks at the server's clock; see clock.look.
func (s shelf) sync(ctx context.Context, c *clock) (stepped bool, err error) {
	for range looks {
		one, err := s.look(ctx, c)
		stepped = stepped || one
		if err != nil {
			return stepped, fmt.Errorf("ask the key-value server for its time: %w", err)
		}
		if _, off, _ := c.now(); off <= sure {
			break
		}
	}
	return stepped, nil
}

func (s shelf) look(ctx context.Context, c *clock) (stepped bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	before := c.elapsed()
	revision, err := s.kv.PutString(ctx, clockKey, "")
	after := c.elapsed()
	if err != nil {
		return false, err
	}
	e, err := s.kv.GetRevision(ctx, clockKey, revision)
	if errors.Is(err, jetstream.ErrKeyNotFound) { // somebody else wrote since: that is as good
		e, err = s.kv.Get(ctx, clockKey)
		after = c.elapsed()
	}
	if err != nil {
		return false, err
	}
	return c.look(before, after, momentOf(e.Created())), nil
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
