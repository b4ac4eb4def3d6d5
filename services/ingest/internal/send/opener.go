// Package send opens sends: it decides what an invoice that ServiceTrade shows as
// pending means to its record, and publishes the snapshot.
package send

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/servicetrade"
	"github.com/tradepost/tradepost/pkg/snapshot"
	"github.com/tradepost/tradepost/pkg/telemetry"
)

const (
	// stuckAge is the age from which an open send without progress is published again.
	stuckAge = 15 * time.Minute
	// stuckDoublings bounds how often that age doubles.
	stuckDoublings = 5
)

// Reader reads invoices of one ServiceTrade account.
type Reader interface {
	Invoice(ctx context.Context, id int64) (*tradepostv1.ServiceTradeInvoice, error)
}

// Messages reads what is in the streams.
type Messages interface {
	// At reads one message; bus.ErrNoMessage when it is gone.
	At(ctx context.Context, stream string, sequence uint64) (bus.Message, error)
}

// Opener opens the sends of one account.
type Opener struct {
	Account string
	// Desk decides which of the account's connections a send is opened on.
	Desk   *Desk
	Store  *record.Store
	Bus    *bus.Publisher
	Reader Reader
	// Messages finds the message that a retry replays; nil finds none.
	Messages Messages
	Taker    *snapshot.Taker
	Log      *slog.Logger
	Now      func() time.Time
	// Metrics counts what is opened; nil counts nothing.
	Metrics *Metrics
	// Paused tells whether a connection is paused, or was until a moment ago: what
	// waits for that is not stuck. nil: never.
	Paused func(ctx context.Context, connection string) (bool, error)

	hints [hintLocks]sync.Mutex // by invoice
}

// Pending looks at an invoice that a list showed as pending. The list may be old:
// only a fresh read opens a send. One that waits for a connection is not read again
// before something changed, or long has passed.
func (o *Opener) Pending(ctx context.Context, row servicetrade.InvoiceRow) error {
	if o.Desk.waiting.stillWaits(row) {
		return nil
	}
	return o.look(ctx, row.ID, row.Updated)
}

// look looks at an invoice; listed is the time of its last change that a list
// showed, 0 without a list.
func (o *Opener) look(ctx context.Context, id, listed int64) error {
	e, err := o.Store.Get(ctx, o.key(id))
	if err != nil {
		return err
	}
	switch e.State() {
	case tradepostv1.RecordState_RECORD_STATE_UNSPECIFIED, record.Closed:
		return o.open(ctx, e, opens{status: servicetrade.StatusPendingAccounting, listed: listed})
	}
	if len(record.Elsewhere(e.Record)) > 0 {
		return o.lookElsewhere(ctx, e, listed)
	}
	if why := o.Desk.closed(e.Record.GetConnection()); why != "" {
		o.Desk.waiting.enter(ctx, id, listed, listed, why)
		return nil
	}
	o.Desk.waiting.leave(id)
	return o.Heal(ctx, e)
}

// Heal publishes the message of a send again that made no progress for long: its
// message was lost, or the process died that was about to publish it. Pending
// calls it for what ServiceTrade lists; the sweep calls it for every record, since
// an operator's retry of a failed invoice is in no list of pending ones.
// A send stays with its connection: while that is disabled, nothing is done. One that
// is held for a document in other books is looked at now and then.
func (o *Opener) Heal(ctx context.Context, e record.Entry) error {
	if len(record.Elsewhere(e.Record)) > 0 {
		return o.sweepElsewhere(ctx, e)
	}
	o.Desk.waiting.release(e.Key.InvoiceID)
	if o.Desk.closed(e.Record.GetConnection()) != "" {
		return nil
	}
	switch e.State() {
	case record.Opening:
		if o.left(e) {
			return o.again(ctx, e)
		}
		return nil
	case record.Opened, record.Claimed:
		if o.Now().Sub(e.At) <= stuckAfter(e) {
			return nil
		}
	case record.Parked:
		// Its scheduled message should have come.
		if o.Now().Sub(e.Record.GetWaiting().GetUntil().AsTime()) <= stuckAfter(e) {
			return nil
		}
	default:
		return nil
	}
	if o.Paused != nil {
		if paused, err := o.Paused(ctx, e.Record.GetConnection()); paused || err != nil {
			return err
		}
	}
	return o.again(ctx, e)
}

// StuckAge is the age from which a send without progress counts as stuck.
const StuckAge = stuckAge

// stuckAfter doubles with every time that the message was published again, up to
// eight hours: while the next stage is down, more messages help nobody.
func stuckAfter(e record.Entry) time.Duration {
	return stuckAge << min(e.Record.GetRepublished(), stuckDoublings)
}

func (o *Opener) key(id int64) record.Key { return record.Key{Account: o.Account, InvoiceID: id} }

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

// publish sends the snapshot, or what an operator mended, on its way, and then notes
// that it did. A process that dies between the two leaves an opening record, which the
// next poll heals, whatever woke it once it comes again, the first sweep of the process
// that is started in its place, or the next one of any other.
func (o *Opener) publish(ctx context.Context, e record.Entry, snap *tradepostv1.Snapshot, by *mend) error {
	r := e.Record
	telemetry.Set(ctx, telemetry.Send(r.GetSend()), telemetry.Outcome("opened"))
	stage, body, err := by.message(r, snap)
	if err != nil {
		return err
	}
	to := bus.Subject{Stage: stage, Connection: r.GetConnection(), InvoiceID: r.GetInvoiceId()}
	// The time tells a send from one of the same number before the records were lost:
	// the server would take the message for that one's, and drop it.
	id := fmt.Sprintf("%s/%s/%d/%d/%d/%d", stage, to.Connection, to.InvoiceID, r.GetSend(), r.GetRepublished(), r.GetOpenedAt().AsTime().UnixMilli())
	if err := o.Bus.Send(ctx, to, id, body); err != nil {
		return err
	}
	o.Log.InfoContext(ctx, "send opened", "invoice", to.InvoiceID, "send", r.GetSend(), "republished", r.GetRepublished())
	if e.State() != record.Opening {
		return nil
	}
	if _, err := o.Store.Change(ctx, e, record.MarkOpened()); !errors.Is(err, record.ErrConflict) {
		return err
	}
	return nil // The next stage was faster.
}
