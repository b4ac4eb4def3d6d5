package stage

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

// useTime is how long a use may go on when its unit is taken away; then its context
// ends, and it is waited for that long again.
const useTime = 10 * time.Second

// Attached is what a stage has attached, by the id of its unit, for the sweeps and
// commands that do not come through a consumer of the unit: Remove waits for them.
type Attached[T any] struct {
	mu  sync.Mutex
	all map[string]*inUse[T]
}

type inUse[T any] struct {
	value T
	life  context.Context
	end   context.CancelFunc
	users sync.WaitGroup
}

// Put attaches a unit. One of the same id has to be removed before.
func (a *Attached[T]) Put(id string, value T) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.all == nil {
		a.all = map[string]*inUse[T]{}
	}
	life, end := context.WithCancel(context.Background())
	a.all[id] = &inUse[T]{value: value, life: life, end: end}
}

// Use calls do with a unit, and false where there is none. The unit stays until do has
// returned, unless that takes too long: then do's context ends before the unit does.
func (a *Attached[T]) Use(ctx context.Context, id string, do func(context.Context, T) error) (bool, error) {
	a.mu.Lock()
	u := a.all[id]
	if u != nil {
		u.users.Add(1)
	}
	a.mu.Unlock()
	if u == nil {
		return false, nil
	}
	defer u.users.Done()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(u.life, cancel)()
	return true, do(ctx, u.value)
}

// Remove takes a unit away and returns when nobody uses it any more, at the latest
// after twice the time that uses are given to come to an end.
func (a *Attached[T]) Remove(id string) {
	a.mu.Lock()
	u := a.all[id]
	delete(a.all, id)
	a.mu.Unlock()
	if u == nil {
		return
	}
	defer u.end()
	unused := make(chan struct{})
	go func() {
		u.users.Wait()
		close(unused)
	}()
	if within(unused) {
		return
	}
	u.end()
	within(unused)
}

func within(done <-chan struct{}) bool {
	timer := time.NewTimer(useTime)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}

// IDs returns the ids of all units that are attached, in order.
func (a *Attached[T]) IDs() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Sorted(maps.Keys(a.all))
}

// Peek returns a unit for what needs no more than its memory; false where there is none.
func (a *Attached[T]) Peek(id string) (T, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	u := a.all[id]
	if u == nil {
		var none T
		return none, false
	}
	return u.value, true
}
