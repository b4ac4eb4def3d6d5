package quickbooksonline

import (
	"context"
	"time"

	"github.com/tradepost/tradepost/pkg/connector"
)

// current returns when all changes are known that QuickBooks showed less than kept ago:
// each look at them is a metered read of each replica.
func (b *books) current(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	mine, known := b.share()
	if known {
		return nil
	}
	return mine.wait(ctx)
}

// share is the reading that tells the caller enough: one that began less than kept ago,
// else the next. known says that the last one told it already.
func (b *books) share() (mine *reading, known bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if time.Since(b.began) < b.q.kept() {
		if b.now != nil {
			return b.now, false
		}
		if b.good && len(b.missing()) == 0 {
			return nil, true
		}
	}
	return b.join(), false
}

// anew returns when everything that is wanted by now was read.
func (b *books) anew(ctx context.Context) error {
	b.mu.Lock()
	mine := b.join()
	b.mu.Unlock()
	return mine.wait(ctx)
}

func (r *reading) wait(ctx context.Context) error {
	select {
	case <-r.done:
		connector.NoteTrace(ctx, r.traces.String())
		return r.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// join has the caller taken in by the next reading, and sees that somebody reads. The
// caller holds mu.
func (b *books) join() *reading {
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
		one := b.begin()
		ctx, cancel := context.WithTimeout(connector.WithTraces(b.q.life, &one.traces), readTime)
		one.err = b.read(ctx)
		cancel()
		if !b.end(one) {
			return
		}
	}
}

// begin takes nobody in any more: whoever comes later may see more than this reading
// does. Within kept that does not matter.
func (b *books) begin() *reading {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now, b.next = b.next, nil
	b.began, b.good = time.Now(), false
	return b.now
}

// end tells all who wait, and whether there are others.
func (b *books) end(one *reading) (more bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now, b.good = nil, one.err == nil
	close(one.done)
	b.busy = b.next != nil
	return b.busy
}

// gather waits a moment for others who ask the same.
func (b *books) gather() {
	b.mu.Lock()
	full, wait := b.next.full, gatherTime-time.Since(b.began)
	b.mu.Unlock()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-full:
	case <-b.q.life.Done():
	}
}
