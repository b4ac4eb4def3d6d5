package snapshot

import (
	"context"
	"errors"
	"strconv"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"

	"github.com/tradepost/tradepost/pkg/servicetrade"
)

// cacheSize is the most records that one cache holds; the least used goes first.
const cacheSize = 5000

// cache reads records by id, each once per age, and once at a time however many
// ask for it. What it returns is shared: it must be cloned before it is changed.
// A record that is gone is the zero value, and is asked for again next time.
type cache[T any] struct {
	read   func(context.Context, int64) (T, error)
	age    time.Duration
	now    func() time.Time
	known  *lru.Cache[int64, aged[T]]
	flight singleflight.Group
}

type aged[T any] struct {
	value T
	at    time.Time
}

func newCache[T any](read func(context.Context, int64) (T, error), age time.Duration, now func() time.Time) *cache[T] {
	known, err := lru.New[int64, aged[T]](cacheSize)
	if err != nil {
		panic("snapshot: the cache size is not positive") // a constant
	}
	return &cache[T]{read: read, age: age, now: now, known: known}
}

func (c *cache[T]) forget() { c.known.Purge() }

// get returns the record of id; the zero value for id 0 and for one that is gone.
func (c *cache[T]) get(ctx context.Context, id int64) (T, error) {
	var none T
	if id == 0 {
		return none, nil
	}
	for {
		if value, ok := c.fresh(id); ok {
			return value, nil
		}
		value, mine, err := c.share(ctx, id)
		if err != nil && !mine && ctx.Err() == nil && isCancel(err) {
			continue // the caller whose call we shared went away; we have not
		}
		return value, err
	}
}

func (c *cache[T]) fresh(id int64) (T, bool) {
	entry, ok := c.known.Get(id)
	if !ok {
		return entry.value, false
	}
	age := c.now().Sub(entry.at)
	return entry.value, age >= 0 && age < c.age
}

// share reads id, or joins the read that is under way. mine says that the read
// was this caller's own.
func (c *cache[T]) share(ctx context.Context, id int64) (value T, mine bool, err error) {
	var own atomic.Bool
	flying := c.flight.DoChan(strconv.FormatInt(id, 10), func() (any, error) {
		own.Store(true)
		return c.fetch(ctx, id)
	})
	select {
	case result := <-flying:
		value, _ = result.Val.(T)
		return value, own.Load(), result.Err
	case <-ctx.Done():
		return value, false, ctx.Err()
	}
}

func (c *cache[T]) fetch(ctx context.Context, id int64) (T, error) {
	began := c.now() // before the read: what changes during it must not look fresh
	value, err := c.read(ctx, id)
	if servicetrade.IsNotFound(err) {
		var none T
		return none, nil
	}
	if err == nil && c.age > 0 {
		c.known.Add(id, aged[T]{value, began})
	}
	return value, err
}

func isCancel(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
