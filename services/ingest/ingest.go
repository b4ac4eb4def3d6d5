// Package ingest is the stage that opens sends: it polls ServiceTrade for invoices
// that are pending_accounting, writes the send into the invoice's record and
// publishes the snapshot. Any number of replicas share the polls: the ticks come
// from a schedule in a stream, and each account has one consumer that gives one
// tick at a time.
package ingest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/pause"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/pkg/stage"
	"github.com/tradepost/tradepost/pkg/telemetry"
	"github.com/tradepost/tradepost/services/ingest/internal/census"
	"github.com/tradepost/tradepost/services/ingest/internal/send"
)

const (
	// cacheAge bounds how old a customer, location, job or item in a snapshot may be.
	cacheAge = 2 * time.Minute
	// sweepEvery is how often all records are looked through.
	sweepEvery = 5 * time.Minute
	// firstSweep is when a process that was just started looks for sends that the one
	// before it left without a message: all of them are old enough by then.
	firstSweep = send.OpeningAge + 5*time.Second
	// commandsInFlight is how many commands are carried out at once.
	commandsInFlight = 4
)

const (
	// OpeningAge is the age from which a send whose message is perhaps not published
	// counts as left behind by a process that died.
	OpeningAge = send.OpeningAge
	// OpeningHealed is the age at which the sweep has published it, where ingest runs,
	// serves the connection and can read ServiceTrade.
	OpeningHealed = OpeningAge + sweepEvery
)

// Service polls every account that has an enabled connection.
type Service struct {
	deps    runtime.Deps
	live    *connection.Live
	store   *record.Store
	pauses  *pause.Store
	bus     *bus.Publisher
	router  *bus.Router
	clients *stage.ClientSet
	units   *stage.Units
	pending *prometheus.GaugeVec
	opened  *send.Metrics
	census  *census.Census
	hooks   *runtime.HTTPServer // nil when webhooks are off
	began   time.Time

	// polls is held while a schedule is kept or ended, so that none is kept for an
	// account that is being removed.
	polls sync.Mutex

	accounts stage.Attached[*account] // those with an enabled connection

	mu      sync.Mutex
	trouble map[string]error // accounts whose last list failed, and why
	asked   map[string]bool  // accounts that were polled at all
}

// New prepares the stage.
func New(ctx context.Context, d runtime.Deps) (*Service, error) {
	store, err := record.Open(ctx, d.JS)
	if err != nil {
		return nil, err
	}
	pauses, err := pause.Open(ctx, d.JS)
	if err != nil {
		return nil, err
	}
	router, err := bus.NewRouter(bus.RouterOptions{JS: d.JS, Log: d.Log, Registerer: d.Metrics, Service: "ingest"})
	if err != nil {
		return nil, err
	}
	clients, err := stage.Clients(ctx, d, telemetry.NewCalls(d.Metrics, "ingest"))
	if err != nil {
		return nil, err
	}
	s := &Service{
		deps: d, live: d.Configuration(), units: stage.NewUnits("account", d.Log), store: store, pauses: pauses, bus: bus.NewPublisher(d.JS, d.Log, bus.FromService("ingest"), bus.WithPublishMetrics(d.Metrics)), router: router,
		clients: clients, began: time.Now(),
		trouble: map[string]error{}, asked: map[string]bool{},
		pending: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "tradepost_ingest_pending_invoices",
			Help: "Invoices that the last list of an account showed as pending_accounting; lists that kept moving do not count.",
		}, []string{"account"}),
	}
	s.opened = send.NewMetrics(d.Metrics)
	s.census = &census.Census{Store: store, Owner: d.Instance, Metrics: census.NewMetrics(d.Metrics), Log: d.Log, Serves: s.serves}
	if err := d.Metrics.Register(s.pending); err != nil {
		return nil, fmt.Errorf("register the metrics of ingest: %w", err)
	}
	d.Health.AddLiveness("router", router.Healthy)
	d.Health.AddReadiness("router", router.Ready)
	d.Health.AddReadiness("accounts", s.units.Ready)
	d.Health.AddReadiness("polls", s.ready)
	d.Health.AddReadiness("unmatched invoices", s.unmatched)
	d.Health.AddReadiness("streams", s.bus.Ready)
	if err := s.listenToCommands(); err != nil {
		return nil, err
	}
	return s, s.listenToWebhooks()
}

func (s *Service) listenToCommands() error {
	return s.router.Handle(bus.CommandConsumer(commandsInFlight), func(ctx context.Context, m bus.Message) error {
		c, known := s.live.Current().Connections[m.Subject.Connection]
		if !known {
			return stage.Unknown(m, s.began)
		}
		// The connection of a command may be disabled, while the account's other
		// connections are not: its next send may be theirs.
		used, err := s.accounts.Use(ctx, c.AccountID, func(ctx context.Context, a *account) error {
			return a.opener.Command(ctx, m)
		})
		if !used {
			return stage.NotAttached(m, s.began)
		}
		return err
	})
}

// Run polls until ctx ends, then finishes what is under way.
func (s *Service) Run(ctx context.Context) error {
	defer s.clients.Logout(context.WithoutCancel(ctx))
	defer s.units.Close()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.router.Run(ctx) })
	g.Go(func() error { return s.units.Follow(ctx, s.live, s.wanted) })
	g.Go(func() error { return stage.Sweep(ctx, s.store, sweepEvery, s.deps.Log, s.heal) })
	g.Go(func() error { s.sweepFirst(ctx); return nil })
	g.Go(func() error { return s.keepPolling(ctx) })
	g.Go(func() error { return s.census.Run(ctx) })
	if s.hooks != nil {
		g.Go(func() error { return s.hooks.Serve(ctx) })
	}
	return g.Wait()
}

// serves tells whether the connection is enabled in the configuration in force.
func (s *Service) serves(connection string) bool {
	c := s.live.Current().Connections[connection]
	return c != nil && c.Enabled
}

// paused tells whether what waits in a connection waits for its pause.
func (s *Service) paused(ctx context.Context, connection string) (bool, error) {
	return s.pauses.Lately(ctx, connection, send.StuckAge, time.Now())
}

// sweepFirst publishes what a process that died was about to publish. A void or an
// operator's retry is in no list of a poll, and would wait for the first whole sweep.
func (s *Service) sweepFirst(ctx context.Context) {
	select {
	case <-ctx.Done():
		return
	case <-time.After(firstSweep):
	}
	stage.SweepOnce(ctx, s.store, s.deps.Log, func(ctx context.Context, e record.Entry) error {
		if e.State() != record.Opening {
			return nil
		}
		return s.heal(ctx, e)
	})
}

// heal publishes sends again that make no progress.
func (s *Service) heal(ctx context.Context, e record.Entry) error {
	_, err := s.accounts.Use(ctx, e.Record.GetAccount(), func(ctx context.Context, a *account) error {
		return a.opener.Sweep(ctx, e)
	})
	return err
}
