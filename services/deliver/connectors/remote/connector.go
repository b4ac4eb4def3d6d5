// Package remote is the connector to accounting systems whose connector is a program
// of its own, in any language: it listens to two subjects of NATS, and answers
// requests in JSON (proto/tradepost/v1/connector.proto, docs/connector.asyncapi.json).
// The posting protocol stays here; the program looks, and makes documents.
package remote

import (
	"context"
	"fmt"
	"slices"

	"github.com/tradepost/tradepost/pkg/connector"
)

const kind = "remote"

// The subjects that a program listens to. Call ends in one token more, the connection's id.
const (
	SubjectDescribe = "connector.describe."
	SubjectCall     = "connector.call."
)

// Protocol is the version of the messages that this package speaks.
const Protocol = 1

// Registration makes the connector known under the kind remote.
func Registration() connector.Registration {
	return connector.Registration{Kind: kind, Title: "A program of your own", New: func(_ context.Context, s connector.Settings) (connector.Connector, error) {
		var c Config
		if err := s.Decode(&c); err != nil {
			return nil, fmt.Errorf("read the settings of connection %s: %w", s.Connection, err)
		}
		return New(c, s)
	}}
}

// Connector asks a program. It is safe for many goroutines.
type Connector struct {
	cfg                 Config
	connection, account string
	programs            connector.Programs
}

// New makes the connector without asking anybody. What it returns implements
// connector.Updater, Voider and PreviewChecker as far as Config.Can says so.
func New(c Config, s connector.Settings) (connector.Connector, error) {
	if err := c.complete(); err != nil {
		return nil, err
	}
	base := &Connector{cfg: c, connection: s.Connection, account: s.Account, programs: s.AskPrograms()}
	update, void, preview := slices.Contains(c.Can, CanUpdate), slices.Contains(c.Can, CanVoid), slices.Contains(c.Can, CanPreview)
	return base.with(update, void, preview), nil
}

// with adds the methods of what the program can do: deliver asks with type assertions.
func (c *Connector) with(update, void, preview bool) connector.Connector {
	u, v, p := updater{c}, voider{c}, previewer{c}
	switch [3]bool{update, void, preview} {
	case [3]bool{true, true, true}:
		return struct {
			*Connector
			updater
			voider
			previewer
		}{c, u, v, p}
	case [3]bool{true, true, false}:
		return struct {
			*Connector
			updater
			voider
		}{c, u, v}
	case [3]bool{true, false, true}:
		return struct {
			*Connector
			updater
			previewer
		}{c, u, p}
	case [3]bool{true, false, false}:
		return struct {
			*Connector
			updater
		}{c, u}
	case [3]bool{false, true, true}:
		return struct {
			*Connector
			voider
			previewer
		}{c, v, p}
	case [3]bool{false, true, false}:
		return struct {
			*Connector
			voider
		}{c, v}
	case [3]bool{false, false, true}:
		return struct {
			*Connector
			previewer
		}{c, p}
	}
	return c
}

// Describe tells what the settings declare; Company and Check compare it with what the
// program says of itself.
func (c *Connector) Describe() connector.Descriptor {
	return connector.Descriptor{
		Kind: kind, Title: c.cfg.Title, CallTimeout: c.cfg.CallTimeout, SettlingTime: c.cfg.SettlingTime,
		MaxInFlight: c.cfg.Parallel, AtomicMarker: c.cfg.AtomicMarker, AssignsNumber: c.cfg.AssignsNumber,
		Limits: connector.LimitsOf(kind),
	}
}

// Close implements connector.Connector; the connection to NATS is the process's.
func (c *Connector) Close() error { return nil }

type (
	updater   struct{ c *Connector }
	voider    struct{ c *Connector }
	previewer struct{ c *Connector }
)

var (
	_ connector.Connector       = (*Connector)(nil)
	_ connector.ReferenceLister = (*Connector)(nil)
	_ connector.Updater         = updater{}
	_ connector.Voider          = voider{}
	_ connector.PreviewChecker  = previewer{}
)
