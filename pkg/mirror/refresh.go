package mirror

import (
	"errors"
	"slices"
	"time"
)

// refresh brings the copy up to date.
func (m *Mirror[V]) refresh(f *flight[V]) {
	m.mu.Lock()
	cursor := m.cursor
	whole := m.asOf.IsZero() || (m.o.Again > 0 && f.began.Sub(m.allAt) >= m.o.Again)
	m.mu.Unlock()
	var changes []Change[V]
	var err error
	if !whole {
		changes, cursor, err = m.changed(cursor)
		whole = errors.Is(err, ErrForgotten)
	}
	if whole {
		changes, cursor, err = m.all()
	}
	m.land(f, whole, changes, cursor, err)
}

func (m *Mirror[V]) changed(cursor string) (changes []Change[V], next string, err error) {
	next, err = m.o.Source.ChangedSince(m.life, cursor, func(c Change[V]) { changes = append(changes, c) })
	return changes, next, err
}

func (m *Mirror[V]) all() (records []Change[V], cursor string, err error) {
	cursor, err = m.o.Source.All(m.life, func(id string, record V) { records = append(records, Change[V]{ID: id, Record: record}) })
	return records, cursor, err
}

// land takes over what was read, all of it or nothing.
func (m *Mirror[V]) land(f *flight[V], whole bool, changes []Change[V], cursor string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	defer close(f.done)
	m.flight, f.err = nil, err
	if err != nil {
		return
	}
	if whole {
		m.records, m.named, m.allAt = map[string]V{}, map[string][]string{}, f.began
	}
	for _, c := range append(changes, f.noted...) {
		m.set(c)
	}
	m.cursor, m.asOf = cursor, f.began
}

// set puts one record in, or takes it out. The lock is held.
func (m *Mirror[V]) set(c Change[V]) {
	if old, there := m.records[c.ID]; there {
		for _, name := range m.o.Names(old) {
			m.named[name] = slices.DeleteFunc(m.named[name], func(id string) bool { return id == c.ID })
			if len(m.named[name]) == 0 {
				delete(m.named, name)
			}
		}
		delete(m.records, c.ID)
	}
	if c.Gone {
		return
	}
	m.records[c.ID] = c.Record
	for _, name := range m.o.Names(c.Record) {
		if at, there := slices.BinarySearch(m.named[name], c.ID); !there {
			m.named[name] = slices.Insert(m.named[name], at, c.ID)
		}
	}
}

// AsOf is the moment that the copy is true for; zero before the first look.
func (m *Mirror[V]) AsOf() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.asOf
}
