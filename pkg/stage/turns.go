package stage

import (
	"context"
	"sync"
	"time"
)

const (
	// atOnce bounds the units that are being attached, and those being detached, at
	// the same time: what they do is heavy on NATS and on this machine.
	atOnce = 32
	// turnTime is how long a unit keeps its turn. One that takes longer waits for its
	// own system: it goes on, and others begin beside it.
	turnTime = 3 * time.Second
)

// turns lets a few begin at the same time.
type turns chan struct{}

func newTurns() turns { return make(turns, atOnce) }

// take waits for a turn, and returns what gives it back; nil when ctx ended first.
// The turn goes back by itself after turnTime.
func (t turns) take(ctx context.Context) (done func()) {
	select {
	case t <- struct{}{}:
	case <-ctx.Done():
		return nil
	}
	back := sync.OnceFunc(func() { <-t })
	late := time.AfterFunc(turnTime, back)
	return func() {
		late.Stop()
		back()
	}
}
