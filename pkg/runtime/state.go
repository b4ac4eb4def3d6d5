package runtime

import (
	"errors"
	"sync/atomic"
)

var (
	errStarting   = errors.New("starting")
	errConnecting = errors.New("waiting for the NATS server")
	errStopping   = errors.New("stopping")
)

// state is a service's own part of readiness: why it is not ready, or nil.
type state struct{ why atomic.Pointer[error] }

func newState(h *Health) *state {
	s := &state{}
	s.set(errStarting)
	h.AddReadiness("service", s.get)
	return s
}

func (s *state) set(why error) { s.why.Store(&why) }

func (s *state) get() error { return *s.why.Load() }

// permission remembers that the NATS server refused a subject. It never heals
// by itself: somebody has to change the permissions and start the process again.
type permission struct{ err atomic.Pointer[error] }

func (p *permission) set(err error) { p.err.Store(&err) }

func (p *permission) get() error {
	if err := p.err.Load(); err != nil {
		return *err
	}
	return nil
}
