// Package send opens sends: it decides what an invoice that ServiceTrade shows as
// pending means to its record, and publishes the snapshot.
package send

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/canonical"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/servicetrade"
	"github.com/tradepost/tradepost/pkg/snapshot"
	"github.com/tradepost/tradepost/pkg/telemetry"
)

const (
	// openingAge is the age from which an opening record counts as left behind by
	// a process that died between writing it and publishing.
	openingAge = 30 * time.Second
	// stuckAge is the age from which an open send without progress is published again.
	stuckAge = 15 * time.Minute
	// stuckDoublings bounds how often that age doubles.
	stuckDoublings = 5
)

// Reader reads invoices of one ServiceTrade account.
type Reader interface {
	Invoice(ctx context.Context, id int64) (*tradepostv1.ServiceTradeInvoice, error)
}

// Opener opens the sends of one connection.
type Opener struct {
	Account    string
	Connection string
	Store      *record.Store
	Bus        *bus.Publisher
	Reader     Reader
	Taker      *snapshot.Taker
	Log        *slog.Logger
	Now        func() time.Time
	// Metrics counts what is opened; nil counts nothing.
	Metrics *Metrics

	hints [hintLocks]sync.Mutex // by invoice
}

// Pending looks at an invoice that a list showed as pending. The list may be old:
// only a fresh read opens a send.
func (o *Opener) Pending(ctx context.Context, id int64) error {
	e, err := o.Store.Get(ctx, o.key(id))
	if err != nil {
		return err
	}
	switch e.State() {
	case tradepostv1.RecordState_RECORD_STATE_UNSPECIFIED, record.Closed:
		return o.open(ctx, e, servicetrade.StatusPendingAccounting)
	default:
		return o.Heal(ctx, e)
	}
}

// Heal publishes the message of a send again that made no progress for long: its
// message was lost, or the process died that was about to publish it. Pending
// calls it for what ServiceTrade lists; the sweep calls it for every record, since
// an operator's retry of a failed invoice is in no list of pending ones.
func (o *Opener) Heal(ctx context.Context, e record.Entry) error {
	age := o.Now().Sub(e.At)
	switch e.State() {
	case record.Opening:
		if age > openingAge {
			return o.again(ctx, e)
		}
	case record.Opened, record.Claimed:
		if age > stuckAfter(e) {
			return o.again(ctx, e)
		}
	case record.Parked:
		// Its scheduled message should have come.
		if o.Now().Sub(e.Record.GetWaiting().GetUntil().AsTime()) > stuckAfter(e) {
			return o.again(ctx, e)
		}
	}
	return nil
}

// stuckAfter doubles with every time that the message was published again, up to
// eight hours: while the next stage is down, more messages help nobody.
func stuckAfter(e record.Entry) time.Duration {
	return stuckAge << min(e.Record.GetRepublished(), stuckDoublings)
}

func (o *Opener) key(id int64) record.Key { return record.Key{Account: o.Account, InvoiceID: id} }

// open opens the next send, if the invoice still has the wanted status.
func (o *Opener) open(ctx context.Context, e record.Entry, status string) (err error) {
	ctx, span := o.begin(ctx, "open send", e)
	defer func() { telemetry.End(span, err) }()
	inv, hash, err := o.read(ctx, e.Key.InvoiceID)
	if err != nil || inv == nil || inv.GetStatus() != status {
		return err
	}
	if t := inv.GetType(); t != "" && !strings.EqualFold(t, servicetrade.TypeInvoice) {
		return nil // A vendor's bill: the polls leave it out, but a webhook names it.
	}
	if status != servicetrade.StatusPendingAccounting && hash != e.Record.GetSnapshotHash() {
		o.Log.InfoContext(ctx, "no retry: the invoice was changed since it failed; it has to be sent again in ServiceTrade", "invoice", inv.GetId())
		return nil
	}
	if e.Record.GetSettlement() == tradepostv1.Settlement_SETTLEMENT_FAILED {
		// What was wrong may just have been mended at the customer or the item.
		o.Taker.Forget()
	}
	snap, err := o.Taker.Take(ctx, inv)
	if err != nil {
		return fmt.Errorf("read what belongs to invoice %d: %w", inv.GetId(), err)
	}
	step := record.OpenSend(record.Opens{
		Key: e.Key, Connection: o.Connection, SnapshotHash: hash, HashVersion: canonical.HashVersion,
		StartStatus: status, Total: inv.GetTotalPrice(), Retry: status != servicetrade.StatusPendingAccounting, Now: o.Now(),
	})
	if other := o.postedElsewhere(e.Record); other != "" {
		step = heldAtOnce(step, "posted before by connection "+other)
	}
	next, err := o.Store.Change(ctx, e, step)
	if errors.Is(err, record.ErrConflict) {
		return nil // Another replica opened it.
	}
	if err != nil || next.State() == record.Held {
		return err
	}
	o.Metrics.opens(o.Connection, status)
	return o.publish(ctx, next, snap)
}

// read returns the invoice as it is now and its snapshot hash; nil when it is gone.
func (o *Opener) read(ctx context.Context, id int64) (*tradepostv1.ServiceTradeInvoice, string, error) {
	inv, err := o.Reader.Invoice(ctx, id)
	if servicetrade.IsNotFound(err) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	hash, err := snapshot.Hash(inv)
	return inv, hash, err
}

// publish sends the snapshot on its way, and then notes that it did. A process
// that dies between the two leaves an opening record, which the next poll heals.
func (o *Opener) publish(ctx context.Context, e record.Entry, snap *tradepostv1.Snapshot) error {
	r := e.Record
	telemetry.Set(ctx, telemetry.Send(r.GetSend()), telemetry.Outcome("opened"))
	to := bus.Subject{Stage: bus.StageReceived, Connection: r.GetConnection(), InvoiceID: r.GetInvoiceId()}
	// The time tells a send from one of the same number before the records were lost:
	// the server would take the message for that one's, and drop it.
	id := fmt.Sprintf("received/%s/%d/%d/%d/%d", to.Connection, to.InvoiceID, r.GetSend(), r.GetRepublished(), r.GetOpenedAt().AsTime().UnixMilli())
	err := o.Bus.Send(ctx, to, id, &tradepostv1.InvoiceReceived{
		Send: r.GetSend(), SnapshotHash: r.GetSnapshotHash(), HashVersion: r.GetHashVersion(), Snapshot: snap,
	})
	if err != nil {
		return err
	}
	o.Log.InfoContext(ctx, "send opened", "invoice", to.InvoiceID, "send", r.GetSend(), "republished", r.GetRepublished())
	if e.State() != record.Opening {
		return nil
	}
	if _, err = o.Store.Change(ctx, e, record.MarkOpened()); errors.Is(err, record.ErrConflict) {
		return nil // The next stage was faster.
	}
	return err
}

// postedElsewhere names another connection that holds a live document of the
// invoice: posting it here too would put it into two sets of books.
func (o *Opener) postedElsewhere(r *tradepostv1.Record) string {
	for _, d := range r.GetDocuments() {
		if d.GetConnection() != o.Connection && !d.GetGone() {
			return d.GetConnection()
		}
	}
	return ""
}

func heldAtOnce(step record.Transition, reason string) record.Transition {
	return func(r *tradepostv1.Record) (*tradepostv1.Record, error) {
		r, err := step(r)
		if err != nil {
			return nil, err
		}
		return record.Hold(reason)(r)
	}
}
