// Package state is the sandbox's account: its records, what users and
// integrations may do with them, and the file that survives a kill.
package state

import (
	"fmt"
	"sync"
	"time"

	"github.com/tradepost/tradepost/services/sandbox/internal/book"
)

// Config is what a store needs to know.
type Config struct {
	Book *book.Book
	// Now tells the time of changes.
	Now func() time.Time
	// InvoiceEntityType is the number under which comments and webhooks know invoices.
	InvoiceEntityType int
	// CommentDefault is the visibility of a comment that was posted without one.
	CommentDefault []string
	// UniqueNumbers refuses an invoice number that another invoice has.
	UniqueNumbers bool
	// File is the state file; empty keeps the account in memory only.
	File string
	// OnEvents is told of changes after they are made, in order.
	OnEvents func([]Event)
}

// Event is one change of a record, as webhooks tell it.
type Event struct {
	Entity  string // invoice, job, company ...
	ID      int64
	Action  string // created, updated, deleted
	UserID  int64  // 0: the system
	At      int64
	Changes []Change
}

// Change is one tracked field of an event. ServiceTrade tracks the status of
// jobs, never that of invoices.
type Change struct{ Field, Old, New string }

// Store is safe for many goroutines.
type Store struct {
	cfg    Config
	origin *book.Book

	mu       sync.RWMutex
	tables   *Tables
	revision uint64
	changed  chan struct{} // closed at the next change
	history  []step        // the way back from the tables to earlier ones, oldest first

	eventMu sync.Mutex // keeps events in the order of their changes

	fileMu sync.Mutex
	saved  uint64
}

// Open reads the state file if there is one, and starts from the book otherwise.
func Open(cfg Config) (*Store, error) {
	s := newStore(cfg, &Snapshot{Book: cfg.Book})
	if cfg.File == "" {
		return s, nil
	}
	snap, err := ReadSnapshot(cfg.File)
	if err != nil {
		return nil, err
	}
	if snap != nil {
		return newStore(cfg, snap), nil
	}
	s.revision = 1
	return s, s.save(1)
}

// New starts from the book, in memory only.
func New(cfg Config) *Store {
	cfg.File = ""
	return newStore(cfg, &Snapshot{Book: cfg.Book})
}

func newStore(cfg Config, snap *Snapshot) *Store {
	return &Store{cfg: cfg, origin: snap.Book, tables: tablesOf(snap), changed: make(chan struct{})}
}

// Reset throws the account away and starts from another book.
func (s *Store) Reset(b *book.Book) error {
	return s.change(func(*Tables) ([]Event, error) {
		s.tables = tablesOf(&Snapshot{Book: b})
		s.origin = b
		s.history = nil
		return nil, nil
	})
}

// Origin is the book that the account was started from.
func (s *Store) Origin() *book.Book {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.origin
}

// Read lets fn look at the account while nobody changes it. fn may keep records,
// not the tables, and must not call the store.
func (s *Store) Read(fn func(*Tables)) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	fn(s.tables)
}

// Changed gives a channel that is closed at the next change.
func (s *Store) Changed() <-chan struct{} {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.changed
}

func (s *Store) now() int64 { return s.cfg.Now().Unix() }

// change runs fn alone, stores the account before it returns, and tells the
// events. When fn refuses, it must not have changed anything.
func (s *Store) change(fn func(*Tables) ([]Event, error)) error {
	revision, err := s.apply(fn)
	if err != nil || s.cfg.File == "" {
		return err
	}
	if err := s.save(revision); err != nil {
		return fmt.Errorf("keep the change: %w", err)
	}
	return nil
}

func (s *Store) apply(fn func(*Tables) ([]Event, error)) (uint64, error) {
	s.eventMu.Lock()
	defer s.eventMu.Unlock()
	s.mu.Lock()
	events, err := fn(s.tables)
	if err != nil {
		s.mu.Unlock()
		return 0, err
	}
	s.remember()
	s.revision++
	revision := s.revision
	close(s.changed)
	s.changed = make(chan struct{})
	s.mu.Unlock()
	if s.cfg.OnEvents != nil && len(events) > 0 {
		s.cfg.OnEvents(events)
	}
	return revision, nil
}

// save writes the state unless a later one is on disk already. Callers that
// wait here together are served by one write.
func (s *Store) save(revision uint64) error {
	s.fileMu.Lock()
	defer s.fileMu.Unlock()
	if s.saved >= revision {
		return nil
	}
	s.mu.RLock()
	snap, current := snapshotOf(s.tables, s.origin), s.revision
	s.mu.RUnlock()
	if err := snap.write(s.cfg.File); err != nil {
		return err
	}
	s.saved = current
	return nil
}
