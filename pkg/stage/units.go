package stage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/runtime"
)

const (
	// attachAtOnce bounds the units that are being attached or detached at the same time.
	attachAtOnce = 32
	// maxNamed is how many units in trouble a probe names.
	maxNamed = 5
)

var errAttaching = errors.New("is being attached")

// Unit is what a stage attaches and detaches as a whole: a connection, or an account.
type Unit struct {
	ID string
	// Fingerprint differs when the unit has to be made anew.
	Fingerprint string
	// Attach lets the unit take messages, and returns what ends that: once detach
	// has returned, nothing of the unit is at work any more. An error is tried again,
	// later each time, until the unit is attached, changed or no longer wanted. ctx
	// ends when Attach has returned.
	Attach func(ctx context.Context) (detach func() error, err error)
}

// Units keeps what a stage has attached in step with the configuration in force.
// Each unit goes its own way: one in trouble holds up no other.
type Units struct {
	// What a unit is called, such as "connection".
	What string
	Log  *slog.Logger

	mu    sync.Mutex
	units map[string]*unitState
	turn  chan struct{}
	work  sync.WaitGroup
}

// unitState is guarded by Units.mu.
type unitState struct {
	want     *Unit // nil: not wanted any more
	have     string
	detach   func() error // nil: not attached
	busy     bool
	outdated context.CancelFunc // ends the attach under way
	trouble  error
}

// NewUnits returns Units without any.
func NewUnits(what string, log *slog.Logger) *Units {
	return &Units{What: what, Log: log, units: map[string]*unitState{}, turn: make(chan struct{}, attachAtOnce)}
}

// Follow attaches what wanted returns for the configuration in force, and changes
// that with every new one, until ctx ends. It leaves attached what is: see Close.
func (u *Units) Follow(ctx context.Context, live *connection.Live, wanted func(*connection.Config) []Unit) error {
	defer u.work.Wait()
	for {
		config, changed := live.Watch()
		u.set(ctx, wanted(config))
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		}
	}
}

// Close detaches everything, after Follow has returned and the stage's router has stopped.
func (u *Units) Close() {
	u.mu.Lock()
	all := slices.Collect(maps.Values(u.units))
	u.mu.Unlock()
	for _, s := range all {
		if s.detach != nil {
			_ = s.detach()
		}
	}
}

// Note says that the unit is in trouble, or with nil that it is not any more.
func (u *Units) Note(id string, err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if s := u.units[id]; s != nil && s.detach != nil {
		s.trouble = err
	}
}

// Ready is for the readiness probe. It fails only when all units are in trouble:
// one must not take the replica out of service for the others.
func (u *Units) Ready() error {
	u.mu.Lock()
	wanted, troubled := 0, map[string]error{}
	for id, s := range u.units {
		if s.want == nil {
			continue
		}
		wanted++
		if s.trouble != nil {
			troubled[id] = s.trouble
		}
	}
	u.mu.Unlock()
	if len(troubled) == 0 {
		return nil
	}
	told := Few(u.What, troubled)
	if len(troubled) == wanted {
		return told
	}
	return runtime.Notice(fmt.Sprintf("%d of %d do not work: %s", len(troubled), wanted, told))
}

// Few tells the first of many troubles by name, and counts the others.
func Few(what string, troubled map[string]error) error {
	var told []error
	for i, id := range slices.Sorted(maps.Keys(troubled)) {
		if i == maxNamed {
			told = append(told, fmt.Errorf("and %d more", len(troubled)-maxNamed))
			break
		}
		told = append(told, fmt.Errorf("%s %s: %w", what, id, troubled[id]))
	}
	return errors.Join(told...)
}

// set says what is wanted now, and has it done.
func (u *Units) set(ctx context.Context, wanted []Unit) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, s := range u.units {
		s.want = nil
	}
	for _, unit := range wanted {
		s := u.units[unit.ID]
		if s == nil {
			s = &unitState{trouble: errAttaching}
			u.units[unit.ID] = s
		}
		s.want = &unit
	}
	for id, s := range u.units {
		if s.settled() {
			continue
		}
		if s.outdated != nil {
			s.outdated()
		}
		if !s.busy {
			s.busy = true
			u.work.Go(func() { u.mend(ctx, id, s) })
		}
	}
}

// settled tells whether nothing is to be done.
func (s *unitState) settled() bool {
	if s.want == nil || s.detach == nil {
		return s.want == nil && s.detach == nil && !s.busy
	}
	return s.have == s.want.Fingerprint
}

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
		s.detach = nil
		once, cancel := context.WithCancel(ctx)
		s.outdated = cancel
		u.mu.Unlock()
		if detach != nil {
			u.end(ctx, id, want, detach)
			wait.Reset()
		} else {
			u.begin(once, id, s, want, wait)
		}
		cancel()
	}
}

// end detaches a unit.
func (u *Units) end(ctx context.Context, id string, want *Unit, detach func() error) {
	u.turn <- struct{}{}
	err := detach()
	<-u.turn
	log := u.Log.With(u.What, id)
	switch {
	case err != nil:
		log.WarnContext(ctx, "detached with trouble; what was not finished is delivered again", "err", err)
	case want == nil:
		log.InfoContext(ctx, "detached")
	}
}

// begin attaches a unit, or waits before the next try.
func (u *Units) begin(ctx context.Context, id string, s *unitState, want *Unit, wait *backoff.ExponentialBackOff) {
	select {
	case u.turn <- struct{}{}:
	case <-ctx.Done():
		return
	}
	detach, err := want.Attach(ctx)
	<-u.turn
	u.mu.Lock()
	if err == nil {
		s.detach, s.have = detach, want.Fingerprint
	}
	s.trouble = err
	u.mu.Unlock()
	if err == nil || ctx.Err() != nil {
		return
	}
	u.Log.ErrorContext(ctx, "could not be attached, trying again", u.What, id, "err", err)
	timer := time.NewTimer(wait.NextBackOff())
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
