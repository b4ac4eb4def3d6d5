// Package hledger posts documents to the plain-text double-entry journal of the
// program hledger: one file for each document, put in its place by one link(2),
// which the file system does at most once for a name. So exactly-once posting
// needs no locks, also from several machines on one shared directory.
package hledger

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/tradepost/tradepost/pkg/connector"
)

const (
	kind  = "hledger"
	title = "hledger"
	// callTimeout bounds one call. Files left by a process that died are swept
	// when they are older than several of it.
	callTimeout = 10 * time.Second
)

// Registration makes the connector known under the kind hledger.
func Registration() connector.Registration {
	return connector.Registration{Kind: kind, Title: title, New: open}
}

func open(_ context.Context, s connector.Settings) (connector.Connector, error) {
	var cfg Config
	if err := s.Decode(&cfg); err != nil {
		return nil, fmt.Errorf("read the settings of connection %s: %w", s.Connection, err)
	}
	l, err := New(cfg, s)
	if err != nil {
		return nil, err
	}
	return l, nil
}

// Ledger is a journal directory that documents are posted to. It is safe for
// use by many goroutines, and by many processes on the same directory.
type Ledger struct {
	cfg        Config
	connection string
	// known is the company that the connection was first used with, or "".
	known string
	log   *slog.Logger
	index *index

	mu      sync.Mutex // guards company and swept
	company string     // of the first use, or as read first; "" before
	swept   time.Time

	update sync.Mutex // one replacement at a time in this process
	// reached is called when a step of posting is about to be taken; an error is
	// treated as the failure of that step. Tests stop here.
	reached func(step) error
}

// step is a point between two effects on the disk.
type step string

const (
	stepWrite  step = "write the temporary file"
	stepSync   step = "flush the temporary file"
	stepCommit step = "put the file in its place"
	stepSettle step = "flush the directory"
)

// New makes the connector without touching the disk. cfg is completed with the
// defaults; all that is wrong with it is told in one error.
func New(cfg Config, s connector.Settings) (*Ledger, error) {
	cfg.complete(s.Dir)
	if err := cfg.problems(); err != nil {
		return nil, fmt.Errorf("connection %s: %w", s.Connection, err)
	}
	log := s.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Ledger{
		cfg: cfg, connection: s.Connection, known: s.Company, company: s.Company, log: log,
		index:   newIndex(cfg.JournalDir),
		reached: func(step) error { return nil },
	}, nil
}

// Describe tells deliver what to expect: link(2) refuses a second file of a
// marker, and what is linked is seen at once.
func (l *Ledger) Describe() connector.Descriptor {
	return connector.Descriptor{
		Kind: kind, Title: title, CallTimeout: callTimeout, SettlingTime: 0,
		MaxInFlight: 4, AtomicMarker: true,
	}
}

// Close has nothing to give back: no file stays open between calls.
func (l *Ledger) Close() error { return nil }

var (
	_ connector.Connector      = (*Ledger)(nil)
	_ connector.Updater        = (*Ledger)(nil)
	_ connector.PreviewChecker = (*Ledger)(nil)

	_ connector.ReferenceLister = (*Ledger)(nil)
)
