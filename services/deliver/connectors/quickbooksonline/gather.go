package quickbooksonline

import (
	"context"
	"time"

	"github.com/tradepost/tradepost/pkg/connector"
)

// current returns when all changes up to now are known that QuickBooks shows.
func (b *books) current(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	mine := b.join()
	select {
	case <-mine.done:
		connector.NoteTrace(ctx, mine.traces.String())
		return mine.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// join has the caller taken in by the next reading, and sees that somebody reads.
func (b *books) join() *reading {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next == nil {
		b.next = &reading{done: make(chan struct{}), full: make(chan struct{})}
	}
	mine := b.next
	mine.asked++
	b.enough()
	if !b.busy {
		b.busy = true
		b.q.work.Go(b.readAll)
	}
	return mine
}

// enough ends the gathering when as many ask as are writing. The caller holds mu.
func (b *books) enough() {
	if n := b.next; n != nil && !n.closed && n.asked >= b.writing {
		n.closed = true
		close(n.full)
	}
}

// writes notes that a document is being written, until the function is called.
func (b *books) writes() func() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.writing++
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.writing--
		b.enough()
	}
}

// readAll reads as long as somebody asks.
func (b *books) readAll() {
	for {
		b.gather()
		b.mu.Lock()
		one := b.next
		b.next = nil
		b.mu.Unlock()
		b.began = time.Now()
		ctx, cancel := context.WithTimeout(connector.WithTraces(b.q.life, &one.traces), readTime)
		one.err = b.read(ctx)
		cancel()
		close(one.done)
		b.mu.Lock()
		if b.next == nil {
			b.busy = false
			b.mu.Unlock()
			return
		}
		b.mu.Unlock()
	}
}

// gather waits a moment for others who ask the same.
func (b *books) gather() {
	b.mu.Lock()
	full := b.next.full
	b.mu.Unlock()
	timer := time.NewTimer(gatherTime - time.Since(b.began))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-full:
	case <-b.q.life.Done():
	}
}
