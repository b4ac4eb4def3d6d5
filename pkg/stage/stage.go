// Package stage is what ingest, transform, deliver and reconcile have in common:
// how a message is matched with the record before anything is done, and what
// becomes of a record whose message cannot be read.
package stage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/telemetry"
)

const (
	// A message that names a send which the record does not know is tried this
	// often, this far apart, before it is dropped as stale.
	aheadTries = 8
	aheadPause = 500 * time.Millisecond
)

// Gate lets messages through to a stage's work when the record says so.
type Gate struct {
	Store *record.Store
	Bus   *bus.Publisher
	Log   *slog.Logger
	// Account returns the account of a connection, or false when the
	// configuration has no such connection.
	Account func(connection string) (string, bool)
}

// For is the gate of one connection at work. It knows the connection until the last
// message is done, even where the configuration in force does not have it any more.
func (g *Gate) For(c *connection.Connection) *Gate {
	own := *g
	own.Account = func(id string) (string, bool) { return c.AccountID, id == c.ID }
	return &own
}

// Key returns the record's key of the invoice that a message is about.
func (g *Gate) Key(s bus.Subject) (record.Key, error) {
	account, ok := g.Account(s.Connection)
	if !ok {
		return record.Key{}, fmt.Errorf("connection %q: %w", s.Connection, ErrUnknownConnection)
	}
	return record.Key{Account: account, InvoiceID: s.InvoiceID}, nil
}

// Admit reads the record and tells whether the message belongs to its open send.
// When it does not, what has to be done about that has been done, and the message
// is finished (false, nil) or comes again later (false, error). ErrUnknownConnection
// is for the caller to deal with: it must not make the message wait in a slot that
// other connections share.
func (g *Gate) Admit(ctx context.Context, m bus.Message, send int64, snapshotHash string) (record.Entry, bool, error) {
	k, err := g.Key(m.Subject)
	if err != nil {
		return record.Entry{}, false, err
	}
	telemetry.Set(ctx, telemetry.Account(k.Account), telemetry.Send(send))
	e, err := g.Store.Get(ctx, k)
	if err != nil {
		return record.Entry{}, false, err
	}
	log := g.Log.With("connection", m.Subject.Connection, "invoice", m.Subject.InvoiceID, "send", send)
	if e.Record != nil && e.Record.GetConnection() != m.Subject.Connection {
		log.WarnContext(ctx, "message ignored: the invoice belongs to another connection", "belongs_to", e.Record.GetConnection())
		return e, false, nil
	}
	switch record.Match(e, send, snapshotHash, m.Published) {
	case record.Current:
		return e, true, nil
	case record.Ahead:
		if m.Delivered < aheadTries {
			return e, false, bus.RetryAfter(aheadPause, fmt.Errorf("send %d of invoice %s is not in its record yet", send, k))
		}
		log.WarnContext(ctx, "message ignored: the record knows no such send", "record_send", e.Record.GetSend())
		return e, false, nil
	case record.Replayed:
		return e, false, g.askRetry(ctx, m, e)
	default:
		log.DebugContext(ctx, "message ignored: its send is over", "state", record.StateName(e.State()), "record_send", e.Record.GetSend())
		return e, false, nil
	}
}

// askRetry turns a replayed message of a failed send into the operator's command
// that it stands for. Only received and ready messages ask for work; the replay
// of an answer changes nothing.
func (g *Gate) askRetry(ctx context.Context, m bus.Message, e record.Entry) error {
	if m.Subject.Stage != bus.StageReceived && m.Subject.Stage != bus.StageReady {
		return nil
	}
	send := e.Record.GetSend()
	to := bus.Subject{Stage: bus.StageCommand, Connection: m.Subject.Connection, InvoiceID: m.Subject.InvoiceID}
	id := fmt.Sprintf("retry/%s/%d/%s/%d", e.Key, send, m.Stream, m.Sequence)
	g.Log.InfoContext(ctx, "replay of a failed send: asking for a retry",
		"connection", m.Subject.Connection, "invoice", m.Subject.InvoiceID, "send", send)
	return g.Bus.Send(ctx, to, id, &tradepostv1.InvoiceCommand{
		FollowsSend: send, By: "replay",
		Reason:  fmt.Sprintf("message %d of stream %s was published after send %d had failed", m.Sequence, m.Stream, send),
		Command: &tradepostv1.InvoiceCommand_Retry{Retry: &tradepostv1.Retry{ReplayStream: m.Stream, ReplaySequence: m.Sequence}},
	})
}

// HoldDead marks the record of a dead letter as held, so that the invoice waits
// visibly. Only a message that the send may be waiting for does that: received or
// ready, of the record's own connection. A record whose send has an attempt or an
// outcome goes its own way.
func (g *Gate) HoldDead(ctx context.Context, m bus.Message, reason string) error {
	if s := m.Subject.Stage; s != bus.StageReceived && s != bus.StageReady {
		return nil
	}
	k, err := g.Key(m.Subject)
	if err != nil {
		g.Log.WarnContext(ctx, "dead letter of an unknown connection", "subject", m.Subject.String(), "reason", reason)
		return nil
	}
	for {
		e, err := g.Store.Get(ctx, k)
		if err != nil {
			return err
		}
		switch e.State() {
		case record.Opening, record.Opened, record.Parked:
		default:
			return nil
		}
		if e.Record.GetConnection() != m.Subject.Connection {
			return nil
		}
		_, err = g.Store.Change(ctx, e, record.Hold(reason))
		if !errors.Is(err, record.ErrConflict) {
			return err
		}
	}
}
