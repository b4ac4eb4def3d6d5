package bustest

import (
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats-server/v2/server/ats"
)

// FakeTime runs test with a server in a bubble of testing/synctest: time stands
// still while anything works, and jumps to the next timer when everything waits, so
// that hours of retries pass in milliseconds. Everything that the test starts must
// have ended when it returns; the server and its connections are ended by FakeTime.
// The server has no socket: connect with Broker.Conn or JS. One thing is not true to
// life: the server looks at the real clock when it drops messages for their age, so
// once a stream's age has passed (POLLS: 1 hour) some go too early, and an update of
// a stream or a restart of the server drops all that it holds, unless it was given no
// age (Broker.Ageless). Time passes at
// about a minute in a millisecond; a mutex held while waiting stops it.
func FakeTime(t *testing.T, test func(t *testing.T, s *Broker)) {
	t.Helper()
	FakeTimeFrom(t, time.Time{}, test)
}

// FakeTimeFrom is FakeTime with a clock that begins at start, if that is after the
// year 2000, where it begins otherwise. What compares the clock with the times of
// files needs one that is later than the real one.
func FakeTimeFrom(t *testing.T, start time.Time, test func(t *testing.T, s *Broker)) {
	t.Helper()
	// The server's clock goroutine must live outside of the bubble.
	ats.Register()
	defer ats.Unregister()
	dir := t.TempDir()
	forgetTimers()
	defer forgetTimers()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(start)) // at once: nothing else has a timer yet
		s := &Broker{dir: dir, bare: server.Options{
			DontListen: true, JetStream: true, SyncAlways: true, StoreDir: dir, NoLog: true, NoSigs: true,
		}}
		s.start(t)
		defer s.close()
		test(t, s)
	})
}

// forgetTimers empties the pool in which nats.go keeps timers for later: one that was
// made in a bubble must not be used outside of it. A pool is empty after two collections.
func forgetTimers() {
	runtime.GC()
	runtime.GC()
}
