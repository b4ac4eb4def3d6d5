// Package deliver is the stage that posts: it takes invoice.ready messages and
// makes their documents exist exactly once in the accounting system of their
// connection. Each connection has a durable consumer of its own, whose limit the
// NATS server holds over all replicas.
package deliver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/pause"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/pkg/servicetrade"
	"github.com/tradepost/tradepost/pkg/stage"
	"github.com/tradepost/tradepost/pkg/telemetry"
	"github.com/tradepost/tradepost/services/deliver/internal/attempts"
	"github.com/tradepost/tradepost/services/deliver/internal/company"
	"github.com/tradepost/tradepost/services/deliver/internal/externalid"
	"github.com/tradepost/tradepost/services/deliver/internal/pauses"
	"github.com/tradepost/tradepost/services/deliver/internal/posting"
	"github.com/tradepost/tradepost/services/deliver/internal/stored"
	"github.com/tradepost/tradepost/services/deliver/internal/watch"
)

var errAttaching = errors.New("is being attached")

const (
	// sweepEvery is how often all records are looked through.
	sweepEvery = 5 * time.Minute
	// commandsInFlight is how many commands are looked at at once.
	commandsInFlight = 4
	// attachPause is how long a command waits for a connection that takes none now.
	attachPause = 30 * time.Second
)

// Service posts for every enabled connection of the configuration.
type Service struct {
	deps       runtime.Deps
	live       *connection.Live
	connectors *connector.Registry
	gate       *stage.Gate
	router     *bus.Router
	clients    *stage.ClientSet
	watcher    *watch.Watcher
	// externalIDs counts the ids of customers that are written to ServiceTrade.
	externalIDs *externalid.Metrics
	companies   jetstream.KeyValue
	units       *stage.Units
	pauses      *pauses.Keeper

	mu      sync.Mutex
	posters map[string]*posting.Poster // of the connections that are attached
}

// New prepares the stage. Connectors that the program does not have are told here.
func New(ctx context.Context, d runtime.Deps, connectors *connector.Registry) (*Service, error) {
	if err := d.Config.CheckConnectors(connectors.Kinds()); err != nil {
		return nil, err
	}
	store, err := record.Open(ctx, d.JS)
	if err != nil {
		return nil, err
	}
	companies, err := company.Open(ctx, d.JS)
	if err != nil {
		return nil, err
	}
	live := d.Configuration()
	gate := &stage.Gate{Store: store, Bus: bus.NewPublisher(d.JS, d.Log, bus.FromService("deliver"), bus.WithPublishMetrics(d.Metrics)), Log: d.Log, Account: stage.AccountOf(live)}
	paused, err := pause.Open(ctx, d.JS)
	if err != nil {
		return nil, err
	}
	router, err := bus.NewRouter(bus.RouterOptions{
		JS: d.JS, Log: d.Log, Registerer: d.Metrics, Service: "deliver", OnDead: gate.HoldDead,
	})
	if err != nil {
		return nil, err
	}
	clients, err := stage.Clients(ctx, d, telemetry.NewCalls(d.Metrics, "deliver"))
	if err != nil {
		return nil, err
	}
	s := &Service{
		deps: d, live: live, connectors: connectors, gate: gate, router: router,
		clients: clients, units: stage.NewUnits("connection", d.Log),
		posters: map[string]*posting.Poster{}, watcher: watch.New(d.Metrics), companies: companies,
		externalIDs: externalid.NewMetrics(d.Metrics),
		pauses:      &pauses.Keeper{Store: paused, Records: store, Owner: d.Instance, Metrics: pauses.NewMetrics(d.Metrics), Log: d.Log},
	}
	d.Health.AddLiveness("router", router.Healthy)
	d.Health.AddReadiness("router", router.Ready)
	d.Health.AddReadiness("streams", gate.Bus.Ready)
	d.Health.AddReadiness("connections", s.units.Ready)
	return s, router.Handle(bus.ByHandConsumer(commandsInFlight), s.command)
}

// Run posts until ctx ends, then finishes what is under way.
func (s *Service) Run(ctx context.Context) error {
	defer s.clients.Logout(context.WithoutCancel(ctx))
	defer s.units.Close()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.router.Run(ctx) })
	g.Go(func() error { return s.units.Follow(ctx, s.live, s.wanted) })
	g.Go(func() error { return s.pauses.Run(ctx) })
	g.Go(func() error { return stage.Sweep(ctx, s.gate.Store, sweepEvery, s.deps.Log, s.recover) })
	return g.Wait()
}

// wanted is a unit for each enabled connection.
func (s *Service) wanted(config *connection.Config) []stage.Unit {
	s.clients.Follow(config)
	var units []stage.Unit
	for _, c := range config.EnabledConnections() {
		units = append(units, stage.Unit{
			ID: c.ID, Fingerprint: c.Fingerprint(),
			Attach: func(ctx context.Context) (func() error, error) { return s.attach(ctx, config, c) },
		})
	}
	return units
}

// attach lets the connection take messages, once its books are known to be the
// same as ever.
func (s *Service) attach(ctx context.Context, config *connection.Config, c *connection.Connection) (detach func() error, err error) {
	log := s.deps.Log.With("connection", c.ID)
	client, err := s.clients.Of(c.Account)
	if err != nil {
		return nil, err
	}
	conn, err := s.connector(ctx, config, c, log)
	if err != nil {
		return nil, err
	}
	// What goes on beside the postings ends with the connection, not with the attaching.
	beside, end := context.WithCancel(context.WithoutCancel(ctx))
	p, paused := s.poster(beside, c, client, conn, log), s.pauses.For(c.ID, s.probe(c.ID, conn))
	p.Pauses = paused
	ready := bus.ReadyConsumer(c.ID, max(conn.Describe().MaxInFlight, 1))
	ready.Bound = paused.Bound
	if err := s.router.Handle(ready, p.Handle); err != nil {
		end()
		s.pauses.Forget(c.ID)
		_ = conn.Close()
		return nil, err
	}
	s.keep(c.ID, p)
	log.InfoContext(ctx, "connection attached", "connector", c.Connector)
	return func() error {
		s.keep(c.ID, nil)
		err := s.router.Remove(ready.Durable)
		s.pauses.Forget(c.ID)
		end()
		return errors.Join(err, conn.Close())
	}, nil
}

func (s *Service) connector(ctx context.Context, config *connection.Config, c *connection.Connection, log *slog.Logger) (connector.Connector, error) {
	reg, err := s.connectors.Lookup(c.Connector)
	if err != nil {
		return nil, err
	}
	settings := stage.Settings(config, c, log)
	if settings.Company, err = company.Stored(ctx, s.companies, c.ID); err != nil {
		return nil, err
	}
	conn, err := reg.New(ctx, settings)
	if err != nil {
		return nil, fmt.Errorf("set up the connector %s: %w", c.Connector, err)
	}
	if err := company.Verify(ctx, s.companies, c.ID, conn); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

func (s *Service) poster(ctx context.Context, c *connection.Connection, client *servicetrade.Client, conn connector.Connector, log *slog.Logger) *posting.Poster {
	rec := &attempts.Recorder{Bus: s.gate.Bus, Connection: c.ID, Log: log}
	return &posting.Poster{
		Connection: c.ID, Account: c.AccountID, Connector: rec.Wrap(s.watcher.Wrap(c.ID, conn)), Gate: s.gate.For(c),
		Source: client, Stored: stored.Streams{JS: s.deps.JS},
		Instance: s.deps.Instance, Log: s.deps.Log,
		Trouble:   func(err error) { s.units.Note(c.ID, err) },
		Customers: s.customers(ctx, c, client, rec, log),
		SameBooks: func(ctx context.Context) error { return company.Verify(ctx, s.companies, c.ID, conn) },
		Resend:    c.Resend, Confirmer: rec.Confirmer(s.watcher.Confirmer(c.ID, conn), conn),
	}
}

// command hands an operator's settling by hand to its connection; other commands are
// ingest's. One that cannot be attached now takes it later.
func (s *Service) command(ctx context.Context, m bus.Message) error {
	if !posting.IsByHand(m) {
		return nil
	}
	s.mu.Lock()
	p := s.posters[m.Subject.Connection]
	s.mu.Unlock()
	switch {
	case p != nil:
		return p.Command(ctx, m)
	case s.live.Current().Connections[m.Subject.Connection] == nil:
		return stage.Unknown(m, fmt.Errorf("connection %q: %w", m.Subject.Connection, stage.ErrUnknownConnection))
	default:
		return bus.RetryAfter(attachPause, fmt.Errorf("connection %q: %w", m.Subject.Connection, errAttaching))
	}
}

func (s *Service) keep(connection string, p *posting.Poster) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.posters[connection] = p; p == nil {
		delete(s.posters, connection)
	}
}
