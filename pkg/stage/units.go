package stage

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/tradepost/tradepost/pkg/connection"
)

var errAttaching = errors.New("is being attached")

// leaveTime is how long Follow waits at its end for what is being detached.
const leaveTime = 30 * time.Second

// Unit is what a stage attaches and detaches as a whole: a connection, or an account.
type Unit struct {
	ID string
	// Fingerprint differs when the unit has to be made anew.
	Fingerprint string
	// Attach lets the unit take messages, and returns what ends that: once detach
	// has returned, nothing of the unit is at work any more. An error is tried again,
	// later each time, until the unit is attached, changed or no longer wanted. ctx
	// ends when Attach has returned, and a minute after it was called.
	Attach func(ctx context.Context) (detach func() error, err error)
}

// Units keeps what a stage has attached in step with the configuration in force.
// Each unit goes its own way: one in trouble holds up no other, not even one whose
// Attach never returns.
type Units struct {
	// What a unit is called, such as "connection".
	What string
	Log  *slog.Logger

	mu    sync.Mutex
	units map[string]*unitState
	// again asks Follow to look at the units once more.
	again chan struct{}
	work  sync.WaitGroup
	// Detaching has turns of its own: what is to end does not wait for what cannot begin.
	attaching, detaching turns
}

// unitState is guarded by Units.mu.
type unitState struct {
	want     *Unit // nil: not wanted any more
	have     string
	detach   func() error // nil: not attached
	busy     bool
	trying   string             // fingerprint of the attach under way
	outdated context.CancelFunc // ends the attach under way; nil: there is none
	trouble  error
}

// NewUnits returns Units without any.
func NewUnits(what string, log *slog.Logger) *Units {
	return &Units{What: what, Log: log, units: map[string]*unitState{}, again: make(chan struct{}, 1), attaching: newTurns(), detaching: newTurns()}
}

// Follow attaches what wanted returns for the configuration in force, and changes
// that with every new one, until ctx ends. It leaves attached what is: see Close.
// An Attach that never returns does not keep it: should it return after all, what it
// attached is detached at once.
func (u *Units) Follow(ctx context.Context, live *connection.Live, wanted func(*connection.Config) []Unit) error {
	defer u.leave()
	for {
		config, changed := live.Watch()
		u.set(ctx, wanted(config))
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		case <-u.again:
		}
	}
}

// leave waits for what is under way, for a while.
func (u *Units) leave() {
	done := make(chan struct{})
	go func() {
		u.work.Wait()
		close(done)
	}()
	late := time.NewTimer(leaveTime)
	defer late.Stop()
	select {
	case <-done:
	case <-late.C:
		u.Log.Warn("stopped before everything was detached; what was not finished is delivered again")
	}
}

// Close detaches everything, after Follow has returned and the stage's router has stopped.
func (u *Units) Close() {
	u.mu.Lock()
	all := slices.Collect(maps.Values(u.units))
	var detach []func() error
	for _, s := range all {
		if s.detach != nil {
			detach = append(detach, s.detach)
		}
	}
	u.mu.Unlock()
	for _, end := range detach {
		_ = end()
	}
}

// set says what is wanted now, and has it done. It leaves alone what is being
// attached and is still wanted so: else the changes of others would keep a slow unit
// from ever being attached.
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
		if s.outdated != nil && (s.want == nil || s.want.Fingerprint != s.trying) {
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
