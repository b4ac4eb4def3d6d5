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
	"github.com/tradepost/tradepost/pkg/servicetrade"
	"github.com/tradepost/tradepost/pkg/stage"
	"github.com/tradepost/tradepost/pkg/telemetry"
	"github.com/tradepost/tradepost/services/reconcile/internal/settle"
)

const (
	// sweepEvery is how often outcomes are looked for that nobody settled.
	sweepEvery = 5 * time.Minute
	// logoutTime bounds the good-bye to ServiceTrade.
	logoutTime = 5 * time.Second
)

// Service settles the sends of every enabled connection.
type Service struct {
	deps     runtime.Deps
	gate     *stage.Gate
	router   *bus.Router
	clients  map[string]*servicetrade.Client
	settlers map[string]*settle.Settler // by connection
	settled  *settle.Metrics
}

// New prepares the stage.
func New(ctx context.Context, d runtime.Deps) (*Service, error) {
	store, err := record.Open(ctx, d.JS)
	if err != nil {
		return nil, err
	}
	gate := &stage.Gate{Store: store, Bus: bus.NewPublisher(d.JS, d.Log, bus.FromService("reconcile"), bus.WithPublishMetrics(d.Metrics)), Log: d.Log, Account: stage.AccountOf(d.Config)}
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
	s := &Service{
		deps: d, gate: gate, router: router, clients: clients,
		settlers: map[string]*settle.Settler{}, settled: settle.NewMetrics(d.Metrics),
	}
	for _, c := range d.Config.EnabledConnections() {
		if err := s.attach(c); err != nil {
			return nil, err
		}
	}
	d.Health.AddLiveness("router", router.Healthy)
	d.Health.AddReadiness("router", router.Ready)
	d.Health.AddReadiness("streams", gate.Bus.Ready)
	return s, nil
}

func (s *Service) attach(c *connection.Connection) error {
	set := &settle.Settler{
		Account: c.AccountID, Connection: c.ID, EntityType: c.Account.ServiceTrade.InvoiceEntityType,
		SystemTitle: c.DisplayName, ServiceTrade: s.clients[c.AccountID], Gate: s.gate,
		Instance: s.deps.Instance, Log: s.deps.Log.With("connection", c.ID), Metrics: s.settled,
	}
	s.settlers[c.ID] = set
	return s.router.Handle(bus.OutcomeConsumer(c.ID, max(c.Account.ServiceTrade.MaxParallel, 1)), set.Handle)
}

// Run settles until ctx ends, then finishes what is under way.
func (s *Service) Run(ctx context.Context) error {
	defer s.logout(context.WithoutCancel(ctx))
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.router.Run(ctx) })
	g.Go(func() error { return stage.Sweep(ctx, s.gate.Store, sweepEvery, s.deps.Log, s.settle) })
	return g.Wait()
}

func (s *Service) logout(ctx context.Context) {
	for _, c := range s.clients {
		bye, cancel := context.WithTimeout(ctx, logoutTime)
		_ = c.Logout(bye)
		cancel()
	}
}

// settle takes up an outcome that nobody settled, and what a superseded send left behind.
func (s *Service) settle(ctx context.Context, e record.Entry) error {
	set, ok := s.settlers[e.Record.GetConnection()]
	if !ok {
		return nil
	}
	if e.State() == record.Closed {
		return set.LookAfter(ctx, e, time.Now())
	}
	return set.Sweep(ctx, e, time.Now(), s.lastOutcome)
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
