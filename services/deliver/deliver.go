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

	"github.com/cenkalti/backoff/v5"
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
	"github.com/tradepost/tradepost/services/deliver/internal/pauses"
	"github.com/tradepost/tradepost/services/deliver/internal/posting"
	"github.com/tradepost/tradepost/services/deliver/internal/stored"
	"github.com/tradepost/tradepost/services/deliver/internal/watch"
)

var errAttaching = errors.New("is being attached")

const (
	// sweepEvery is how often all records are looked through.
	sweepEvery = 5 * time.Minute
	// logoutTime bounds the good-bye to ServiceTrade, which keeps few sessions per user.
	logoutTime = 5 * time.Second
)

// Service posts for every enabled connection of the configuration.
type Service struct {
	deps       runtime.Deps
	connectors *connector.Registry
	gate       *stage.Gate
	router     *bus.Router
	clients    map[string]*servicetrade.Client
	watcher    *watch.Watcher
	pauses     *pauses.Keeper

	mu      sync.Mutex
	trouble map[string]error // connections that take no messages, and why
	closers []func() error
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
	gate := &stage.Gate{Store: store, Bus: bus.NewPublisher(d.JS, d.Log, bus.FromService("deliver"), bus.WithPublishMetrics(d.Metrics)), Log: d.Log, Account: stage.AccountOf(d.Config)}
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
		deps: d, connectors: connectors, gate: gate, router: router,
		clients: clients, trouble: map[string]error{},
		posters: map[string]*posting.Poster{}, watcher: watch.New(d.Metrics),
		pauses: &pauses.Keeper{Store: paused, Records: store, Owner: d.Instance, Metrics: pauses.NewMetrics(d.Metrics), Log: d.Log},
	}
	for _, c := range d.Config.EnabledConnections() {
		s.trouble[c.ID] = errAttaching
	}
	d.Health.AddLiveness("router", router.Healthy)
	d.Health.AddReadiness("router", router.Ready)
	d.Health.AddReadiness("streams", gate.Bus.Ready)
	d.Health.AddReadiness("connections", s.ready)
	return s, nil
}

// Run posts until ctx ends, then finishes what is under way.
func (s *Service) Run(ctx context.Context) error {
	defer s.close()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.router.Run(ctx) })
	g.Go(func() error { return s.pauses.Run(ctx) })
	g.Go(func() error { return stage.Sweep(ctx, s.gate.Store, sweepEvery, s.deps.Log, s.recover) })
	for _, c := range s.deps.Config.EnabledConnections() {
		g.Go(func() error {
			// A connection in trouble waits by itself; the others go on.
			s.attachUntilDone(ctx, c)
			return nil
		})
	}
	return g.Wait()
}

// attachUntilDone tries to attach a connection until it is, or ctx ends.
func (s *Service) attachUntilDone(ctx context.Context, c *connection.Connection) {
	log := s.deps.Log.With("connection", c.ID)
	_, _ = backoff.Retry(ctx, func() (struct{}, error) {
		err := s.attach(ctx, c, log)
		s.note(c.ID, err)
		if err != nil && ctx.Err() == nil {
			log.ErrorContext(ctx, "the connection takes no invoices", "err", err)
		}
		return struct{}{}, err
	}, backoff.WithMaxElapsedTime(0))
}

func (s *Service) attach(ctx context.Context, c *connection.Connection, log *slog.Logger) error {
	reg, err := s.connectors.Lookup(c.Connector)
	if err != nil {
		return err
	}
	settings := stage.Settings(s.deps.Config, c, log)
	if settings.Company, err = company.Stored(ctx, s.deps.JS, c.ID); err != nil {
		return err
	}
	conn, err := reg.New(ctx, settings)
	if err != nil {
		return fmt.Errorf("set up the connector %s: %w", c.Connector, err)
	}
	if err := company.Verify(ctx, s.deps.JS, c.ID, conn); err != nil {
		_ = conn.Close()
		return err
	}
	paused := s.pauses.For(c.ID, s.probe(c.ID, conn))
	p := s.poster(c, conn, log)
	p.Pauses = paused
	consumer := bus.ReadyConsumer(c.ID, max(conn.Describe().MaxInFlight, 1))
	consumer.Bound = paused.Bound
	if err := s.router.Handle(consumer, p.Handle); err != nil {
		_ = conn.Close()
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closers, s.posters[c.ID] = append(s.closers, conn.Close), p
	log.InfoContext(ctx, "connection attached", "connector", c.Connector)
	return nil
}

func (s *Service) poster(c *connection.Connection, conn connector.Connector, log *slog.Logger) *posting.Poster {
	rec := &attempts.Recorder{Bus: s.gate.Bus, Connection: c.ID, Log: log}
	return &posting.Poster{
		Connection: c.ID, Account: c.AccountID, Connector: rec.Wrap(s.watcher.Wrap(c.ID, conn)), Gate: s.gate,
		Source: s.clients[c.AccountID], Stored: stored.Streams{JS: s.deps.JS},
		Instance: s.deps.Instance, Log: s.deps.Log,
		Trouble:   func(err error) { s.note(c.ID, err) },
		SameBooks: func(ctx context.Context) error { return company.Verify(ctx, s.deps.JS, c.ID, conn) },
		Resend:    c.Resend, Confirmer: rec.Confirmer(s.watcher.Confirmer(c.ID, conn), conn),
	}
}

func (s *Service) note(connection string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		delete(s.trouble, connection)
		return
	}
	s.trouble[connection] = err
}

// ready is false only when no connection at all can post: one in trouble must not
// take the replica out of service for the others.
func (s *Service) ready() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.trouble) < len(s.deps.Config.EnabledConnections()) || len(s.trouble) == 0 {
		return nil
	}
	var all []error
	for id, err := range s.trouble {
		all = append(all, fmt.Errorf("connection %s: %w", id, err))
	}
	return errors.Join(all...)
}

func (s *Service) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.closers {
		_ = c()
	}
	for _, c := range s.clients {
		ctx, cancel := context.WithTimeout(context.Background(), logoutTime)
		_ = c.Logout(ctx)
		cancel()
	}
}
