package model

import (
	"fmt"
	"iter"
	"time"

	"github.com/tradepost/tradepost/pkg/record"
)

type stageName string

const (
	ingest    stageName = "ingest"
	transform stageName = "transform"
	deliver   stageName = "deliver"
	reconcile stageName = "reconcile"
)

// worker is one replica of a stage. It does one thing at a time, and can be stopped
// before every step.
type worker struct {
	world *world
	stage stageName
	name  string
	// next does the step that the worker stands before; nil when it does nothing.
	next  func() (time.Time, bool)
	stop  func()
	yield func(time.Time) bool
	// blocked is until when it waits for an answer.
	blocked time.Time
	waits   *request
	// at is the step that it stands before.
	at    string
	fence record.Fence
	calls int
}

// stopped unwinds a worker that was killed.
type stopped struct{}

// begin gives an idle worker something to do.
func (w *worker) begin(what string, task func()) {
	w.world.names++
	w.name = fmt.Sprintf("%s#%d", w.stage, w.world.names)
	w.world.note("%s begins: %s", w.name, what)
	w.next, w.stop = iter.Pull(func(yield func(time.Time) bool) {
		defer func() {
			if r := recover(); r != nil {
				if _, killed := r.(stopped); !killed {
					panic(r)
				}
			}
		}()
		w.yield = yield
		task()
	})
	w.step() // to its first step
}

// pause is called before each step: here the worker can be stopped.
func (w *worker) pause(at string) {
	w.at = at
	if !w.yield(time.Time{}) {
		panic(stopped{})
	}
}

// await waits until the request arrived, at most until the deadline.
func (w *worker) await(r *request, deadline time.Time) bool {
	for !r.arrived && time.Now().Before(deadline) {
		w.at, w.waits = "wait for an answer", r
		if !w.yield(deadline) {
			panic(stopped{})
		}
	}
	w.waits = nil
	return r.arrived
}

func (w *worker) idle() bool { return w.next == nil }

// step does one step. A worker that waits for an answer goes on when it is there.
func (w *worker) step() {
	if w.idle() || time.Now().Before(w.blocked) && (w.waits == nil || !w.waits.arrived) {
		return
	}
	blocked, more := w.next()
	w.blocked = blocked
	if !more {
		w.end()
	}
}

// kill ends the worker as kill -9 does: what it sent arrives, nothing else happens.
func (w *worker) kill() {
	if w.idle() {
		return
	}
	w.world.note("%s dies before: %s", w.name, w.at)
	w.stop()
	w.end()
}

func (w *worker) end() {
	w.next, w.stop, w.waits, w.blocked = nil, nil, nil, time.Time{}
}

// send puts a write on its way. It may arrive late or never, and its answer may be
// lost; answered is false then, and the caller knows nothing.
func (w *worker) send(what string, deadline time.Time, do func()) (answered bool) {
	w.calls++
	longest := time.Until(deadline)
	r := &request{arrives: time.Now(), do: do}
	lost, cut := false, false
	switch w.world.fate(10) {
	case 4:
		r.arrives = r.arrives.Add(longest / 2)
	case 5:
		r.arrives = r.arrives.Add(longest)
	case 6:
		cut = true
	case 7:
		lost = true
	case 8, 9: // Cut on the way, and worked on all the same.
		r.arrives, cut = r.arrives.Add(longest/2), true
	}
	w.world.note("%s sends %s, arrives in %s, lost %v, answer lost %v", w.name, what, time.Until(r.arrives), lost, cut)
	if lost {
		return false
	}
	if r.arrives.After(time.Now()) {
		w.world.flight = append(w.world.flight, r)
	} else {
		w.world.arrive(r)
	}
	return !cut && w.await(r, deadline)
}
