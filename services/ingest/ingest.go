// Package ingest is the stage that opens sends: it polls ServiceTrade for invoices
// that are pending_accounting, writes the send into the invoice's record and
// publishes the snapshot. Any number of replicas share the polls: the ticks come
// from a schedule in a stream, and each account has one consumer that gives one
// tick at a time.
package ingest

import (
	"context"
	"errors"
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
	"github.com/tradepost/tradepost/pkg/servicetrade"
	"github.com/tradepost/tradepost/pkg/snapshot"
	"github.com/tradepost/tradepost/pkg/stage"
	"github.com/tradepost/tradepost/pkg/telemetry"
	"github.com/tradepost/tradepost/services/ingest/internal/census"
	"github.com/tradepost/tradepost/services/ingest/internal/poll"
	"github.com/tradepost/tradepost/services/ingest/internal/send"
)

const (
	// cacheAge bounds how old a customer, location, job or item in a snapshot may be.
	cacheAge = 2 * time.Minute
	// sweepEvery is how often all records are looked through.
	sweepEvery = 5 * time.Minute
	// scheduleEvery is how often the poll schedules are looked after.
	scheduleEvery = 30 * time.Second
	// commandsInFlight is how many commands are carried out at once.
	commandsInFlight = 4
	// logoutTime bounds the good-bye to ServiceTrade.
	logoutTime = 5 * time.Second
)

// Service polls every account that has an enabled connection.
type Service struct {
	deps    runtime.Deps
	store   *record.Store
	pauses  *pause.Store
	bus     *bus.Publisher
	router  *bus.Router
	clients map[string]*servicetrade.Client
	pending *prometheus.GaugeVec
	openers map[string]*send.Opener // by connection
	opened  *send.Metrics
	census  *census.Census
	hooks   *runtime.HTTPServer // nil when webhooks are off

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
		deps: d, store: store, pauses: pauses, bus: bus.NewPublisher(d.JS, d.Log, bus.FromService("ingest"), bus.WithPublishMetrics(d.Metrics)), router: router,
		clients: clients, openers: map[string]*send.Opener{},
		trouble: map[string]error{}, asked: map[string]bool{},
		pending: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "tradepost_ingest_pending_invoices",
			Help: "Invoices that the last complete list of an account showed as pending_accounting.",
		}, []string{"account"}),
	}
	s.opened = send.NewMetrics(d.Metrics)
	s.census = &census.Census{Store: store, Owner: d.Instance, Metrics: census.NewMetrics(d.Metrics), Log: d.Log}
	if err := d.Metrics.Register(s.pending); err != nil {
		return nil, fmt.Errorf("register the metrics of ingest: %w", err)
	}
	for _, c := range d.Config.EnabledConnections() {
		if err := s.attach(ctx, c); err != nil {
			return nil, err
		}
	}
	d.Health.AddLiveness("router", router.Healthy)
	d.Health.AddReadiness("router", router.Ready)
	d.Health.AddReadiness("polls", s.ready)
	d.Health.AddReadiness("streams", s.bus.Ready)
	if err := s.listenToCommands(); err != nil {
		return nil, err
	}
	return s, s.listenToWebhooks()
}

// attach polls the connection's account on schedule, and once at start.
func (s *Service) attach(ctx context.Context, c *connection.Connection) error {
	log := s.deps.Log.With("account", c.AccountID, "connection", c.ID)
	client := s.clients[c.AccountID]
	o := &send.Opener{
		Account: c.AccountID, Connection: c.ID, Store: s.store, Bus: s.bus, Reader: client,
		Taker: snapshot.NewTaker(client, cacheAge, time.Now), Log: log, Now: time.Now,
		Metrics: s.opened, Paused: s.paused,
	}
	s.openers[c.ID] = o
	p := &poll.Poller{
		Account: c.AccountID, Lister: client, Opener: o, Parallel: c.Account.ServiceTrade.MaxParallel, Log: log,
		Fresh: o.Taker.Forget,
		Seen:  func(n int, err error) { s.polled(c.AccountID, n, err) },
	}
	schedule := func(ctx context.Context) error {
		return s.bus.SchedulePoll(ctx, c.AccountID, c.Account.ServiceTrade.PollInterval)
	}
	ticks := bus.TickConsumer(c.AccountID)
	ticks.Bound = schedule // A stream that was lost and made again has no schedule.
	if err := s.router.Handle(ticks, p.Tick); err != nil {
		return err
	}
	if !c.Account.ServiceTrade.WebhookSecret.IsZero() {
		if err := s.router.Handle(bus.HintConsumer(c.AccountID), o.Hint); err != nil {
			return err
		}
	}
	return schedule(ctx)
}

func (s *Service) polled(account string, n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked[account] = true
	if err != nil {
		s.trouble[account] = err
		return
	}
	delete(s.trouble, account)
	s.pending.WithLabelValues(account).Set(float64(n))
}

// ready is false only when no account at all can be polled: one in trouble must
// not take the replica out of service for the others.
func (s *Service) ready() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.asked) == 0 || len(s.trouble) < len(s.asked) {
		return nil
	}
	var all []error
	for id, err := range s.trouble {
		all = append(all, fmt.Errorf("account %s cannot be polled: %w", id, err))
	}
	return errors.Join(all...)
}

func (s *Service) listenToCommands() error {
	return s.router.Handle(bus.CommandConsumer(commandsInFlight), func(ctx context.Context, m bus.Message) error {
		o, ok := s.openers[m.Subject.Connection]
		if !ok {
			return stage.Unknown(m, fmt.Errorf("connection %q: %w", m.Subject.Connection, stage.ErrUnknownConnection))
		}
		return o.Command(ctx, m)
	})
}

// Run polls until ctx ends, then finishes what is under way.
func (s *Service) Run(ctx context.Context) error {
	defer s.logout(context.WithoutCancel(ctx))
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.router.Run(ctx) })
	g.Go(func() error { return stage.Sweep(ctx, s.store, sweepEvery, s.deps.Log, s.heal) })
	g.Go(func() error { return s.keepPolling(ctx) })
	g.Go(func() error { return s.census.Run(ctx) })
	if s.hooks != nil {
		g.Go(func() error { return s.hooks.Serve(ctx) })
	}
	return g.Wait()
}

func (s *Service) logout(ctx context.Context) {
	for _, c := range s.clients {
		bye, cancel := context.WithTimeout(ctx, logoutTime)
		_ = c.Logout(bye)
		cancel()
	}
}

// paused tells whether what waits in a connection waits for its pause.
func (s *Service) paused(ctx context.Context, connection string) (bool, error) {
	return s.pauses.Lately(ctx, connection, send.StuckAge, time.Now())
}

// heal publishes sends again that make no progress.
func (s *Service) heal(ctx context.Context, e record.Entry) error {
	o, ok := s.openers[e.Record.GetConnection()]
	if !ok {
		return nil
	}
	return o.Heal(ctx, e)
}

// keepPolling makes sure that the schedules are there: a stream that was lost and
// made anew has none, and ServiceTrade would never be asked again.
func (s *Service) keepPolling(ctx context.Context) error {
	tick := time.NewTicker(scheduleEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			for _, c := range s.deps.Config.EnabledConnections() {
				err := s.bus.SchedulePoll(ctx, c.AccountID, c.Account.ServiceTrade.PollInterval)
				if err != nil && ctx.Err() == nil {
					s.deps.Log.ErrorContext(ctx, "ServiceTrade is not polled: the schedule cannot be made", "account", c.AccountID, "err", err)
				}
			}
		}
	}
}
