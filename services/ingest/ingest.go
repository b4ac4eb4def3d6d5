// Package ingest is the stage that opens sends: it polls ServiceTrade for invoices
// that are pending_accounting, writes the send into the invoice's record and
// publishes the snapshot. Any number of replicas share the polls: the ticks come
// from a schedule in a stream, and each account has one consumer that gives one
// tick at a time.
package ingest

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/pkg/servicetrade"
	"github.com/tradepost/tradepost/pkg/snapshot"
	"github.com/tradepost/tradepost/pkg/stage"
	"github.com/tradepost/tradepost/services/ingest/internal/poll"
	"github.com/tradepost/tradepost/services/ingest/internal/send"
)

const (
	// cacheAge bounds how old a customer, location, job or item in a snapshot may be.
	cacheAge = 2 * time.Minute
	// sweepEvery is how often all records are looked through.
	sweepEvery = 5 * time.Minute
	// commandsInFlight is how many commands are carried out at once.
	commandsInFlight = 4
	// logoutTime bounds the good-bye to ServiceTrade.
	logoutTime = 5 * time.Second
)

// Service polls every account that has an enabled connection.
type Service struct {
	deps    runtime.Deps
	store   *record.Store
	bus     *bus.Publisher
	router  *bus.Router
	clients map[string]*servicetrade.Client
	pending *prometheus.GaugeVec
	openers map[string]*send.Opener // by connection
}

// New prepares the stage.
func New(ctx context.Context, d runtime.Deps) (*Service, error) {
	store, err := record.Open(ctx, d.JS)
	if err != nil {
		return nil, err
	}
	router, err := bus.NewRouter(bus.RouterOptions{JS: d.JS, Log: d.Log, Registerer: d.Metrics, Service: "ingest"})
	if err != nil {
		return nil, err
	}
	clients, err := stage.Clients(ctx, d)
	if err != nil {
		return nil, err
	}
	s := &Service{
		deps: d, store: store, bus: bus.NewPublisher(d.JS, d.Log, bus.FromService("ingest"), bus.WithPublishMetrics(d.Metrics)), router: router,
		clients: clients, openers: map[string]*send.Opener{},
		pending: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "tradepost_ingest_pending_invoices",
			Help: "Invoices that the last complete list of an account showed as pending_accounting.",
		}, []string{"account"}),
	}
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
	return s, s.listenToCommands()
}

// attach polls the connection's account on schedule, and once at start.
func (s *Service) attach(ctx context.Context, c *connection.Connection) error {
	log := s.deps.Log.With("account", c.AccountID, "connection", c.ID)
	client := s.clients[c.AccountID]
	o := &send.Opener{
		Account: c.AccountID, Connection: c.ID, Store: s.store, Bus: s.bus, Reader: client,
		Taker: snapshot.NewTaker(client, cacheAge, time.Now), Log: log, Now: time.Now,
	}
	s.openers[c.ID] = o
	p := &poll.Poller{
		Account: c.AccountID, Lister: client, Opener: o, Parallel: c.Account.ServiceTrade.MaxParallel, Log: log,
		Seen: func(n int) { s.pending.WithLabelValues(c.AccountID).Set(float64(n)) },
	}
	if err := s.router.Handle(bus.TickConsumer(c.AccountID), p.Tick); err != nil {
		return err
	}
	return s.bus.SchedulePoll(ctx, c.AccountID, c.Account.ServiceTrade.PollInterval)
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
	g.Go(func() error { return s.sweep(ctx) })
	return g.Wait()
}

func (s *Service) logout(ctx context.Context) {
	for _, c := range s.clients {
		bye, cancel := context.WithTimeout(ctx, logoutTime)
		_ = c.Logout(bye)
		cancel()
	}
}

// sweep looks through all records for sends that make no progress.
func (s *Service) sweep(ctx context.Context) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			err := s.store.Each(ctx, func(e record.Entry) error { return s.heal(ctx, e) })
			if err != nil && ctx.Err() == nil {
				s.deps.Log.WarnContext(ctx, "the sweep for sends without progress did not finish", "err", err)
			}
		}
	}
}

func (s *Service) heal(ctx context.Context, e record.Entry) error {
	o, ok := s.openers[e.Record.GetConnection()]
	if !ok {
		return nil
	}
	if err := o.Heal(ctx, e); err != nil && ctx.Err() == nil {
		s.deps.Log.WarnContext(ctx, "a send without progress could not be published again", "invoice", e.Key.InvoiceID, "err", err)
	}
	return nil
}
