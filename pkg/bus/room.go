package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// ErrStreamFull means that a stream, its account or the server's disk has reached a
// limit that an operator set. Nothing is lost: a handler that returns it is tried
// again every half minute at the latest, and works on when there is room.
var ErrStreamFull = errors.New("the stream is full")

const (
	// Handlers whose messages find no room ask again at least this often.
	fullRetry = 30 * time.Second
	// How long a refusal counts that nobody confirms.
	refusalAge = time.Minute
	// Readiness looks at a stream in trouble this often at the most.
	roomCheckEvery   = 2 * time.Second
	roomCheckTimeout = 2 * time.Second
	// What the server stores with a message, besides subject, headers and body.
	storedOverhead = 64
)

// The server's codes for a limit that is reached; nats.go names none of them.
const (
	codeStoreFailed          jetstream.ErrorCode = 10077
	codeAccountResources     jetstream.ErrorCode = 10002
	codeInsufficientResource jetstream.ErrorCode = 10023
	codeMemoryExceeded       jetstream.ErrorCode = 10028
	codeStorageExceeded      jetstream.ErrorCode = 10047
)

// isFull tells whether the server refused for want of room.
func isFull(err error) bool {
	api, ok := errors.AsType[*jetstream.APIError](err)
	if !ok {
		return errors.Is(err, ErrStreamFull)
	}
	if api.ErrorCode == codeStoreFailed {
		return strings.Contains(api.Description, "maximum")
	}
	return slices.Contains([]jetstream.ErrorCode{
		codeAccountResources, codeInsufficientResource, codeMemoryExceeded, codeStorageExceeded,
	}, api.ErrorCode)
}

// refusals are the streams that took nothing when they were last asked to.
type refusals struct {
	js jetstream.JetStream

	mu       sync.Mutex
	byStream map[string]*refusal
}

type refusal struct {
	err error
	// at is when err was last true, asked when it was last looked at.
	at, asked time.Time
	// size is what the refused message takes, in bytes.
	size uint64
}

// note remembers how a publish ended.
func (r *refusals) note(wire *nats.Msg, err error) {
	stream := streamOf(wire.Subject)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err == nil:
		delete(r.byStream, stream)
	case isFull(err) || errors.Is(err, jetstream.ErrNoStreamResponse):
		if r.byStream == nil {
			r.byStream = map[string]*refusal{}
		}
		r.byStream[stream] = &refusal{err: err, at: time.Now(), asked: time.Now(), size: uint64(wire.Size()) + storedOverhead}
	}
}

// ready tells what is refused, and looks again without waiting for the answer, so
// that a stream that has room again is noticed also when nobody publishes.
func (r *refusals) ready() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var errs []error
	for stream, one := range r.byStream {
		if time.Since(one.at) > refusalAge {
			delete(r.byStream, stream)
			continue
		}
		if time.Since(one.asked) >= roomCheckEvery {
			one.asked = time.Now()
			go r.look(stream, one)
		}
		errs = append(errs, one.err)
	}
	return errors.Join(errs...)
}

func (r *refusals) look(stream string, seen *refusal) {
	ctx, cancel := context.WithTimeout(context.Background(), roomCheckTimeout)
	defer cancel()
	s, err := r.js.Stream(ctx, stream)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.byStream[stream] != seen || (err != nil && !errors.Is(err, jetstream.ErrStreamNotFound)):
		// Overtaken, or not known.
	case err != nil || hasNoRoom(s.CachedInfo(), seen.size):
		seen.at = time.Now()
	default:
		delete(r.byStream, stream)
	}
}

func hasNoRoom(info *jetstream.StreamInfo, size uint64) bool {
	c, s := info.Config, info.State
	return (c.MaxBytes > 0 && s.Bytes+size > uint64(c.MaxBytes)) || (c.MaxMsgs > 0 && s.Msgs >= uint64(c.MaxMsgs))
}

func streamOf(subject string) string {
	if stage := stageLabel(subject); stages[Stage(stage)] {
		return StreamFor(Stage(stage))
	}
	return StreamPolls
}

func full(subject string, err error) error {
	return fmt.Errorf("publish on %s: %w (stream %s): %w", subject, ErrStreamFull, streamOf(subject), err)
}
