package transform

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"go.opentelemetry.io/otel/attribute"
	"golang.org/x/sync/errgroup"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/canonical"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/pkg/seal"
	"github.com/tradepost/tradepost/pkg/stage"
	"github.com/tradepost/tradepost/pkg/telemetry"
)

// maxInFlight is how many invoices one transform consumer works on at once, over
// all replicas. The work is pure computing.
const maxInFlight = 32

// raceTries is how often a lost race for the record is run again at once.
const raceTries = 5

// Service turns invoice.received into invoice.ready, or into a rejection.
type Service struct {
	live   *connection.Live
	gate   *stage.Gate
	router *bus.Router
	limits Limits
	// strangers are the messages of connections that the configuration does not have:
	// all connections share the slots of the consumer.
	strangers *stage.Strangers
	// js reads what was posted of an invoice that is void by now.
	js jetstream.JetStream
}

// Limits tells what an accounting system can hold, by the connector's kind.
type Limits func(kind string) connector.Limits

// New prepares the stage.
func New(ctx context.Context, d runtime.Deps) (*Service, error) {
	return NewWithLimits(ctx, d, connector.LimitsOf)
}

// NewWithLimits is New for a program that has connectors which connector.LimitsOf
// does not know.
func NewWithLimits(ctx context.Context, d runtime.Deps, limits Limits) (*Service, error) {
	store, err := record.Open(ctx, d.JS)
	if err != nil {
		return nil, err
	}
	live := d.Configuration()
	gate := &stage.Gate{Store: store, Bus: bus.NewPublisher(d.JS, d.Log, bus.FromService("transform"), bus.WithPublishMetrics(d.Metrics)), Log: d.Log, Account: stage.AccountOf(live)}
	router, err := bus.NewRouter(bus.RouterOptions{
		JS: d.JS, Log: d.Log, Registerer: d.Metrics, Service: "transform", OnDead: gate.HoldDead,
	})
	if err != nil {
		return nil, err
	}
	s := &Service{live: live, gate: gate, router: router, limits: limits, js: d.JS}
	s.strangers = stage.NewStrangers(live, d.Log, s.handle)
	d.Health.AddLiveness("router", router.Healthy)
	d.Health.AddReadiness("router", router.Ready)
	d.Health.AddReadiness("streams", gate.Bus.Ready)
	d.Health.AddNotice("unknown connections", s.strangers.Notice)
	return s, router.Handle(bus.ReceivedConsumer(maxInFlight), s.handle)
}

// Run works until ctx ends, then finishes what is under way.
func (s *Service) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.router.Run(ctx) })
	g.Go(func() error { return s.strangers.Run(ctx) })
	return g.Wait()
}

func (s *Service) handle(ctx context.Context, m bus.Message) error {
	received := &tradepostv1.InvoiceReceived{}
	if err := bus.Decode(m, received); err != nil {
		return err
	}
	for range raceTries {
		// Ingest notes that the send is open while it is being rejected here.
		err := s.once(ctx, m, received)
		if errors.Is(err, stage.ErrUnknownConnection) {
			s.strangers.LayAside(ctx, m)
			return nil
		}
		if !errors.Is(err, record.ErrConflict) {
			return err
		}
	}
	return bus.RetryAfter(time.Second, record.ErrConflict)
}

func (s *Service) once(ctx context.Context, m bus.Message, received *tradepostv1.InvoiceReceived) error {
	e, current, err := s.gate.Admit(ctx, m, received.GetSend(), received.GetSnapshotHash())
	if err != nil || !current {
		return err
	}
	switch e.State() {
	case record.Opening, record.Opened, record.Claimed, record.Parked:
	case record.Outcome:
		// Rejected, and perhaps not told yet.
		if e.Record.GetOutcome().GetKind() != tradepostv1.OutcomeKind_OUTCOME_KIND_REJECTED {
			return nil
		}
	default:
		return nil
	}
	in, err := s.input(m, received.GetSnapshot())
	if err != nil {
		return err
	}
	in = in.Knowing(e.Record, received.GetSnapshotHash())
	do := Make
	if record.OfVoid(e.Record) {
		v, err := VoidedOf(ctx, s.js, e.Record, e.Record.GetOpenedAt().AsTime())
		if err != nil {
			return err
		}
		do = func(in Input) Result { return TakeBack(in, v) }
	}
	result := makeTraced(ctx, in, do)
	if len(result.Faults) > 0 {
		return s.reject(ctx, m, e, received, result.Faults)
	}
	if e.State() == record.Outcome {
		return nil
	}
	return s.ready(ctx, m, received, result)
}

// makeTraced is Make, or TakeBack, in a span of its own.
func makeTraced(ctx context.Context, in Input, do func(Input) Result) Result {
	_, span := telemetry.Start(ctx, "make document")
	defer span.End()
	result := do(in)
	if span.IsRecording() {
		span.SetAttributes(attribute.Int("tradepost.documents", len(result.Documents)), telemetry.Faults(codesOf(result.Faults)))
	}
	return result
}

func codesOf(faults []*tradepostv1.Fault) []string {
	codes := make([]string, len(faults))
	for i, f := range faults {
		codes[i] = f.GetCode()
	}
	return codes
}

// input is what Make needs, of the message and the configuration in force.
func (s *Service) input(m bus.Message, snap *tradepostv1.Snapshot) (Input, error) {
	if id := snap.GetInvoice().GetId(); id != m.Subject.InvoiceID {
		return Input{}, bus.Poison("message.wrong_invoice", fmt.Errorf("the snapshot is of invoice %d, and the subject is %s", id, m.Subject))
	}
	c, ok := s.live.Current().Connections[m.Subject.Connection]
	if !ok { // removed just now
		return Input{}, fmt.Errorf("connection %q: %w", m.Subject.Connection, stage.ErrUnknownConnection)
	}
	return InputFor(c, snap, s.limits), nil
}

// InputFor is the input of a snapshot on a connection; limits nil is connector.LimitsOf.
// The stage and preview both make theirs here.
func InputFor(c *connection.Connection, snap *tradepostv1.Snapshot, limits Limits) Input {
	if limits == nil {
		limits = connector.LimitsOf
	}
	return Input{
		Snapshot: snap, Account: c.AccountID, TimeZone: c.Account.Location(), Connection: c.ID,
		Mapping: c.Mapping, ExternalSystem: c.Account.ServiceTrade.ExternalSystem,
		AppURL: c.Account.ServiceTrade.AppURL, Limits: limits(c.Connector),
	}
}

func (s *Service) ready(ctx context.Context, m bus.Message, received *tradepostv1.InvoiceReceived, result Result) error {
	msg := &tradepostv1.InvoiceReady{
		Send: received.GetSend(), SnapshotHash: received.GetSnapshotHash(), HashVersion: received.GetHashVersion(),
		Documents: result.Documents, Explanations: result.Explanations, Voiding: result.Voiding,
		SnapshotTakenAt: received.GetSnapshot().GetTakenAt(),
	}
	var err error
	if msg.Seal, err = seal.Documents(result.Documents); err != nil {
		return err
	}
	hash, err := canonical.Message(msg)
	if err != nil {
		return err
	}
	to := m.Subject
	to.Stage = bus.StageReady
	// A message of the same content is the same message: redeliveries of received
	// publish it once, and a changed mapping publishes another.
	id := fmt.Sprintf("ready/%s/%d/%d/%s", to.Connection, to.InvoiceID, received.GetSend(), hash[:16])
	return s.gate.Bus.Send(ctx, to, id, msg)
}

// reject writes the rejection into the record, and only then tells reconcile.
func (s *Service) reject(ctx context.Context, m bus.Message, e record.Entry, received *tradepostv1.InvoiceReceived, faults []*tradepostv1.Fault) error {
	o := &tradepostv1.Outcome{Result: &tradepostv1.Outcome_Rejected{Rejected: &tradepostv1.Rejected{Faults: faults}}}
	hash, err := stage.OutcomeHash(o)
	if err != nil {
		return err
	}
	switch e.State() {
	case record.Claimed, record.Parked:
		// An attempt may be under way with what the mapping said before; it ends first.
		return nil
	}
	if e.Record.GetOutcome().GetHash() != hash {
		if _, err := s.gate.Store.Change(ctx, e, record.Reject(stage.Recorded(record.StageTransform, o, hash))); err != nil {
			return err
		}
	}
	return s.gate.SendOutcome(ctx, m.Subject, received.GetSend(), received.GetSnapshotHash(), o, hash)
}
