// Package deliver is the stage that posts: it takes invoice.ready messages and
// makes their documents exist exactly once in the accounting system of their
// connection. Each connection has a durable consumer of its own, whose limit the
// NATS server holds over all replicas.
package deliver

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/grant"
	"github.com/tradepost/tradepost/pkg/pause"
	"github.com/tradepost/tradepost/pkg/permits"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/pkg/servicetrade"
	"github.com/tradepost/tradepost/pkg/stage"
	"github.com/tradepost/tradepost/pkg/telemetry"
	"github.com/tradepost/tradepost/services/deliver/internal/attempts"
	"github.com/tradepost/tradepost/services/deliver/internal/company"
	"github.com/tradepost/tradepost/services/deliver/internal/externalid"
	"github.com/tradepost/tradepost/services/deliver/internal/lookout"
	"github.com/tradepost/tradepost/services/deliver/internal/pauses"
	"github.com/tradepost/tradepost/services/deliver/internal/posting"
	"github.com/tradepost/tradepost/services/deliver/internal/stored"
	"github.com/tradepost/tradepost/services/deliver/internal/watch"
)

const (
	// sweepEvery is how often all records are looked through.
	sweepEvery = 5 * time.Minute
	// commandsInFlight is how many commands are looked at at once.
	commandsInFlight = 4
)

// Service posts for every enabled connection of the configuration.
type Service struct {
	deps       runtime.Deps
	live       *connection.Live
	connectors *connector.Registry
	gate       *stage.Gate
	epochs     *record.Epochs
	router     *bus.Router
	clients    *stage.ClientSet
	watcher    *watch.Watcher
	// externalIDs counts the ids of customers that are written to ServiceTrade.
	externalIDs *externalid.Metrics
	companies   jetstream.KeyValue
	// calls holds the connectors' calls within the limits of their systems.
	calls  *permits.Permits
	units  *stage.Units
	pauses *pauses.Keeper
	// board shows the import files that wait for people.
	board *lookout.Board
	// grants has the tokens of connections that people signed in.
	grants *grant.Keeper
	// signInPages serves the pages on which they do; nil without connect.listen.
	signInPages *runtime.HTTPServer
	began       time.Time

	// posters are those of the connections that are attached.
	posters stage.Attached[*posting.Poster]
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
	calls, err := openCalls(ctx, d)
	if err != nil {
		return nil, err
	}
	units := stage.NewUnits("connection", d.Log)
	grants, err := openGrants(ctx, d, paused, units.Leave)
	if err != nil {
		return nil, err
	}
	epochs, err := store.Epochs(d.Log).RememberIn(d.Keep("deliver.epoch"))
	if err != nil {
		return nil, err
	}
	s := &Service{
		deps: d, live: live, connectors: connectors, gate: gate, epochs: epochs, router: router,
		clients: clients, calls: calls, grants: grants, units: units,
		began: time.Now(), watcher: watch.New(d.Metrics), companies: companies,
		externalIDs: externalid.NewMetrics(d.Metrics), board: lookout.NewBoard(d.Metrics),
		pauses: &pauses.Keeper{Store: paused, Records: store, Owner: d.Instance, Metrics: pauses.NewMetrics(d.Metrics), Log: d.Log},
	}
	d.Health.AddLiveness("router", router.Healthy)
	d.Health.AddReadiness("router", router.Ready)
	d.Health.AddReadiness("streams", gate.Bus.Ready)
	d.Health.AddReadiness("connections", s.units.Ready)
	d.Health.AddNotice("sign-ins", grants.Notice)
	d.Health.AddNotice("import files", s.board.Notice)
	if err := s.listenToSignIns(); err != nil {
		return nil, err
	}
	return s, router.Handle(bus.ByHandConsumer(commandsInFlight), s.command)
}

// Run posts until ctx ends, then finishes what is under way.
func (s *Service) Run(ctx context.Context) error {
	defer s.clients.Logout(context.WithoutCancel(ctx))
	defer s.calls.Close()
	defer s.units.Close()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.router.Run(ctx) })
	g.Go(func() error { return s.units.Follow(ctx, s.live, s.wanted) })
	g.Go(func() error { return s.pauses.Run(ctx) })
	g.Go(func() error { return s.grants.Run(ctx) })
	if s.signInPages != nil {
		g.Go(func() error { return s.signInPages.Serve(ctx) })
	}
	g.Go(func() error { return s.epochs.Keep(ctx) })
	g.Go(func() error { return stage.Sweep(ctx, s.gate.Store, sweepEvery, s.deps.Log, sweeping(s.recover)) })
	return g.Wait()
}

// wanted is a unit for each enabled connection.
func (s *Service) wanted(config *connection.Config) []stage.Unit {
	s.clients.Follow(config)
	s.grants.Retain(func(id string) bool { c := config.Connections[id]; return c != nil && c.Enabled })
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
	tokens, err := s.tokens(ctx, config, c, log)
	if err != nil {
		return nil, err
	}
	conn, err := s.connector(ctx, config, c, tokens, log)
	if err != nil {
		return nil, err
	}
	// What goes on beside the postings ends with the connection; ctx ends with this call.
	beside, end := context.WithCancel(context.WithoutCancel(ctx))
	p, idle := s.poster(beside, c, client, conn, log)
	if err := s.expect(ctx, c, conn); err != nil {
		end()
		_ = conn.Close()
		return nil, err
	}
	paused := s.pauses.For(c.ID, s.probe(c.ID))
	p.Pauses = paused
	ready := bus.ReadyConsumer(c.ID, max(conn.Describe().MaxInFlight, 1))
	ready.Bound = paused.Bound
	if err := s.router.Handle(ready, p.Handle); err != nil {
		end()
		s.pauses.Forget(c.ID)
		_ = conn.Close()
		return nil, err
	}
	s.posters.Put(c.ID, p)
	looked := s.lookOut(beside, c, conn, p, log)
	return func() error {
		s.posters.Remove(c.ID)
		err := s.router.Remove(ready.Durable)
		s.pauses.Forget(c.ID)
		end()
		idle()
		looked()
		return errors.Join(err, conn.Close())
	}, nil
}

// poster makes what posts for a connection. idle waits until nothing goes on beside the
// postings, after ctx has ended.
func (s *Service) poster(ctx context.Context, c *connection.Connection, client *servicetrade.Client, conn connector.Connector, log *slog.Logger) (p *posting.Poster, idle func()) {
	rec := &attempts.Recorder{Bus: s.gate.Bus, Connection: c.ID, Log: log}
	customers, idle := s.customers(ctx, c, client, rec, log)
	checker, _ := conn.(connector.PreviewChecker)
	return &posting.Poster{
		Connection: c.ID, Account: c.AccountID, Connector: rec.Wrap(s.watcher.Wrap(c.ID, conn)), Gate: s.gate.For(c), Epochs: s.epochs,
		Source: client, Stored: stored.Streams{JS: s.deps.JS},
		Instance: s.deps.Instance, Log: s.deps.Log,
		Trouble:   func(err error) { s.units.Note(c.ID, err) },
		Customers: customers, Links: s.links(c),
		SameBooks: func(ctx context.Context) error { return company.Verify(ctx, s.companies, c.ID, c.AccountID, conn) },
		Siblings:  func() ([]*posting.Poster, []string) { return s.siblings(c) },
		Resend:    c.Resend, Confirmer: rec.Confirmer(s.watcher.Confirmer(c.ID, conn), conn),
		Voider:        rec.Voider(s.watcher.Voider(c.ID, conn), conn),
		Checker:       checker,
		ClosedThrough: func() string { return ClosedThrough(s.mapping(c)) },
		Splits:        func() bool { return Splits(s.mapping(c)) },
	}, idle
}
