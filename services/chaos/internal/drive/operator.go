package drive

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/record"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/services/chaos/internal/judge"
	"github.com/tradepost/tradepost/services/chaos/internal/plan"
	"github.com/tradepost/tradepost/services/chaos/internal/world"
)

// patience is how long an operator waits for the cluster before giving up.
const patience = 3 * time.Second

// retry has a failed invoice tried again, as `tradepost retry` does: it reads the record,
// and publishes a command that follows its send. Where the cluster does not answer, or
// nothing failed yet, an operator comes back later.
func (d *Drive) retry(ctx context.Context, a plan.Action) error {
	inv := d.invoices[a.Invoice]
	v, err := d.World.Control.View(ctx, inv.ID)
	if err != nil {
		return err
	}
	if v.Status != "failed" {
		d.postpone(a)
		return nil
	}
	short, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := d.failedRecord(short, inv.ID)
	if err != nil || r == nil {
		d.postpone(a)
		return nil
	}
	d.mu.Lock()
	s := judge.Step{Kind: judge.StepRetry, Began: time.Now(), Total: d.totals[a.Invoice], Verdict: d.verdicts[a.Invoice]}
	d.mu.Unlock()
	s.Unsure = d.order(short, inv.ID, r) != nil
	s.Ended = time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	inv.Steps = append(inv.Steps, s)
	return nil
}

// takeOut has a bookkeeper take a document out of the books, if it is there.
func (d *Drive) takeOut(ctx context.Context, a plan.Action) (bool, error) {
	was, err := d.Target.Delete(ctx, d.invoices[a.Invoice].Marker)
	switch {
	case err != nil:
		return false, err
	case was:
		d.count("documents taken out of the books by hand")
	default:
		d.postpone(a)
	}
	return was, nil
}

func (d *Drive) postpone(a plan.Action) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.postponed = append(d.postponed, a)
}

// catchUp does once what was postponed, and tells how much it was: on a slow machine
// most invoices are settled only when the faults are over. Who finds nothing to do
// then gives up.
func (d *Drive) catchUp(ctx context.Context) (int, error) {
	d.mu.Lock()
	now := d.postponed
	d.postponed = nil
	d.mu.Unlock()
	for _, a := range now {
		if err := d.catchUpOn(ctx, a); err != nil {
			return 0, fmt.Errorf("%s of invoice %d: %w", a.Kind, d.invoices[a.Invoice].ID, err)
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	undone := len(d.postponed)
	d.postponed = nil
	d.faults["postponed by bookkeepers and operators"] += len(now) - undone
	return len(now) - undone, nil
}

func (d *Drive) catchUpOn(ctx context.Context, a plan.Action) error {
	if a.Kind == plan.Retry {
		return d.retry(ctx, a)
	}
	was, err := d.takeOut(ctx, a)
	if err != nil || !was {
		return err
	}
	return d.send(ctx, a)
}

// failedRecord is the invoice's record if its last send failed and is closed.
func (d *Drive) failedRecord(ctx context.Context, id int64) (*tradepostv1.Record, error) {
	store, err := record.Open(ctx, d.World.JS)
	if err != nil {
		return nil, err
	}
	e, err := store.Get(ctx, record.Key{Account: world.Account, InvoiceID: id})
	if err != nil || e.Record == nil || e.State() != record.Closed ||
		e.Record.GetSettlement() != tradepostv1.Settlement_SETTLEMENT_FAILED {
		return nil, err
	}
	return e.Record, nil
}

// order publishes an operator's retry after the record's latest send.
func (d *Drive) order(ctx context.Context, id int64, r *tradepostv1.Record) error {
	body, err := protojson.Marshal(&tradepostv1.InvoiceCommand{
		FollowsSend: r.GetSend(), By: "chaos", Command: &tradepostv1.InvoiceCommand_Retry{Retry: &tradepostv1.Retry{}},
	})
	if err != nil {
		return fmt.Errorf("encode the retry of invoice %d: %w", id, err)
	}
	subject := bus.Subject{Stage: bus.StageCommand, Connection: world.Connection, InvoiceID: id}
	if _, err := d.World.JS.PublishMsg(ctx, &nats.Msg{Subject: subject.String(), Data: body}); err != nil {
		return fmt.Errorf("publish the retry of invoice %d: %w", id, err)
	}
	return nil
}
