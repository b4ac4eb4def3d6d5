// Package calls holds the calls to one ServiceTrade account within its limits, over
// all processes and replicas together: how many are under way, how many begin in a
// minute, and that nobody calls while ServiceTrade asked for a pause.
//
// For each call that may be under way a message lies in the stream CALLS. Whoever
// calls takes one from the account's consumer, and gives it back (nak) afterwards;
// the next one who waits gets it. Nothing is written to a stream or bucket for a
// call, nobody polls, and what a process held that died comes back by itself.
package calls

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tradepost/tradepost/pkg/servicetrade"
)

const (
	// ackWait is after how long what a process held comes back, when it gives no
	// sign of life; signOfLife is how often it gives one.
	ackWait    = 30 * time.Second
	signOfLife = ackWait / 3
	// look is how long a caller waits before it asks what keeps it waiting.
	look = 2 * time.Second
	// maxWait is the longest pause that a caller waits for by itself; see
	// servicetrade.HeldError.
	maxWait = 30 * time.Second
	// maxFailed is how often NATS is asked again at once, and afterFailed the pause.
	maxFailed   = 3
	afterFailed = 100 * time.Millisecond
	// aloneFor is how long a process goes by its own limits before it tries NATS again.
	aloneFor = 5 * time.Second
	// askTime bounds a request to NATS.
	askTime = 3 * time.Second
)

// Limits of one account.
type Limits struct {
	Account string
	// System is who is called, for messages; "" is ServiceTrade. Account names one
	// company there then.
	System string
	// Parallel is how many calls may be under way.
	Parallel int
	// PerMinute is how many calls may begin in a minute, with a burst of Parallel;
	// 0 means any number.
	PerMinute int
}

func (l Limits) system() string {
	if l.System == "" {
		return "ServiceTrade"
	}
	return l.System
}

// gap is the least time between two calls by the same message.
func (l Limits) gap() time.Duration {
	if l.PerMinute <= 0 {
		return 0
	}
	return time.Minute * time.Duration(l.Parallel) / time.Duration(l.PerMinute)
}

// Limiter implements servicetrade.Limiter. While NATS is away it lets calls through
// by its own measure: the process's limit of parallel calls (which the client
// holds), and the rate for this process alone.
type Limiter struct {
	js     jetstream.JetStream
	limits Limits
	log    *slog.Logger

	mu       sync.Mutex
	consumer jetstream.Consumer
	held     time.Time // nobody calls before
	alone    time.Time // NATS is not asked before
	warned   bool
	next     time.Time // alone: when the next call may begin
}

// New makes a Limiter. It asks nobody before the first call.
func New(js jetstream.JetStream, limits Limits, log *slog.Logger) *Limiter {
	limits.Parallel = max(limits.Parallel, 1)
	return &Limiter{js: js, limits: limits, log: log}
}

// Take implements servicetrade.Limiter.
func (l *Limiter) Take(ctx context.Context) (func(), error) {
	for failed := 0; ; {
		if err := l.waitHeld(ctx); err != nil {
			return nil, err
		}
		if l.isAlone() {
			return l.takeAlone(ctx)
		}
		token, err := l.fetch(ctx)
		switch {
		case err != nil && ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil && failed < maxFailed && !errors.Is(err, errNotConnected):
			// Somebody may have deleted the consumer, and another just makes it anew.
			failed++
			l.forget()
			if err := sleep(ctx, afterFailed); err != nil {
				return nil, err
			}
		case err != nil:
			l.goAlone(ctx, err)
		case token != nil:
			l.together(ctx)
			return l.hold(token), nil
		default:
			if err := l.why(ctx); err != nil && ctx.Err() == nil {
				l.goAlone(ctx, err)
			}
		}
	}
}

// hold keeps a token until the function that it returns is called.
func (l *Limiter) hold(token jetstream.Msg) func() {
	began := time.Now()
	var mu sync.Mutex
	given := false
	var timer *time.Timer
	mu.Lock()
	defer mu.Unlock()
	timer = time.AfterFunc(signOfLife, func() {
		mu.Lock()
		defer mu.Unlock()
		if !given {
			_ = token.InProgress()
			timer.Reset(signOfLife)
		}
	})
	return func() {
		mu.Lock()
		defer mu.Unlock()
		if given {
			return
		}
		given = true
		timer.Stop()
		l.giveBack(token, began)
	}
}

// giveBack lets the next caller have the token, at once or when the rate allows. An
// answer that NATS does not get does no harm: the token comes back by itself.
func (l *Limiter) giveBack(token jetstream.Msg, began time.Time) {
	if rest := l.limits.gap() - time.Since(began); rest > 0 {
		_ = token.NakWithDelay(rest)
		return
	}
	_ = token.Nak()
}

// waitHeld waits for the end of a pause that is known here.
func (l *Limiter) waitHeld(ctx context.Context) error {
	for {
		l.mu.Lock()
		left := time.Until(l.held)
		l.mu.Unlock()
		if left <= 0 {
			return nil
		}
		if deadline, ok := ctx.Deadline(); left > maxWait || (ok && time.Until(deadline) < left) {
			return &servicetrade.HeldError{For: left}
		}
		if err := sleep(ctx, left); err != nil {
			return err
		}
	}
}

// Hold implements servicetrade.Limiter: the account's consumer gives nothing out
// meanwhile, so that every process waits. A longer pause stays.
func (l *Limiter) Hold(ctx context.Context, d time.Duration) {
	l.mu.Lock()
	until := time.Now().Add(d)
	longer := until.After(l.held.Add(time.Second))
	if longer {
		l.held = until
	}
	l.mu.Unlock()
	if !longer {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askTime)
	defer cancel()
	err := l.pause(ctx, until)
	if err != nil {
		l.log.WarnContext(ctx, "only this process knows that fewer calls are wanted", "system", l.limits.system(), "wait", d, "error", err)
		return
	}
	l.log.WarnContext(ctx, "fewer calls are wanted: all processes wait", "system", l.limits.system(), "account", l.limits.Account, "wait", d)
}

func (l *Limiter) pause(ctx context.Context, until time.Time) error {
	c, err := l.bound(ctx)
	if err != nil {
		return err
	}
	info, err := c.Info(ctx)
	if err != nil {
		return err
	}
	if info.Paused && info.PauseRemaining >= time.Until(until) {
		return nil
	}
	_, err = l.js.PauseConsumer(ctx, info.Stream, info.Name, until)
	return err
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

var errNotConnected = errors.New("not connected to NATS")
