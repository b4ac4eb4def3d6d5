// Package coalesce makes one call of many questions: those that are asked within a
// moment of each other are answered together, such as the markers of several invoices
// by one query.
package coalesce

import (
	"context"
	"errors"
	"sync"
	"time"
)

// ErrUnanswered means that a question was in a call that did not answer it.
var ErrUnanswered = errors.New("the call did not answer the question")

// Options of a Batcher.
type Options[K comparable, V any] struct {
	// Ask answers keys, which are all different, at most Most of them. What it leaves out of its
	// answer is ErrUnanswered: a question for which there is nothing is answered with
	// the zero value. Its error is that of everybody who asked. It is called by several
	// goroutines at once. Its context has none of the values and deadlines of those who asked, and
	// ends when all of them are gone, or with the Batcher.
	Ask func(ctx context.Context, keys []K) (map[K]V, error)
	// Most is how many questions one call takes; less than 1 means 1.
	Most int
	// Linger is how long a question waits for others. With 0 it waits for nobody.
	Linger time.Duration
	// Detach makes the context of a call from that of its first caller, for what a
	// call has to carry; nil: nothing of it.
	Detach func(first context.Context) context.Context
}

// Batcher collects questions. It is safe for concurrent use.
type Batcher[K comparable, V any] struct {
	o    Options[K, V]
	life context.Context //nolint:containedctx // the life of the batcher, not of a call
	end  context.CancelFunc
	work sync.WaitGroup

	mu   sync.Mutex
	open *batch[K, V]
}

// batch is questions that are asked together.
type batch[K comparable, V any] struct {
	keys   []K
	asked  map[K]bool
	askers int
	timer  *time.Timer
	ctx    context.Context //nolint:containedctx // that of the call that it becomes
	cancel context.CancelFunc
	done   chan struct{}
	// answers and err are set before done is closed.
	answers map[K]V
	err     error
}

// New makes a Batcher. Close ends it.
func New[K comparable, V any](o Options[K, V]) *Batcher[K, V] {
	o.Most = max(o.Most, 1)
	life, end := context.WithCancel(context.Background())
	return &Batcher[K, V]{o: o, life: life, end: end}
}

// Close ends the calls that are under way, and waits for them.
func (b *Batcher[K, V]) Close() {
	b.end()
	b.mu.Lock()
	if b.open != nil {
		b.send(b.open)
	}
	b.mu.Unlock()
	b.work.Wait()
}

// Get answers key by a call that others may share. What was asked before it was called is never
// an answer: the call begins after it.
func (b *Batcher[K, V]) Get(ctx context.Context, key K) (V, error) {
	var none V
	if err := errors.Join(ctx.Err(), b.life.Err()); err != nil {
		return none, err
	}
	one := b.join(ctx, key)
	defer b.part(one)
	select {
	case <-one.done:
	case <-ctx.Done():
		return none, ctx.Err()
	}
	if one.err != nil {
		return none, one.err
	}
	v, answered := one.answers[key]
	if !answered {
		return none, ErrUnanswered
	}
	return v, nil
}

// join puts key into the batch that is open.
func (b *Batcher[K, V]) join(ctx context.Context, key K) *batch[K, V] {
	b.mu.Lock()
	defer b.mu.Unlock()
	one := b.open
	if one == nil {
		one = b.begin(ctx)
	}
	one.askers++
	if !one.asked[key] {
		one.asked[key] = true
		one.keys = append(one.keys, key)
	}
	if len(one.keys) >= b.o.Most || b.o.Linger <= 0 {
		b.send(one)
	}
	return one
}

// begin opens a batch, which is sent after the linger. The lock is held.
func (b *Batcher[K, V]) begin(ctx context.Context) *batch[K, V] {
	from := b.life
	if b.o.Detach != nil {
		from = b.o.Detach(ctx)
	}
	one := &batch[K, V]{asked: map[K]bool{}, done: make(chan struct{})}
	one.ctx, one.cancel = context.WithCancel(from)
	b.open = one
	if b.o.Linger > 0 {
		one.timer = time.AfterFunc(b.o.Linger, func() {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.send(one)
		})
	}
	return one
}

// send lets a batch be asked, unless it was. The lock is held.
func (b *Batcher[K, V]) send(one *batch[K, V]) {
	if b.open != one {
		return
	}
	b.open = nil
	if one.timer != nil {
		one.timer.Stop()
	}
	b.work.Go(func() {
		defer close(one.done)
		stop := context.AfterFunc(b.life, one.cancel)
		defer stop()
		if one.err = one.ctx.Err(); one.err == nil {
			one.answers, one.err = b.o.Ask(one.ctx, one.keys)
		}
	})
}

// part lets one of those go who asked. A call that nobody waits for is ended.
func (b *Batcher[K, V]) part(one *batch[K, V]) {
	b.mu.Lock()
	defer b.mu.Unlock()
	one.askers--
	if one.askers > 0 {
		return
	}
	if b.open == one {
		b.open = nil // nobody joins it any more, and it is not asked
		if one.timer != nil {
			one.timer.Stop()
		}
	}
	one.cancel()
}
