package permits

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/connector"
)

// worth is the longest pause that a caller waits for by itself.
const worth = 5 * time.Second

// limiter implements connector.CallLimiter.
type limiter struct {
	app  *app
	desk *desk
}

// waiter is a caller that waits.
type waiter struct {
	ready chan struct{}
	// passed says that it may call; else held is why it may not. Set before ready is closed.
	passed bool
	held   time.Duration
}

// Take implements connector.CallLimiter.
func (l *limiter) Take(ctx context.Context) (func(), error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	began := l.app.all.clock.elapsed()
	w := l.app.join(l.desk)
	select {
	case <-w.ready:
	case <-ctx.Done():
		if !l.app.giveUp(l.desk, w) {
			return nil, ctx.Err()
		}
	}
	l.app.all.metrics.wait.WithLabelValues(l.app.system).Observe((l.app.all.clock.elapsed() - began).Seconds())
	if !w.passed {
		return nil, stop(l.desk.id, w.held)
	}
	var once sync.Once
	return func() { once.Do(func() { l.app.done(l.desk) }) }, nil
}

// stop sends a caller away for so long.
func stop(company string, left time.Duration) error {
	return connector.Stop(connector.Wait{
		Scope: tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION, For: left, Reason: connector.ReasonThrottled,
		Message: fmt.Sprintf("company %s had too many calls, and asked for a pause", company),
	})
}

// Hold implements connector.CallLimiter.
func (l *limiter) Hold(ctx context.Context, d time.Duration) {
	if d <= 0 || !l.app.hold(l.desk, d) {
		return
	}
	a := l.app
	a.all.metrics.holds.WithLabelValues(a.system).Inc()
	now, _, _ := a.all.clock.now()
	err := a.all.shelf.swap(context.WithoutCancel(ctx), a.key, func(b *book) bool {
		b.company(l.desk.id).hold(now, d)
		return true
	})
	if err != nil {
		a.all.log.WarnContext(ctx, "only this process knows that an accounting system wants fewer calls",
			"system", a.system, "company", l.desk.id, "wait", d, "error", err)
		return
	}
	a.all.log.WarnContext(ctx, "an accounting system wants fewer calls: all replicas wait", "system", a.system, "company", l.desk.id, "wait", d)
}

// Metered implements connector.CallLimiter.
func (l *limiter) Metered(reads int) { l.app.metered(int64(reads)) }

// join lets a caller wait.
func (a *app) join(d *desk) *waiter {
	w := &waiter{ready: make(chan struct{})}
	a.mu.Lock()
	defer a.mu.Unlock()
	d.queue = append(d.queue, w)
	a.serve(d)
	a.work()
	return w
}

// giveUp lets a caller go that waits no longer; true when it was answered meanwhile.
func (a *app) giveUp(d *desk, w *waiter) (answered bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	i := slices.Index(d.queue, w)
	if i < 0 {
		return true
	}
	d.queue = slices.Delete(d.queue, i, i+1)
	return false
}

// done ends a call.
func (a *app) done(d *desk) {
	a.mu.Lock()
	defer a.mu.Unlock()
	d.busy--
	a.serve(d)
	a.work()
}

// hold stops the callers of this process; false when they stood still as long anyway.
func (a *app) hold(d *desk, wait time.Duration) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	now, _, _ := a.all.clock.now()
	until := now + span(wait)
	if until <= d.held+span(time.Second) {
		return false
	}
	d.held, d.permits = until, nil
	a.serve(d)
	a.work()
	return true
}
