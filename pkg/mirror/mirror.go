// Package mirror keeps a copy of the reference data of an accounting system (its
// customers, items, terms) that is read once and kept current by asking what has
// changed since, so that a posting costs no read for what seldom changes.
package mirror

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// ErrForgotten is returned by Source.ChangedSince for a cursor that the system does
// not know any more: all has to be read again.
var ErrForgotten = errors.New("the system does not know any more what has changed since")

// Change is a record that was made or changed, or that is gone.
type Change[V any] struct {
	ID     string
	Gone   bool
	Record V
}

// Source is where the records are.
type Source[V any] interface {
	// All calls each with every record, and returns the cursor from which on changes
	// are missing: a moment before the first record was read, by the system's clock.
	All(ctx context.Context, each func(id string, record V)) (cursor string, err error)
	// ChangedSince calls each with every change since cursor, in the order of the
	// changes, and returns the next cursor. One that is told twice does no harm.
	ChangedSince(ctx context.Context, cursor string, each func(Change[V])) (next string, err error)
}

// Options of a Mirror.
type Options[V any] struct {
	Source Source[V]
	// MaxAge is how old what Get and Named return may be.
	MaxAge time.Duration
	// Again is after how long all is read once more, for what ChangedSince does not
	// tell; 0 means never.
	Again time.Duration
	// Names are what a record can be looked up by, beside its id. May be nil.
	Names func(record V) []string
}

// Mirror is the copy. It is safe for concurrent use. Records are shared: they must
// not be changed.
type Mirror[V any] struct {
	o    Options[V]
	life context.Context //nolint:containedctx // the life of the mirror, not of a call
	end  context.CancelFunc
	work sync.WaitGroup

	mu      sync.Mutex
	records map[string]V
	named   map[string][]string // ids by name, in order
	cursor  string
	// asOf is the moment that the copy is true for, allAt when all was read. Zero
	// before the first time.
	asOf, allAt time.Time
	flight      *flight[V]
}

// flight is a refresh under way.
type flight[V any] struct {
	began time.Time
	done  chan struct{}
	err   error
	// noted are those that were noted meanwhile: what is read may be older.
	noted []Change[V]
}

// New makes a Mirror. It asks nobody before the first look. Close ends it.
func New[V any](o Options[V]) *Mirror[V] {
	if o.Names == nil {
		o.Names = func(V) []string { return nil }
	}
	life, end := context.WithCancel(context.Background())
	return &Mirror[V]{o: o, life: life, end: end, records: map[string]V{}, named: map[string][]string{}}
}

// Close stops a refresh that is under way.
func (m *Mirror[V]) Close() {
	m.end()
	m.work.Wait()
}

// Get returns the record of that id as it was MaxAge ago, or later.
func (m *Mirror[V]) Get(ctx context.Context, id string) (record V, found bool, err error) {
	err = m.current(ctx, m.o.MaxAge, func() { record, found = m.records[id] })
	return record, found, err
}

// Named returns the records of that name, in the order of their ids.
func (m *Mirror[V]) Named(ctx context.Context, name string) (records []V, err error) {
	err = m.current(ctx, m.o.MaxAge, func() {
		for _, id := range m.named[name] {
			records = append(records, m.records[id])
		}
	})
	return records, err
}

// Each calls each with every record, in the order of their ids.
func (m *Mirror[V]) Each(ctx context.Context, each func(id string, record V)) error {
	var ids []string
	var records []V
	err := m.current(ctx, m.o.MaxAge, func() {
		for id := range m.records {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		for _, id := range ids {
			records = append(records, m.records[id])
		}
	})
	for i, id := range ids {
		each(id, records[i])
	}
	return err
}

// Refresh asks what has changed until now, whatever the age: for a record that was
// expected and is not there.
func (m *Mirror[V]) Refresh(ctx context.Context) error { return m.current(ctx, 0, func() {}) }

// Note puts in what the caller has just made, changed or seen gone, so that it counts
// before the system tells it.
func (m *Mirror[V]) Note(c Change[V]) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.flight != nil {
		m.flight.noted = append(m.flight.noted, c)
	}
	if !m.asOf.IsZero() {
		m.set(c)
	}
}

// current calls look, the lock being held, once the copy is no older than age.
func (m *Mirror[V]) current(ctx context.Context, age time.Duration, look func()) error {
	least := time.Now().Add(-age)
	for {
		if err := errors.Join(ctx.Err(), m.life.Err()); err != nil {
			return err
		}
		f := m.fly(least, look)
		if f == nil {
			return nil
		}
		select {
		case <-f.done:
		case <-ctx.Done():
			return ctx.Err()
		}
		if f.err != nil && !f.began.Before(least) {
			return f.err
		}
	}
}

// fly looks if the copy is of least or later; else it returns the refresh under way,
// and begins one where there is none.
func (m *Mirror[V]) fly(least time.Time, look func()) *flight[V] {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.asOf.IsZero() && !m.asOf.Before(least) {
		look()
		return nil
	}
	if m.flight == nil {
		f := &flight[V]{began: time.Now(), done: make(chan struct{})}
		m.flight = f
		m.work.Go(func() { m.refresh(f) })
	}
	return m.flight
}
