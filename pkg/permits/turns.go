package permits

import (
	"context"
	"slices"
	"time"
)

const (
	// together is how long a turn is put off after the last one, so that callers that
	// come one after the other are served by one.
	together = 40 * time.Millisecond
	// idleFor is after how long without callers a process gives back what it holds.
	idleFor = time.Second
	// failPause is the pause after a turn that failed, doubled up to maxFailPause.
	failPause    = 200 * time.Millisecond
	maxFailPause = 3 * time.Second
)

// work sees to it that turns are taken. The lock is held.
func (a *app) work() {
	if !a.running && a.all.life.Err() == nil {
		a.running = true
		a.all.work.Go(a.turns)
	}
	a.nudge()
}

// nudge has a look at what is due. Several at once count as one.
func (a *app) nudge() {
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// turns takes turns as long as there is somebody to take them for.
func (a *app) turns() {
	for {
		wait, leave, done := a.due()
		switch {
		case done:
			return
		case wait > 0:
			a.pause(wait)
		case leave:
			a.note(a.leave(a.all.life))
		default:
			a.note(a.turn(a.all.life))
		}
	}
}

func (a *app) pause(wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-a.wake:
	case <-a.all.life.Done():
	}
}

// due tells what is to be done, and after how long.
func (a *app) due() (wait time.Duration, leave, done bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.all.clock.elapsed()
	if a.all.life.Err() != nil {
		a.running = false
		return 0, false, true
	}
	if a.failed > 0 {
		if left := a.tried + min(failPause<<min(a.failed-1, 10), maxFailPause) - now; left > 0 {
			return left, false, false
		}
	}
	at, used := a.nextTurn()
	if used {
		a.idleSince = 0
		return at - now, false, false
	}
	if !a.present && !a.meter.pending() {
		a.running = false
		return 0, false, true
	}
	if a.idleSince == 0 {
		a.idleSince = now
	}
	return a.idleSince + idleFor - now, true, false
}

// nextTurn is when the next turn is due, as far as anybody needs one.
func (a *app) nextTurn() (at time.Duration, used bool) {
	at = a.last + signOfLife
	if a.meter.wanted {
		return a.last, true
	}
	for _, d := range a.companies {
		used = used || d.used()
		if d.short() {
			at = min(at, a.last+a.patience(d))
		}
	}
	return at, used
}

// patience is how long after the last turn the next one has a point: soon, where it
// brought all that was wanted, and else when there may be something to give again.
func (a *app) patience(d *desk) time.Duration {
	now, _, _ := a.all.clock.now()
	wait := together
	if a.present && d.crowded {
		wait = max(period, (d.next-now).duration()-window/2)
	}
	return min(signOfLife, max(wait, (d.held-now).duration()-window/2))
}

// turn takes a turn.
func (a *app) turn(ctx context.Context) error {
	now, err := a.prepare(ctx)
	if err != nil || now == 0 {
		return err
	}
	began, asks, g, made := a.snapshot()
	var got map[string]grant
	var count tally
	believed := true
	err = a.all.shelf.swap(ctx, a.key, func(b *book) bool {
		if believed = a.all.clock.believes(b.written); !believed {
			return false
		}
		now, _, _ = a.all.clock.now()
		got = b.turn(now, a.all.instance, asks, g)
		count = a.meter.write(&b.Reads, now, a.all.instance, made.unsent, made.budget)
		return true
	})
	if err != nil || !believed {
		return err // At once again, by another look at the clock.
	}
	a.apply(began, got, asks, count)
	return nil
}

// prepare makes sure that the server's time is known. now is 0 while nothing may be
// given out.
func (a *app) prepare(ctx context.Context) (now micros, err error) {
	a.mu.Lock()
	a.tried = a.all.clock.elapsed()
	a.mu.Unlock()
	if a.all.clock.due() {
		stepped, err := a.all.shelf.sync(ctx, a.all.clock)
		if err != nil {
			return 0, err
		}
		if stepped {
			a.all.stepped()
		}
	}
	if left := a.all.quietFor(); left > 0 {
		return 0, sleep(ctx, left)
	}
	now, _, _ = a.all.clock.now()
	return now, nil
}

// snapshot is what this process wants now.
func (a *app) snapshot() (began time.Duration, asks map[string]ask, g grid, made meter) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pump()
	asks = map[string]ask{}
	for id, d := range a.companies {
		used := d.used()
		if used || d.listed {
			asks[id] = d.ask()
		}
		d.listed = d.listed || used
	}
	return a.all.clock.elapsed(), asks, a.grid, a.unsent()
}

// apply takes what a turn brought.
func (a *app) apply(began time.Duration, got map[string]grant, asks map[string]ask, count tally) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last, a.present = began, true
	for id, one := range got {
		d := a.companies[id]
		d.places, d.held, d.next = one.places, max(d.held, one.held), one.next
		d.crowded = len(one.permits) < asks[id].want || one.places < asks[id].need
		d.learn()
		d.listed = asks[id].need > 0
		d.permits = append(d.permits, one.permits...)
		d.permits = slices.DeleteFunc(d.permits, func(m micros) bool { return m < d.held })
		slices.Sort(d.permits)
	}
	a.counted(count)
	a.pump()
}

// note tells once when turns fail, and when they work again.
func (a *app) note(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case err == nil && a.failed > 0:
		a.all.log.Info("calls to the accounting system are let through again", "system", a.system)
		a.failed = 0
	case err != nil && a.all.life.Err() == nil:
		if a.failed == 0 {
			a.all.log.Warn("calls to the accounting system wait: it cannot be told who of the replicas may call", "system", a.system, "error", err)
		}
		a.failed++
	}
}
