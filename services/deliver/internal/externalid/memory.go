package externalid

import (
	"sync"
	"time"

	"github.com/tradepost/tradepost/pkg/connector"
)

const (
	// remembers is how long what became of an external id is remembered: so often is
	// one that is taken tried again, and one that differs told again.
	remembers = 24 * time.Hour
	// stale is how old what an invoice shows of its records may be, and some more.
	stale = 5 * time.Minute
	// memorySize bounds the memory; what is forgotten costs one call to ServiceTrade.
	memorySize = 20_000
)

// key is a record of ServiceTrade.
type key struct {
	record connector.RecordKind
	id     int64
}

// memory keeps a burst of invoices of one customer from asking ServiceTrade for
// each of them, and an external id that cannot be written from being tried for ever.
type memory struct {
	mu   sync.Mutex
	seen map[key]seen
}

type seen struct {
	// value is the id in the books, and has what the record had instead, if anything.
	value, has string
	at         time.Time
}

func newMemory() memory { return memory{seen: map[key]seen{}} }

// begin is true when a value that the record does not have was not dealt with
// lately, and notes that it is now. Where the record had another value instead,
// only what was read before that is known counts as old.
func (m *memory) begin(k key, value string, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s, ok := m.seen[k]; ok && s.value == value {
		if age := now.Sub(s.at); age < stale || (s.has == "" && age < remembers) {
			return false
		}
	}
	m.note(k, seen{value: value, at: now})
	return true
}

// differs is true when it was not told lately that the record has that instead.
func (m *memory) differs(k key, value, has string, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s, ok := m.seen[k]; ok && s.value == value && s.has == has && now.Sub(s.at) < remembers {
		return false
	}
	m.note(k, seen{value: value, has: has, at: now})
	return true
}

func (m *memory) note(k key, s seen) {
	if len(m.seen) >= memorySize {
		clear(m.seen)
	}
	m.seen[k] = s
}

// forget lets the next posting try again.
func (m *memory) forget(k key) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.seen, k)
}
