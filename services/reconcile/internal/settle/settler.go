// Package settle writes the outcome of a send back to ServiceTrade and closes the
// send. It believes the record; the message that wakes it only brings the texts of
// the faults. decide.go tells what to do, write.go does it, comment.go tells people.
package settle

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/servicetrade"
	"github.com/tradepost/tradepost/pkg/stage"
	"github.com/tradepost/tradepost/pkg/telemetry"
)

const (
	// callTime is the longest that one call to ServiceTrade takes here.
	callTime = 30 * time.Second
	// claimTime is how long a claim to settle lasts.
	claimTime = callTime + 10*time.Second
	// lateWrite is how much later than a claim's time a write of its owner may come through,
	// when the owner was killed and nobody knows that a call was on its way.
	lateWrite = settling - claimTime
	// settling is how long a write to ServiceTrade whose answer was lost may still
	// come through.
	settling = time.Minute
	// holdSlot is the longest wait that holds one of the connection's slots; what
	// waits longer is left to the sweep.
	holdSlot = 30 * time.Second
	// earlyTries is how often an outcome is tried that the record does not hold.
	earlyTries = 4
)

var (
	errRace     = errors.New("another worker changed the record first")
	errSettling = errors.New("another worker may be writing to ServiceTrade for this invoice")
	errEarly    = errors.New("the record holds no outcome yet")
)

// ServiceTrade is what settling needs of one account's client.
type ServiceTrade interface {
	Invoice(ctx context.Context, id int64) (*tradepostv1.ServiceTradeInvoice, error)
	SetStatus(ctx context.Context, id int64, c servicetrade.StatusChange) (*tradepostv1.ServiceTradeInvoice, error)
	Comments(ctx context.Context, entityType int, entityID int64) ([]servicetrade.Comment, error)
	AddPrivateComment(ctx context.Context, entityType int, entityID int64, content string) (servicetrade.Comment, error)
}

// Settler settles the sends of one connection.
type Settler struct {
	Account    string
	Connection string
	// EntityType is ServiceTrade's number for invoices, which comments need.
	EntityType int
	// SystemTitle is the accounting system's name as a bookkeeper knows it.
	SystemTitle string
	// AppURL is the address of ServiceTrade's web application, for the link in a
	// comment; "" leaves it out.
	AppURL       string
	ServiceTrade ServiceTrade
	Gate         *stage.Gate
	// Epochs keeps ServiceTrade from being written to while the records are so new that a
	// worker which they have forgotten may still be at it; nil trusts them.
	Epochs Epochs
	// Instance is unique to this process.
	Instance string
	Log      *slog.Logger
	// Metrics counts what is settled; nil counts nothing.
	Metrics *Metrics
}

// Handle takes one invoice.outcome message. It is safe to be called with the same
// message any number of times, in any number of processes.
func (s *Settler) Handle(ctx context.Context, m bus.Message) error {
	o := &tradepostv1.InvoiceOutcome{}
	if err := bus.Decode(m, o); err != nil {
		return err
	}
	e, current, err := s.Gate.Admit(ctx, m, o.GetSend(), o.GetSnapshotHash())
	if err != nil || !current {
		return err
	}
	log := s.Log.With("invoice", e.Key.InvoiceID, "send", o.GetSend())
	switch e.State() {
	case record.Outcome, record.Settling:
	case record.Held:
		return nil
	default:
		if m.Delivered < earlyTries {
			return bus.RetryAfter(500*time.Millisecond, errEarly)
		}
		log.WarnContext(ctx, "outcome ignored: the record holds none", "state", record.StateName(e.State()))
		return nil
	}
	if !holds(e.Record, o) {
		log.WarnContext(ctx, "outcome ignored: the record holds another one")
		return nil
	}
	if err := s.Settle(ctx, e, textsOf(e.Record, o), m.Delivered); !errors.Is(err, errLater) {
		return err
	}
	return nil
}

// textsOf is the message's outcome if its content is what the record holds; a
// message may name the right hash and bring other words.
func textsOf(r *tradepostv1.Record, o *tradepostv1.InvoiceOutcome) *tradepostv1.Outcome {
	if have, err := stage.OutcomeHash(o.GetOutcome()); err != nil || have != r.GetOutcome().GetHash() {
		return &tradepostv1.Outcome{}
	}
	return o.GetOutcome()
}

// holds tells whether the record holds the message's outcome. A rejection brings
// texts that people will read, so that its content has to match too.
func holds(r *tradepostv1.Record, o *tradepostv1.InvoiceOutcome) bool {
	want := r.GetOutcome().GetHash()
	if o.GetOutcomeHash() != want {
		return false
	}
	if r.GetOutcome().GetKind() != tradepostv1.OutcomeKind_OUTCOME_KIND_REJECTED {
		return true
	}
	have, err := stage.OutcomeHash(o.GetOutcome())
	return err == nil && have == want
}

// Settle writes the outcome that the record holds to ServiceTrade and closes the
// send. texts brings the faults and remarks in full; delivered paces the retries.
func (s *Settler) Settle(ctx context.Context, e record.Entry, texts *tradepostv1.Outcome, delivered int) (err error) {
	ctx, span := telemetry.Start(ctx, "settle", telemetry.Account(s.Account), telemetry.Connection(s.Connection),
		telemetry.Invoice(e.Key.InvoiceID), telemetry.Send(e.Record.GetSend()))
	defer func() { telemetry.End(span, err) }()
	left, err := s.Gate.Store.TakeOverIn(ctx, e)
	if err != nil {
		return err
	}
	if left > 0 {
		return bus.RetryAfter(left, errSettling)
	}
	t := &turn{Settler: s, owner: record.NewOwner(s.Instance), texts: texts, log: s.Log.With("invoice", e.Key.InvoiceID, "send", e.Record.GetSend())}
	t.fence = record.NewFence(claimTime)
	if err := t.change(ctx, e, record.Settle(record.Claiming{Owner: t.owner, Lasts: claimTime, Settling: lateWrite})); err != nil {
		return err
	}
	settlement, err := t.writeWhenOld(ctx)
	// The record is written even when the claim's time is over: a worker that took
	// over meanwhile wins the compare-and-set.
	ctx = context.WithoutCancel(ctx)
	if err != nil {
		return t.later(ctx, err, delivered)
	}
	return t.close(ctx, settlement)
}

// later gives the claim back, since ServiceTrade could not be written to now. It
// keeps trying for as long as it takes: the message comes again soon, or without
// holding a slot the sweep does.
func (t *turn) later(ctx context.Context, cause error, delivered int) error {
	d := bus.Backoff(delivered)
	give := record.Unsettle
	if servicetrade.WriteUncertain(cause) {
		d = max(d, settling)
		give = func(owner string, w record.Waits) record.Transition { return record.DoubtWrite(owner, settling, w) }
	}
	reason, hold := servicetrade.WaitReason(cause), d <= holdSlot || servicetrade.WriteUncertain(cause)
	if young := (youngError{}); errors.As(cause, &young) {
		d, reason, hold = young.left, reasonRecordsReplaced, true
	}
	waits := record.Waits{Scope: tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, Until: time.Now().Add(d), Reason: reason}
	if err := t.change(ctx, t.entry, give(t.owner, waits)); err != nil {
		return err
	}
	cause = fmt.Errorf("settle invoice %d: %w", t.entry.Key.InvoiceID, cause)
	if hold {
		return bus.RetryAfter(d, cause)
	}
	t.log.WarnContext(ctx, "the outcome cannot be settled yet; the sweep tries again", "reason", waits.Reason, "err", cause)
	return errLater
}

// errLater means that the sweep goes on with it.
var errLater = errors.New("left to the sweep")
