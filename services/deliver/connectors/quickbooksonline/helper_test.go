package quickbooksonline

import (
	"context"
	"testing"
	"time"
)

func contextWithTimeout(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithTimeout(t.Context(), d)
}

// holding is a Limiter that notes what it is asked.
type holding struct {
	taken, given, read int
	held               time.Duration
}

func (h *holding) Take(context.Context) (func(), error) {
	h.taken++
	return func() { h.given++ }, nil
}

func (h *holding) Metered(reads int) { h.read += reads }

func (h *holding) Hold(_ context.Context, d time.Duration) { h.held = d }
