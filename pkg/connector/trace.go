package connector

import (
	"context"
	"slices"
	"strings"
	"sync"
)

// Traces collects the ids that an accounting system gives to the calls that were made
// with a context. Its support desk finds a call by them.
type Traces struct {
	mu  sync.Mutex
	ids []string
}

// maxTraces bounds how many ids are kept; the last ones are those that matter.
const maxTraces = 10

type tracesKey struct{}

// WithTraces gives the calls made with the context something to note their ids in.
func WithTraces(ctx context.Context, t *Traces) context.Context {
	return context.WithValue(ctx, tracesKey{}, t)
}

// NoteTrace is called by a connector with the id of each call that was answered. An
// empty id, one that was noted already, and a context without Traces do nothing.
func NoteTrace(ctx context.Context, id string) {
	t, ok := ctx.Value(tracesKey{}).(*Traces)
	if !ok || id == "" {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if slices.Contains(t.ids, id) {
		return
	}
	t.ids = append(t.ids, id)
	if len(t.ids) > maxTraces {
		t.ids = t.ids[1:]
	}
}

// String lists the ids in the order of the calls, the last ten.
func (t *Traces) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(t.ids, " ")
}
