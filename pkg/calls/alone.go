package calls

import (
	"context"
	"time"
)

// isAlone says that this process goes by its own limits for a moment.
func (l *Limiter) isAlone() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Now().Before(l.alone)
}

// goAlone stops asking NATS for a moment.
func (l *Limiter) goAlone(ctx context.Context, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.alone, l.consumer = time.Now().Add(aloneFor), nil
	if !l.warned {
		l.log.WarnContext(ctx, "the limits of calls are held in this process only, not over all of them", "system", l.limits.system(),
			"account", l.limits.Account, "error", err)
	}
	l.warned = true
}

// together notes that NATS answers (again).
func (l *Limiter) together(ctx context.Context) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.warned {
		l.log.InfoContext(ctx, "the limits of calls are held over all processes again", "system", l.limits.system(), "account", l.limits.Account)
	}
	l.warned = false
}

// takeAlone holds the rate for this process. The client holds how many of its
// calls are under way.
func (l *Limiter) takeAlone(ctx context.Context) (func(), error) {
	wait := time.Duration(0)
	if l.limits.PerMinute > 0 {
		l.mu.Lock()
		now := time.Now()
		if l.next.Before(now) {
			l.next = now
		}
		wait = l.next.Sub(now)
		l.next = l.next.Add(time.Minute / time.Duration(l.limits.PerMinute))
		l.mu.Unlock()
	}
	if wait > 0 {
		if err := sleep(ctx, wait); err != nil {
			return nil, err
		}
	}
	return func() {}, nil
}
