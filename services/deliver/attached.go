package deliver

import (
	"sync"

	"github.com/tradepost/tradepost/services/deliver/internal/posting"
)

// attached is a connection that takes messages. Its connector is also called beside
// the consumer: by sweeps, probes and an operator's commands. It is closed only after
// all of them are over.
type attached struct {
	*posting.Poster

	mu    sync.Mutex
	ended bool
	busy  sync.WaitGroup
}

// begin lets the caller use the connector until it calls done; false once the
// connection is being detached.
func (a *attached) begin() (done func(), ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ended {
		return nil, false
	}
	a.busy.Add(1)
	return a.busy.Done, true
}

// end lets nobody begin any more and waits until all are done.
func (a *attached) end() {
	a.mu.Lock()
	a.ended = true
	a.mu.Unlock()
	a.busy.Wait()
}

// use returns the poster of a connection that is attached, for as long as the caller
// needs it; nil when there is none.
func (s *Service) use(connection string) (p *posting.Poster, done func()) {
	s.mu.Lock()
	a := s.posters[connection]
	s.mu.Unlock()
	if a == nil {
		return nil, func() {}
	}
	done, ok := a.begin()
	if !ok {
		return nil, func() {}
	}
	return a.Poster, done
}

// keep makes a connection known as attached; nil takes it out.
func (s *Service) keep(connection string, a *attached) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.posters[connection] = a; a == nil {
		delete(s.posters, connection)
	}
}
