package settle

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/shopspring/decimal"
	"go.opentelemetry.io/otel/attribute"
	"google.golang.org/protobuf/types/known/timestamppb"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/servicetrade"
	"github.com/tradepost/tradepost/pkg/snapshot"
	"github.com/tradepost/tradepost/pkg/stage"
	"github.com/tradepost/tradepost/pkg/telemetry"
)

// turn is one attempt to settle one send.
type turn struct {
	*Settler
	// owner signs the claim of this attempt.
	owner     string
	texts     *tradepostv1.Outcome
	entry     record.Entry
	fence     record.Fence
	commentID int64
	// shown is the invoice's number as ServiceTrade shows it.
	shown string
	// since is the time from which a comment belongs to this send, in Unix seconds.
	since int64
	// voided says that the invoice was found void by a send that is not of a void.
	voided bool
	// gone says that ServiceTrade does not have the invoice any more.
	gone bool
	log  *slog.Logger
}

func (t *turn) change(ctx context.Context, e record.Entry, step record.Transition) error {
	next, err := t.Gate.Store.Change(ctx, e, step)
	if errors.Is(err, record.ErrConflict) {
		return bus.RetryAfter(100*time.Millisecond, errRace)
	}
	if err != nil {
		return err
	}
	t.entry = next
	return nil
}

// write reads the invoice and writes what the outcome wants, if a user did not
// move or change it. The window between reading and writing is one call:
// ServiceTrade has no conditional write.
func (t *turn) write(ctx context.Context) (tradepostv1.Settlement, error) {
	ctx, cancel := context.WithDeadline(connector.WithFence(ctx, t.checkFence), t.fence.Deadline())
	defer cancel()
	inv, same, err := t.read(ctx)
	if err != nil {
		return 0, err
	}
	t.shown = inv.GetInvoiceNumber()
	switch decide(t.entry.Record, inv, same) {
	case stepProcess:
		return t.process(ctx, inv)
	case stepProcessed:
		return t.processed(ctx, inv)
	case stepUnknown:
		return 0, errors.New("the record holds a kind of outcome that this program does not know: a newer program wrote it")
	case stepFail:
		t.since = t.sentAgain(inv)
		return t.fail(ctx)
	case stepComment:
		return tradepostv1.Settlement_SETTLEMENT_FAILED, t.commentFaults(ctx)
	case stepVoided:
		return tradepostv1.Settlement_SETTLEMENT_VOIDED, t.commentVoided(ctx)
	case stepSupersede:
		return tradepostv1.Settlement_SETTLEMENT_SUPERSEDED, nil
	default:
		return tradepostv1.Settlement_SETTLEMENT_WITHDRAWN, t.commentWithdrawn(ctx, inv)
	}
}

// read returns the invoice as it is now, and whether its content is the
// snapshot's; nil when it is gone.
func (t *turn) read(ctx context.Context) (*tradepostv1.ServiceTradeInvoice, bool, error) {
	inv, err := t.ServiceTrade.Invoice(ctx, t.entry.Key.InvoiceID)
	if servicetrade.IsNotFound(err) {
		t.gone = true
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	same, err := snapshot.Same(inv, t.entry.Record.GetSnapshotHash(), t.entry.Record.GetHashVersion())
	return inv, same, err
}

// process writes processed, with the number in the same call where the accounting
// system assigned one.
func (t *turn) process(ctx context.Context, inv *tradepostv1.ServiceTradeInvoice) (tradepostv1.Settlement, error) {
	change := servicetrade.StatusChange{Status: servicetrade.StatusProcessed}
	if number := t.number(); number != inv.GetInvoiceNumber() {
		change.InvoiceNumber = number
	}
	after, err := t.put(ctx, change)
	if servicetrade.IsInvalid(err) && change.InvoiceNumber != "" {
		t.log.WarnContext(ctx, "ServiceTrade refused the invoice number", "number", change.InvoiceNumber, "err", err)
		after, err = t.put(ctx, servicetrade.StatusChange{Status: servicetrade.StatusProcessed})
	}
	if err != nil {
		return 0, err
	}
	if after.GetStatus() != servicetrade.StatusProcessed {
		return tradepostv1.Settlement_SETTLEMENT_WITHDRAWN, t.commentWithdrawn(ctx, after)
	}
	return t.processed(ctx, after)
}

// processed tells people what they have to know of an invoice that shows
// processed: our remarks, a number that was refused, and what a user changed in
// the moment between reading and writing, for which ServiceTrade has no lock.
func (t *turn) processed(ctx context.Context, inv *tradepostv1.ServiceTradeInvoice) (tradepostv1.Settlement, error) {
	const settled = tradepostv1.Settlement_SETTLEMENT_PROCESSED
	if !sameAmount(inv.GetTotalPrice(), t.entry.Record.GetTotal()) {
		if err := t.commentChanged(ctx, inv); err != nil {
			return 0, err
		}
	}
	if number := t.number(); number != "" && inv.GetInvoiceNumber() != number {
		if err := t.commentNumberRefused(ctx, number); err != nil {
			return 0, err
		}
	}
	return settled, t.remarks(ctx)
}

func sameAmount(a, b string) bool {
	x, err1 := decimal.NewFromString(a)
	y, err2 := decimal.NewFromString(b)
	return err1 == nil && err2 == nil && x.Equal(y)
}

// number is the number to write back; "" when ServiceTrade's own was used.
func (t *turn) number() string {
	o := t.entry.Record.GetOutcome()
	if !o.GetNumberAssigned() || len(o.GetDocuments()) == 0 {
		return ""
	}
	return o.GetDocuments()[0].GetNumber()
}

// fail writes failed, never before the comment is stored.
func (t *turn) fail(ctx context.Context) (tradepostv1.Settlement, error) {
	if err := t.commentFaults(ctx); err != nil {
		return 0, err
	}
	// The comment took its calls: a user may have moved or changed the invoice meanwhile.
	inv, same, err := t.read(ctx)
	if err != nil {
		return 0, err
	}
	switch decide(t.entry.Record, inv, same) {
	case stepFail:
	case stepComment:
		return tradepostv1.Settlement_SETTLEMENT_FAILED, nil
	case stepSupersede:
		return tradepostv1.Settlement_SETTLEMENT_SUPERSEDED, nil
	default:
		return tradepostv1.Settlement_SETTLEMENT_WITHDRAWN, t.commentWithdrawn(ctx, inv)
	}
	after, err := t.put(ctx, servicetrade.StatusChange{Status: servicetrade.StatusFailed})
	if err != nil {
		return 0, err
	}
	if after.GetStatus() != servicetrade.StatusFailed {
		return tradepostv1.Settlement_SETTLEMENT_WITHDRAWN, nil
	}
	return tradepostv1.Settlement_SETTLEMENT_FAILED, nil
}

// checkFence is asked before each write, here and by the client right before it
// calls: a worker whose claim ran out must not write any more.
func (t *turn) checkFence() error {
	if t.fence.Left() <= 0 {
		return connector.ErrFenced
	}
	return nil
}

func (t *turn) put(ctx context.Context, c servicetrade.StatusChange) (inv *tradepostv1.ServiceTradeInvoice, err error) {
	ctx, span := telemetry.Start(ctx, "put status", attribute.String("tradepost.status", c.Status))
	defer func() { telemetry.End(span, err) }()
	if err := t.checkFence(); err != nil {
		return nil, err
	}
	inv, err = t.ServiceTrade.SetStatus(ctx, t.entry.Key.InvoiceID, c)
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", c.Status, err)
	}
	return inv, nil
}

// close ends the send and tells everybody who wants to know.
func (t *turn) close(ctx context.Context, settlement tradepostv1.Settlement) error {
	now := time.Now()
	end := record.Close(t.owner, settlement, now)
	if t.gone {
		end = record.CloseGone(t.owner, now)
	}
	if err := t.change(ctx, t.entry, end); err != nil {
		return err
	}
	r := t.entry.Record
	documents := r.GetOutcome().GetDocuments()
	if t.gone {
		documents = t.leftBehind(ctx, record.LeftBehind(r))
	}
	t.Metrics.closed(r, now)
	telemetry.Set(ctx, telemetry.Outcome(stage.Word(settlement, "SETTLEMENT_")))
	if err := t.askForVoid(ctx); err != nil {
		return err
	}
	t.log.InfoContext(ctx, "settled", "settlement", stage.Word(settlement, "SETTLEMENT_"), "faults", r.GetOutcome().GetFaultCodes(), "invoice_gone", t.gone)
	to := bus.Subject{Stage: bus.StageSettled, Connection: t.Connection, InvoiceID: r.GetInvoiceId()}
	return t.Gate.Bus.Send(ctx, to, fmt.Sprintf("settled/%s/%d", t.entry.Key, r.GetSend()), &tradepostv1.InvoiceSettled{
		Send: r.GetSend(), SnapshotHash: r.GetSnapshotHash(), Settlement: settlement, SettledAt: timestamppb.New(now),
		Documents: documents, FaultCodes: r.GetOutcome().GetFaultCodes(),
		Total: r.GetTotal(), CommentId: t.commentID, InvoiceGone: t.gone,
	})
}
