package stage

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
)

const (
	// attachTime bounds one try to attach a unit.
	attachTime = time.Minute
	// lateTime is what a try may take after its end to say what it was waiting for.
	lateTime = 2 * time.Second
)

// mend detaches and attaches one unit until it is what is wanted.
func (u *Units) mend(ctx context.Context, id string, s *unitState) {
	wait := backoff.NewExponentialBackOff()
	for {
		u.mu.Lock()
		want, detach := s.want, s.detach
		if ctx.Err() != nil || (detach != nil && want != nil && s.have == want.Fingerprint) || (detach == nil && want == nil) {
			s.busy = false
			if want == nil && detach == nil {
				delete(u.units, id)
			}
			u.mu.Unlock()
			return
		}
		if detach != nil {
			s.detach = nil
			u.mu.Unlock()
			u.end(ctx, id, want, detach)
			continue
		}
		once, cancel := context.WithCancel(ctx)
		if want.Fingerprint != s.trying {
			wait.Reset()
		}
		s.outdated, s.trying = cancel, want.Fingerprint
		u.mu.Unlock()
		u.begin(ctx, once, id, s, want, wait)
		u.mu.Lock()
		s.outdated = nil
		u.mu.Unlock()
		cancel()
	}
}

// end detaches a unit.
func (u *Units) end(ctx context.Context, id string, want *Unit, detach func() error) {
	done := u.detaching.take(context.Background())
	err := detach()
	done()
	log := u.Log.With(u.What, id)
	switch {
	case err != nil:
		log.WarnContext(ctx, "detached with trouble; what was not finished is delivered again", "err", err)
	case want == nil:
		log.InfoContext(ctx, "detached")
	}
}

// begin attaches a unit, or waits before the next try. once ends when the try is
// outdated, ctx with the stage.
func (u *Units) begin(ctx, once context.Context, id string, s *unitState, want *Unit, wait *backoff.ExponentialBackOff) {
	done := u.attaching.take(once)
	if done == nil {
		return
	}
	defer done()
	detach, err := u.try(ctx, once, id, s, want)
	u.mu.Lock()
	if err == nil {
		s.detach, s.have, s.trying = detach, want.Fingerprint, ""
	}
	s.trouble = err
	u.mu.Unlock()
	done()
	if err == nil {
		u.Log.InfoContext(ctx, "attached", u.What, id)
		return
	}
	if once.Err() != nil {
		return
	}
	u.Log.ErrorContext(ctx, "could not be attached, trying again", u.What, id, "err", err)
	timer := time.NewTimer(wait.NextBackOff())
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-once.Done():
	}
}

// try calls Attach. One that does not come back is told, and waited for: a second one
// beside it could attach the unit twice. Only the end of the stage leaves it behind.
func (u *Units) try(ctx, once context.Context, id string, s *unitState, want *Unit) (detach func() error, err error) {
	limited, cancel := context.WithTimeout(once, attachTime)
	a := &attempt{came: make(chan struct{})}
	go func() {
		defer cancel()
		a.finish(want.Attach(limited))
	}()
	hangs := time.NewTimer(attachTime + lateTime)
	defer hangs.Stop()
	select {
	case <-a.came:
		return a.take()
	case <-ctx.Done():
	case <-hangs.C:
		u.hangs(ctx, id, s)
		select {
		case <-a.came:
			return a.take()
		case <-ctx.Done():
		}
	}
	late := time.NewTimer(lateTime)
	defer late.Stop()
	select {
	case <-a.came:
	case <-late.C:
	}
	return a.take()
}

// hangs tells of an Attach that does not come back.
func (u *Units) hangs(ctx context.Context, id string, s *unitState) {
	err := fmt.Errorf("its system does not answer: attaching began at %s and has not ended", time.Now().Add(-attachTime-lateTime).UTC().Format(time.RFC3339))
	u.mu.Lock()
	s.trouble = err
	u.mu.Unlock()
	u.Log.ErrorContext(ctx, "could not be attached, waiting for its system; the others go on", u.What, id, "err", err)
}

// attempt is one call of Attach.
type attempt struct {
	came chan struct{}

	mu     sync.Mutex
	ended  bool
	left   bool
	detach func() error
	err    error
}

// finish hands over what Attach returned, or undoes it when nobody waits any more.
func (a *attempt) finish(detach func() error, err error) {
	a.mu.Lock()
	left := a.left
	a.detach, a.err, a.ended = detach, err, true
	a.mu.Unlock()
	close(a.came)
	if left && err == nil {
		_ = detach()
	}
}

// take returns what Attach returned. Where it has not, nobody waits from now on.
func (a *attempt) take() (detach func() error, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.ended {
		a.left = true
		return nil, errAttaching
	}
	return a.detach, a.err
}
