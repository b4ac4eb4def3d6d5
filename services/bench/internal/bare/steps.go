package bare

import (
	"context"
	"fmt"
	"strconv"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
)

func (c *chain) begin(ctx context.Context, id int64) error {
	one := c.bodies[id]
	if one == nil {
		return fmt.Errorf("invoice %d has no bodies", id)
	}
	body, err := protojson.Marshal(one.record)
	if err != nil {
		return err
	}
	rev, err := c.kv.Create(ctx, c.key(id), body)
	if err != nil {
		return fmt.Errorf("create the record of invoice %d: %w", id, err)
	}
	if err := c.rewrite(ctx, id, one.record, rev, c.share(0)-1); err != nil {
		return err
	}
	return c.publish(ctx, bus.StageReceived, id, one.received)
}

func (c *chain) transform(ctx context.Context, id int64) error {
	return c.pass(ctx, 1, id, bus.StageReady, c.bodies[id].ready)
}

func (c *chain) deliver(ctx context.Context, id int64) error {
	return c.pass(ctx, 2, id, bus.StageOutcome, c.bodies[id].outcome)
}

func (c *chain) reconcile(ctx context.Context, id int64) error {
	if err := c.pass(ctx, 3, id, bus.StageSettled, c.bodies[id].settled); err != nil {
		return err
	}
	return c.nc.Publish(SubjectDone, strconv.AppendInt(nil, id, 10))
}

// pass writes the stage's share of the record's writes and publishes the next message.
func (c *chain) pass(ctx context.Context, stage int, id int64, next bus.Stage, m proto.Message) error {
	e, err := c.kv.Get(ctx, c.key(id))
	if err != nil {
		return fmt.Errorf("read the record of invoice %d: %w", id, err)
	}
	r := &tradepostv1.Record{}
	if err := protojson.Unmarshal(e.Value(), r); err != nil {
		return fmt.Errorf("decode the record of invoice %d: %w", id, err)
	}
	if err := c.rewrite(ctx, id, r, e.Revision(), c.share(stage)); err != nil {
		return err
	}
	return c.publish(ctx, next, id, m)
}

// share is how many of the record's writes a stage does; the first does what is over.
func (c *chain) share(stage int) int {
	n := c.o.Writes / stages
	if stage == 0 {
		n += c.o.Writes % stages
	}
	return n
}

func (c *chain) rewrite(ctx context.Context, id int64, r *tradepostv1.Record, rev uint64, times int) error {
	for range times {
		body, err := protojson.Marshal(r)
		if err != nil {
			return err
		}
		if rev, err = c.kv.Update(ctx, c.key(id), body, rev); err != nil {
			return fmt.Errorf("write the record of invoice %d: %w", id, err)
		}
	}
	return nil
}

func (c *chain) publish(ctx context.Context, stage bus.Stage, id int64, m proto.Message) error {
	body, err := protojson.Marshal(m)
	if err != nil {
		return err
	}
	to := bus.Subject{Stage: stage, Connection: c.o.Connection, InvoiceID: id}
	if _, err := c.js.Publish(ctx, to.String(), body); err != nil {
		return fmt.Errorf("publish on %s: %w", to, err)
	}
	return nil
}

func (c *chain) key(id int64) string { return c.o.Account + "." + strconv.FormatInt(id, 10) }
