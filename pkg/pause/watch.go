package pause

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus/keep"
)

// lookEvery is how often all records are read anew. A watch that was open while the
// bucket was replaced by an older copy tells nothing until its revisions are higher than
// the last that the watch saw.
const lookEvery = time.Minute

// Seen takes what a Watch sees: the pause of a connection, or nil where it has none.
type Seen func(connection string, p *tradepostv1.Pause, err error)

// Watch sees the pauses of all connections.
type Watch struct {
	store *Store
	seen  Seen
	last  map[string]*tradepostv1.Pause
}

// NewWatch makes a watch that tells seen. What it sees is projected onto the consumer
// before seen is called.
func (s *Store) NewWatch(seen Seen) *Watch {
	return &Watch{store: s, seen: seen, last: map[string]*tradepostv1.Pause{}}
}

// Follow tells the pause of every connection that has a record, and again each change,
// until ctx ends; nil is a connection without one. What a replaced bucket says is seen
// within a minute. After an error it can be called again, and knows what it has seen.
func (w *Watch) Follow(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := w.follow(ctx); err != nil {
			return err
		}
	}
	return nil
}

// follow reads all records, and follows their changes until it is time to read them anew.
func (w *Watch) follow(ctx context.Context) error {
	entries, err := w.store.kv.WatchAll(ctx)
	if err != nil {
		return fmt.Errorf("watch the pauses of the connections: %w", err)
	}
	defer func() { _ = entries.Stop() }()
	anew := time.NewTimer(lookEvery)
	defer anew.Stop()
	there := map[string]bool{} // nil once all that was there is seen
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-anew.C:
			return nil
		case e, open := <-entries.Updates():
			switch {
			case !open:
				return errors.New("watch the pauses of the connections: the server ended it")
			case e == nil:
				w.gone(ctx, there)
				there = nil
				continue
			case there != nil:
				there[e.Key()] = true
			}
			w.take(ctx, e, there != nil)
		}
	}
}

// take takes up an entry; one that is read again and says the same is known.
func (w *Watch) take(ctx context.Context, e jetstream.KeyValueEntry, again bool) {
	r := &tradepostv1.ConnectionRecord{}
	before, known := w.last[e.Key()]
	if e.Operation() == jetstream.KeyValuePut {
		if err := keep.Unmarshal(e.Value(), r); err != nil {
			w.seen(e.Key(), before, fmt.Errorf("decode the record of connection %s: %w", e.Key(), err))
			return
		}
	}
	if again && known && proto.Equal(before, r.GetPause()) {
		return
	}
	w.put(ctx, e.Key(), r.GetPause())
}

// gone takes up that connections have no record any more.
func (w *Watch) gone(ctx context.Context, there map[string]bool) {
	for connection, before := range w.last {
		if !there[connection] && before != nil {
			w.put(ctx, connection, nil)
		}
	}
}

func (w *Watch) put(ctx context.Context, connection string, p *tradepostv1.Pause) {
	err := w.store.project(ctx, connection, w.last[connection], p, time.Now())
	w.last[connection] = p
	w.seen(connection, p, err)
}
