// Package tryton posts documents to a company of Tryton, the accounting system and
// ERP, over its JSON-RPC. A document is a customer invoice whose reference is the
// marker: it is made as a draft, which counts nothing, compared with what it should be,
// and posted. Tryton never changes a posted invoice again.
package tryton

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/tradepost/tradepost/pkg/connector"
)

const (
	kind  = "tryton"
	title = "Tryton"
)

// Registration makes the connector known under the kind tryton.
func Registration() connector.Registration {
	return connector.Registration{Kind: kind, Title: title, New: open}
}

func open(_ context.Context, s connector.Settings) (connector.Connector, error) {
	var cfg Config
	if err := s.Decode(&cfg); err != nil {
		return nil, fmt.Errorf("read the settings of connection %s: %w", s.Connection, err)
	}
	b, err := New(cfg, s)
	if err != nil {
		return nil, err
	}
	return b, nil
}

// Books is one company of a Tryton database. It is safe for use by many goroutines.
type Books struct {
	cfg        Config
	connection string
	log        *slog.Logger
	client     *client
	names      *names
}

// New makes the connector without calling Tryton. cfg is completed with the defaults;
// all that is wrong with it is told in one error.
func New(cfg Config, s connector.Settings) (*Books, error) {
	cfg.complete()
	if err := cfg.problems(); err != nil {
		return nil, fmt.Errorf("connection %s: %w", s.Connection, err)
	}
	log := s.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Books{cfg: cfg, connection: s.Connection, log: log, client: newClient(cfg), names: newNames(time.Now)}, nil
}

// Describe tells deliver what to expect. With the unique index Tryton itself refuses a
// second invoice of a marker, whenever it comes. Without it a call that was given up
// has to come to its end before anybody believes that there is none.
func (b *Books) Describe() connector.Descriptor {
	d := connector.Descriptor{
		Kind: kind, Title: title, CallTimeout: b.cfg.CallTimeout, SettlingTime: b.cfg.Settling,
		// Numbers come from one strict sequence: more at once would only wait for it.
		MaxInFlight: 1, AssignsNumber: true, Limits: connector.LimitsOf(kind),
	}
	if b.cfg.UniqueIndex {
		d.AtomicMarker, d.SettlingTime = true, 0
	}
	return d
}

// Location is the company's place: server, database, company. A company that is left out
// and one that is named may be the same; only Tryton could tell.
func (b *Books) Location() string {
	return fmt.Sprintf("%s/%s/%s", strings.ToLower(b.cfg.URL), b.cfg.Database, b.cfg.Company)
}

// Close gives the connections back. The session ends by itself.
func (b *Books) Close() error {
	b.client.reads.CloseIdleConnections()
	return nil
}

// Company asks whose books these are. The company's number and the moment at which it
// was made are the same after a move to another server; the name of the database tells
// a copy from the original.
func (b *Books) Company(ctx context.Context) (connector.Company, error) {
	ctx, cancel := b.bounded(ctx)
	defer cancel()
	ask := func(into any, method string, params ...any) error { return b.client.read(ctx, into, method, params...) }
	s, err := b.client.sign(ctx)
	if err != nil {
		return connector.Company{}, connector.Stop(b.waitFor(err))
	}
	c, err := findCompany(ask, b.cfg.Company, s.company.ID)
	if err != nil {
		return connector.Company{}, connector.Stop(b.waitFor(err))
	}
	id := fmt.Sprintf("%s/%d/%s", b.cfg.Database, c.ID, c.Created)
	return connector.Company{ID: id, Name: c.Party.Name}, nil
}

func (b *Books) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, b.cfg.CallTimeout)
}

var (
	_ connector.Connector       = (*Books)(nil)
	_ connector.Voider          = (*Books)(nil)
	_ connector.PreviewChecker  = (*Books)(nil)
	_ connector.PeriodLister    = (*Books)(nil)
	_ connector.ReferenceLister = (*Books)(nil)
	_ connector.Located         = (*Books)(nil)
)
