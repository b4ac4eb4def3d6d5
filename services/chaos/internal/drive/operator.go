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
// nothing failed, an operator has nothing to do.
func (d *Drive) retry(ctx context.Context, a plan.Action) error {
	inv := d.invoices[a.Invoice]
	v, err := d.World.Control.View(ctx, inv.ID)
	if err != nil {
		return err
	}
	if v.Status != "failed" {
		d.count("operators: nothing to try again")
		return nil
	}
	short, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := d.failedRecord(short, inv.ID)
	if err != nil || r == nil {
		d.count("operators: no record of a failed send, or no answer")
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
