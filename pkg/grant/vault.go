package grant

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/keyring"
)

// errSwapped means that somebody else changed the entry since it was loaded.
var errSwapped = errors.New("the sign-in was changed by somebody else")

// held is an entry as it was loaded.
type held struct {
	Entry
	// revision is what a swap is compared with; 0 when nobody ever signed in.
	revision uint64
	// at is when it was written, by the server's clock.
	at time.Time
}

// vault keeps the entries.
type vault interface {
	load(ctx context.Context, connection string) (held, error)
	// swap writes next if nobody wrote since old was loaded; else errSwapped.
	swap(ctx context.Context, connection string, old held, next Entry) (held, error)
	// now is the server's clock, so that those of our machines never matter.
	now(ctx context.Context) (time.Time, error)
}

// clockKey is written to learn the server's time. It has a dot, so that it is no
// connection's.
const clockKey = "clock.now"

// bucket is the vault over NATS.
type bucket struct {
	kv   jetstream.KeyValue
	ring *keyring.Ring
}

func openBucket(ctx context.Context, js jetstream.JetStream, ring *keyring.Ring) (*bucket, error) {
	kv, err := js.KeyValue(ctx, bus.BucketGrants)
	if err != nil {
		return nil, fmt.Errorf("open the bucket %q of the sign-ins to accounting systems: %w", bus.BucketGrants, err)
	}
	return &bucket{kv: kv, ring: ring}, nil
}

func (b *bucket) load(ctx context.Context, connection string) (held, error) {
	e, err := b.kv.Get(ctx, connection)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return held{}, nil
	}
	if err != nil {
		return held{}, fmt.Errorf("read the sign-in of connection %s: %w", connection, err)
	}
	entry, err := open(b.ring, connection, e.Value())
	return held{Entry: entry, revision: e.Revision(), at: e.Created()}, err
}

func (b *bucket) swap(ctx context.Context, connection string, old held, next Entry) (held, error) {
	if b.ring == nil {
		return held{}, &keyError{}
	}
	raw, err := seal(b.ring, connection, next)
	if err != nil {
		return held{}, err
	}
	var rev uint64
	if old.revision == 0 {
		rev, err = b.kv.Create(ctx, connection, raw)
	} else {
		rev, err = b.kv.Update(ctx, connection, raw, old.revision)
	}
	switch {
	case err == nil:
		return held{Entry: next, revision: rev}, nil
	case bus.IsConflict(err):
		return held{}, errSwapped
	}
	// The answer of a write that was made can be lost. Two encryptions of the same are
	// never equal, so that equal bytes are ours.
	if e, look := b.kv.Get(ctx, connection); look == nil && bytes.Equal(e.Value(), raw) {
		return held{Entry: next, revision: e.Revision()}, nil
	}
	return held{}, fmt.Errorf("write the sign-in of connection %s: %w", connection, err)
}

func (b *bucket) now(ctx context.Context) (time.Time, error) {
	rev, err := b.kv.PutString(ctx, clockKey, "")
	if err != nil {
		return time.Time{}, fmt.Errorf("ask the key-value server for its time: %w", err)
	}
	e, err := b.kv.GetRevision(ctx, clockKey, rev)
	if errors.Is(err, jetstream.ErrKeyNotFound) { // somebody else wrote since: that is as good
		e, err = b.kv.Get(ctx, clockKey)
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("ask the key-value server for its time: %w", err)
	}
	return e.Created(), nil
}
