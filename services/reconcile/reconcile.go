// Package reconcile is the stage that tells ServiceTrade: it takes invoice.outcome
// messages and writes processed, or a private comment and failed, and closes the
// send. On a schedule it settles what was left behind.
package reconcile

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/pkg/stage"
	"github.com/tradepost/tradepost/pkg/telemetry"
	"github.com/tradepost/tradepost/services/reconcile/internal/settle"
)

// sweepEvery is how often outcomes are looked for that nobody settled.
const sweepEvery = 5 * time.Minute

// Service settles the sends of every enabled connection.
type Service struct {
	deps    runtime.Deps
	live    *connection.Live
	gate    *stage.Gate
	epochs  *record.Epochs
	router  *bus.Router
	clients *stage.ClientSet
	units   *stage.Units
	settled *settle.Metrics

	// settlers are those of the connections that are attached.
	settlers stage.Attached[*settle.Settler]
}

// New prepares the stage.
func New(ctx context.Context, d runtime.Deps) (*Service, error) {
	store, err := record.Open(ctx, d.JS)
	if err != nil {
		return nil, err
	}
	live := d.Configuration()
	gate := &stage.Gate{Store: store, Bus: bus.NewPublisher(d.JS, d.Log, bus.FromService("reconcile"), bus.WithPublishMetrics(d.Metrics)), Log: d.Log, Account: stage.AccountOf(live)}
	router, err := bus.NewRouter(bus.RouterOptions{
		JS: d.JS, Log: d.Log, Registerer: d.Metrics, Service: "reconcile", OnDead: gate.HoldDead,
	})
	if err != nil {
		return nil, err
	}
	clients, err := stage.Clients(ctx, d, telemetry.NewCalls(d.Metrics, "reconcile"))
	if err != nil {
		return nil, err
	}
	epochs, err := store.Epochs(d.Log).RememberIn(d.Keep("reconcile.epoch"))
	if err != nil {
		return nil, err
	}
	s := &Service{
		deps: d, live: live, gate: gate, epochs: epochs, router: router, clients: clients, units: stage.NewUnits("connection", d.Log),
		settled: settle.NewMetrics(d.Metrics),
	}
	d.Health.AddLiveness("router", router.Healthy)
	d.Health.AddReadiness("router", router.Ready)
	d.Health.AddReadiness("streams", gate.Bus.Ready)
	d.Health.AddReadiness("connections", s.units.Ready)
	return s, nil
}

// wanted is a unit for each enabled connection.
func (s *Service) wanted(config *connection.Config) []stage.Unit {
	s.clients.Follow(config)
	var units []stage.Unit
	for _, c := range config.EnabledConnections() {
		units = append(units, stage.Unit{
			ID: c.ID, Fingerprint: c.Fingerprint(),
			Attach: func(context.Context) (func() error, error) { return s.attach(c) },
		})
	}
	return units
}

func (s *Service) attach(c *connection.Connection) (detach func() error, err error) {
	client, err := s.clients.Of(c.Account)
	if err != nil {
		return nil, err
	}
	set := &settle.Settler{
		Account: c.AccountID, Connection: c.ID, EntityType: c.Account.ServiceTrade.InvoiceEntityType,
		SystemTitle: c.DisplayName, AppURL: c.Account.ServiceTrade.AppURL, ServiceTrade: client, Gate: s.gate.For(c), Epochs: s.epochs,
		Instance: s.deps.Instance, Log: s.deps.Log.With("connection", c.ID), Metrics: s.settled,
	}
	outcomes := bus.OutcomeConsumer(c.ID, max(c.Account.ServiceTrade.MaxParallel, 1))
	if err := s.router.Handle(outcomes, set.Handle); err != nil {
		return nil, err
	}
	s.settlers.Put(c.ID, set)
	return func() error {
		s.settlers.Remove(c.ID)
		return s.router.Remove(outcomes.Durable)
	}, nil
}

// Run settles until ctx ends, then finishes what is under way.
func (s *Service) Run(ctx context.Context) error {
	defer s.clients.Logout(context.WithoutCancel(ctx))
	defer s.units.Close()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.router.Run(ctx) })
	g.Go(func() error { return s.units.Follow(ctx, s.live, s.wanted) })
	g.Go(func() error { return s.epochs.Keep(ctx) })
	g.Go(func() error { return stage.Sweep(ctx, s.gate.Store, sweepEvery, s.deps.Log, s.settle) })
	return g.Wait()
}

// settle takes up an outcome that nobody settled, and what a superseded send left behind.
func (s *Service) settle(ctx context.Context, e record.Entry) error {
	_, err := s.settlers.Use(ctx, e.Record.GetConnection(), func(ctx context.Context, set *settle.Settler) error {
		if e.State() == record.Closed {
			return set.LookAfter(ctx, e, time.Now())
		}
		return set.Sweep(ctx, e, time.Now(), s.lastOutcome)
	})
	return err
}

// lastOutcome fetches the last outcome message of an invoice; nil when there is
// none, or none that can be read.
func (s *Service) lastOutcome(ctx context.Context, subject bus.Subject) (*tradepostv1.InvoiceOutcome, error) {
	st, err := s.deps.JS.Stream(ctx, bus.StreamOutcome)
	if err != nil {
		return nil, fmt.Errorf("open the stream of outcomes: %w", err)
	}
	raw, err := st.GetLastMsgForSubject(ctx, subject.String())
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the last message on %s: %w", subject, err)
	}
	o := &tradepostv1.InvoiceOutcome{}
	if bus.Decode(bus.Message{Body: raw.Data}, o) != nil {
		return nil, nil
	}
	return o, nil
}
