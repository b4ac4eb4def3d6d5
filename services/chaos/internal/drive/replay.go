package drive

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tradepost/tradepost/pkg/bus"

	"github.com/tradepost/tradepost/services/chaos/internal/plan"
	"github.com/tradepost/tradepost/services/chaos/internal/world"
)

// replayed is how many messages one fault publishes again.
const replayed = 25

// replay publishes stored messages of a stage again, as an operator with the stock
// CLI would: half with their headers, half without any.
func (d *Drive) replay(ctx context.Context, f plan.Fault) error {
	p := picksOf(f)
	name := []string{bus.StreamReceived, bus.StreamReady, bus.StreamOutcome}[p.n(3)]
	stream, err := d.World.JS.Stream(ctx, name)
	if err != nil {
		return fmt.Errorf("look at %s: %w", name, err)
	}
	state := stream.CachedInfo().State
	if state.Msgs == 0 {
		return nil
	}
	for range replayed {
		m, err := stream.GetMsg(ctx, state.FirstSeq+p.n(state.LastSeq-state.FirstSeq+1))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read a message of %s: %w", name, err)
		}
		out := &nats.Msg{Subject: m.Subject, Data: m.Data}
		if p.n(2) == 0 {
			out.Header = m.Header
			// Within the dedupe window the server would only drop it.
			out.Header.Del(jetstream.MsgIDHeader)
		}
		subject, err := bus.ParseSubject(m.Subject)
		if err != nil || subject.Stage == bus.StageLater {
			continue // A schedule is moved on by the server.
		}
		_, err = d.World.JS.PublishMsg(ctx, out)
		d.noteReplay(subject.InvoiceID) // Also where the answer was lost.
		if err != nil {
			return fmt.Errorf("publish a message of %s again: %w", name, err)
		}
		d.count("single messages published again")
	}
	return nil
}

// noteReplay notes for the judge that a message of an invoice was published again.
func (d *Drive) noteReplay(id int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, inv := range d.invoices {
		if inv.ID == id {
			inv.Replays = append(inv.Replays, time.Now())
			return
		}
	}
}

// redeliver deletes a consumer: whoever makes it again begins with the first message.
func (d *Drive) redeliver(ctx context.Context, f plan.Fault) error {
	one := []struct{ stream, durable string }{
		{bus.StreamReceived, "transform"},
		{bus.StreamReady, "deliver-" + world.Connection},
		{bus.StreamOutcome, "reconcile-" + world.Connection},
	}[picksOf(f).n(3)]
	err := d.World.JS.DeleteConsumer(ctx, one.stream, one.durable)
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		return nil
	}
	return err
}
