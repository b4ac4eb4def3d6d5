package bustest

import (
	"testing"
	"time"
)

const (
	patience = 20 * time.Second
	lookEach = 5 * time.Millisecond
)

// Eventually looks at a condition again and again, in the goroutine of the test,
// until it returns nil, and fails the test with its last error after 20 seconds.
// Use it instead of sleeping.
func Eventually(t testing.TB, condition func() error) {
	t.Helper()
	EventuallyWithin(t, patience, condition)
}

// EventuallyWithin is Eventually with another limit.
func EventuallyWithin(t testing.TB, limit time.Duration, condition func() error) {
	t.Helper()
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	look := time.NewTicker(lookEach)
	defer look.Stop()
	for {
		err := condition()
		if err == nil {
			return
		}
		select {
		case <-deadline.C:
			t.Fatalf("not within %s: %v", limit, err)
		case <-look.C:
		}
	}
}

// Receive returns the next value of a channel, and fails the test when none comes
// within 20 seconds.
func Receive[T any](t testing.TB, from <-chan T) T {
	t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case v := <-from:
		return v
	case <-timer.C:
		t.Fatalf("nothing came within %s", patience)
		panic("unreachable")
	}
}
