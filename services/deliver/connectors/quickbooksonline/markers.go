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

// numbered is a number among the documents of one kind.
type numbered struct {
	entity entity
	number string
}

// markers knows which documents carry which marker, and which number. It says where to look, not what
// is there: a document is read before it is told.
type markers struct {
	mu       sync.Mutex
	byMarker map[string][]place
	of       map[place]string
	byNumber map[numbered][]place
	numberOf map[place]string
}

func newMarkers() markers {
	return markers{
		byMarker: map[string][]place{}, of: map[place]string{},
		byNumber: map[numbered][]place{}, numberOf: map[place]string{},
	}
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
	number := p.DocNumber
	if p.Status == statusDeleted {
		number = ""
	}
	m.number(at, number)
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
	m.number(at, "")
	if before, known := m.of[at]; known {
		m.drop(at, before)
	}
}

// number takes in the number of a document, "" when it has none any more. The caller
// holds mu.
func (m *markers) number(at place, number string) {
	before := m.numberOf[at]
	if before == number {
		return
	}
	if before != "" {
		key := numbered{at.entity, before}
		left := slices.DeleteFunc(m.byNumber[key], func(p place) bool { return p == at })
		if len(left) == 0 {
			delete(m.byNumber, key)
		} else {
			m.byNumber[key] = left
		}
		delete(m.numberOf, at)
	}
	if number != "" {
		key := numbered{at.entity, number}
		m.byNumber[key] = append(m.byNumber[key], at)
		m.numberOf[at] = number
	}
}

// withNumber lists the documents of a kind that had a number when they were seen last,
// but for those with that marker.
func (m *markers) withNumber(e entity, number, marker string) []place {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(m.byNumber[numbered{e, number}]), func(p place) bool { return m.of[p] == marker })
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
