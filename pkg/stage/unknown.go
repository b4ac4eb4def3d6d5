package stage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/runtime"
)

const (
	// unknownGrace is how long a command waits for a connection that the configuration
	// does not have: another process may take up a changed one some seconds sooner.
	// It is counted from the command's own time, so that any number of them holds up
	// the commands of others that long once, and not one after the other.
	unknownGrace = 15 * time.Second
	// attachGrace is the same where the connection is there, and is being attached.
	attachGrace = time.Minute
	gracePause  = 2 * time.Second
	// maxAside bounds how many messages are laid aside, and maxAsideBytes their bodies.
	// The others wait for ingest, which publishes a send again that makes no progress.
	maxAside      = 1000
	maxAsideBytes = 32 << 20
)

var (
	// ErrUnknownConnection means that the configuration has no connection of that name.
	ErrUnknownConnection = errors.New("the configuration has no such connection")
	// ErrNotAttached means that the connection is there, and cannot take anything now.
	ErrNotAttached = errors.New("is not attached")
)

// Unknown is what becomes of a command whose connection this process does not know:
// it waits some seconds, and then is a dead letter. All connections share the slots
// of the consumer: what waits longer would hold up the others. since is when the
// process began to know any connection.
func Unknown(m bus.Message, since time.Time) error {
	err := fmt.Errorf("connection %q: %w", m.Subject.Connection, ErrUnknownConnection)
	return short(m, since, unknownGrace, "message.unknown_connection", err)
}

// NotAttached is what becomes of a command whose connection, or its account, is
// enabled and not attached: as Unknown, but it waits longer.
func NotAttached(m bus.Message, since time.Time) error {
	err := fmt.Errorf("connection %q: %w; send the command again when it is", m.Subject.Connection, ErrNotAttached)
	return short(m, since, attachGrace, "command.not_attached", err)
}

// short lets a message wait until it is of that age. The deliveries are bounded too,
// since the server's clock may be ahead of ours.
func short(m bus.Message, since time.Time, grace time.Duration, code string, err error) error {
	if since.Before(m.Published) {
		since = m.Published
	}
	if time.Since(since) < grace && m.Delivered <= int(grace/gracePause) {
		return bus.RetryAfter(gracePause, err)
	}
	return bus.Poison(code, err)
}

// Strangers are the messages of connections that this process does not know. They
// hold no slot: they count as done, are laid aside in memory, and are handled once the
// configuration in force has their connection. Nothing depends on that: the record
// keeps the send open, and ingest publishes it again when this process has forgotten.
type Strangers struct {
	handle bus.Handler
	log    *slog.Logger
	live   *connection.Live
	kick   chan struct{}

	mu    sync.Mutex
	aside map[string][]bus.Message // by connection
	count int
	bytes int
}

// NewStrangers returns Strangers without any; handle takes a message once its
// connection is known.
func NewStrangers(live *connection.Live, log *slog.Logger, handle bus.Handler) *Strangers {
	return &Strangers{handle: handle, log: log, live: live, kick: make(chan struct{}, 1), aside: map[string][]bus.Message{}}
}

// LayAside takes a message over. It is told once for each connection.
func (s *Strangers) LayAside(ctx context.Context, m bus.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := m.Subject.Connection
	waiting, told := s.aside[id]
	if !told {
		s.log.WarnContext(ctx, "messages wait: the configuration has no such connection; they go on when it is there",
			"code", "message.unknown_connection", "connection", id, "first", m.Raw)
	}
	switch {
	case s.count < maxAside && s.bytes+len(m.Body) <= maxAsideBytes:
		waiting = append(waiting, m)
		s.count++
		s.bytes += len(m.Body)
	case told || len(s.aside) >= maxAside:
		return
	}
	s.aside[id] = waiting
	if s.live.Current().Connections[id] != nil { // since just now
		select {
		case s.kick <- struct{}{}:
		default:
		}
	}
}

// Run handles what was laid aside as soon as its connection is known, until ctx ends.
func (s *Strangers) Run(ctx context.Context) error {
	for {
		config, changed := s.live.Watch()
		for _, m := range s.known(config) {
			s.again(ctx, m)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		case <-s.kick:
		}
	}
}

// known takes out the messages whose connection is there now.
func (s *Strangers) known(config *connection.Config) []bus.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []bus.Message
	for id, waiting := range s.aside {
		if config.Connections[id] == nil {
			continue
		}
		all = append(all, waiting...)
		delete(s.aside, id)
	}
	for _, m := range all {
		s.count--
		s.bytes -= len(m.Body)
	}
	return all
}

// again handles one message. Whatever goes wrong is left to ingest: no server brings
// the message again.
func (s *Strangers) again(ctx context.Context, m bus.Message) {
	defer func() {
		if p := recover(); p != nil {
			s.log.ErrorContext(ctx, "the handler panicked; ingest publishes the send again", "subject", m.Raw, "panic", fmt.Sprint(p))
		}
	}()
	if err := s.handle(ctx, m); err != nil && ctx.Err() == nil {
		s.log.WarnContext(ctx, "a message that was laid aside failed; ingest publishes the send again", "subject", m.Raw, "err", err)
	}
}

// Notice names the connections that messages wait for.
func (s *Strangers) Notice() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.aside) == 0 {
		return nil
	}
	ids := slices.Sorted(maps.Keys(s.aside))
	more := ""
	if len(ids) > maxNamed {
		ids, more = ids[:maxNamed], " and others"
	}
	return runtime.Notice("messages wait for connections that the configuration does not have (message.unknown_connection): " + strings.Join(ids, ", ") + more)
}
