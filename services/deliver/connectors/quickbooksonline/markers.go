package quickbooksonline

import (
	"slices"
	"sync"
)

// place is where a document stands.
type place struct {
	entity entity
	id     string
}

// markers knows which documents carry which marker. It says where to look, not what
// is there: a document is read before it is told.
type markers struct {
	mu       sync.Mutex
	byMarker map[string][]place
	of       map[place]string
}

func newMarkers() markers {
	return markers{byMarker: map[string][]place{}, of: map[place]string{}}
}

// note takes in a document as it stands now.
func (m *markers) note(e entity, p *paper) {
	s, stamped := stampOf(p.PrivateNote)
	if p.Status == statusDeleted {
		stamped = false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	at := place{e, p.ID}
	before, known := m.of[at]
	if known && stamped && before == s.marker {
		return
	}
	if known {
		m.drop(at, before)
	}
	if stamped {
		m.of[at] = s.marker
		m.byMarker[s.marker] = append(m.byMarker[s.marker], at)
	}
}

// gone forgets a document that is not there any more.
func (m *markers) gone(at place) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if before, known := m.of[at]; known {
		m.drop(at, before)
	}
}

func (m *markers) drop(at place, marker string) {
	delete(m.of, at)
	left := slices.DeleteFunc(m.byMarker[marker], func(p place) bool { return p == at })
	if len(left) == 0 {
		delete(m.byMarker, marker)
		return
	}
	m.byMarker[marker] = left
}

// where lists the documents that carried a marker when they were seen last.
func (m *markers) where(marker string) []place {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.byMarker[marker])
}
