package drive

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/record"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/services/chaos/internal/judge"
	"github.com/tradepost/tradepost/services/chaos/internal/target"
	"github.com/tradepost/tradepost/services/chaos/internal/world"
)

const (
	// rest is how long nothing may have been written before it counts as quiet.
	rest = 8 * time.Second
	// lookEvery is the time between two looks.
	lookEvery = 2 * time.Second
)

// ErrRestless means that something was still going on when the time was over.
var ErrRestless = errors.New("not everything came to rest in time")

// Calm ends all misbehaviour and waits until every process works.
func (d *Drive) Calm(ctx context.Context) error {
	struck, err := d.Target.Calm(ctx)
	if err != nil {
		return err
	}
	d.mu.Lock()
	for kind, n := range struck {
		d.faults["accounting system: "+kind] += n
	}
	d.mu.Unlock()
	d.World.Recorder.Calm()
	for _, lines := range []map[string]*world.Line{d.World.ServiceTrade, d.World.Books, d.World.NATS} {
		for _, l := range lines {
			if err := l.Restore(); err != nil {
				return err
			}
		}
	}
	return errors.Join(d.World.AwaitNodes(ctx), d.World.AwaitProcesses(ctx))
}

// unfinished is what still goes on.
type unfinished struct {
	pending int
	states  map[string]int
	held    map[int64]*tradepostv1.Record
	busy    uint64
	last    time.Time
}

func (u unfinished) quiet() bool {
	return u.pending <= len(u.held) && len(u.states) == 0 && u.busy == 0 && time.Since(u.last) > rest
}

func (u unfinished) String() string {
	return fmt.Sprintf("%d invoices pending, records %v, %d held, %d messages to handle, last write %s ago",
		u.pending, u.states, len(u.held), u.busy, time.Since(u.last).Round(time.Second))
}

// AwaitQuiet waits until nothing is under way any more. What is held for an operator
// is released once, as one would.
func (d *Drive) AwaitQuiet(ctx context.Context, within time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	released := map[int64]bool{}
	var u unfinished
	for n := 0; ; n++ {
		// A node may fall ill later than when it was started.
		if err := d.World.AwaitNodes(ctx); err != nil {
			return err
		}
		now, err := d.unfinished(ctx)
		if err == nil {
			u = now
			if fresh := d.release(ctx, u.held, released); fresh == 0 && u.quiet() {
				done, err := d.catchUp(ctx)
				if err != nil || done == 0 {
					return err
				}
			}
		}
		if n%5 == 0 {
			d.Log.Info("waiting for quiet", "left", u.String(), "err", err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %s", ErrRestless, u)
		case <-time.After(lookEvery):
		}
	}
}

func (d *Drive) unfinished(ctx context.Context) (unfinished, error) {
	u := unfinished{states: map[string]int{}, held: map[int64]*tradepostv1.Record{}, last: d.World.Recorder.LastWrite()}
	rows, err := d.World.Control.Invoices(ctx, "pending_accounting")
	if err != nil {
		return u, err
	}
	u.pending = len(rows)
	store, err := record.Open(ctx, d.World.JS)
	if err != nil {
		return u, err
	}
	err = store.Each(ctx, func(e record.Entry) error {
		switch e.State() {
		case record.Closed:
		case record.Held:
			u.held[e.Key.InvoiceID] = e.Record
		default:
			u.states[record.StateName(e.State())]++
		}
		return nil
	})
	if err != nil {
		return u, err
	}
	if u.busy, err = d.busy(ctx); err != nil {
		return u, err
	}
	events, err := d.Target.Events(ctx)
	if len(events) > 0 && events[len(events)-1].At.After(u.last) {
		u.last = events[len(events)-1].At
	}
	return u, err
}

// busy counts the messages that the stages still have to handle.
func (d *Drive) busy(ctx context.Context) (uint64, error) {
	var n uint64
	for stream, durable := range map[string]string{
		bus.StreamReceived: "transform", bus.StreamReady: "deliver-" + world.Connection, bus.StreamOutcome: "reconcile-" + world.Connection,
		bus.StreamCommand: "ingest-command",
	} {
		c, err := d.World.JS.Consumer(ctx, stream, durable)
		if err != nil {
			return 0, fmt.Errorf("look at consumer %s: %w", durable, err)
		}
		n += c.CachedInfo().NumPending + uint64(c.CachedInfo().NumAckPending)
	}
	return n, nil
}

// release has every held invoice tried again, once, and tells how many it were.
func (d *Drive) release(ctx context.Context, held map[int64]*tradepostv1.Record, released map[int64]bool) int {
	fresh := 0
	for id, r := range held {
		if released[id] {
			continue
		}
		released[id] = true
		fresh++
		d.Log.Warn("held for an operator, who retries it", "invoice", id, "reason", r.GetHeldReason())
		d.count("held, and released by the operator")
		if d.order(ctx, id, r) != nil {
			released[id] = false
		}
	}
	return fresh
}

// Facts puts together what both oracles saw.
func (d *Drive) Facts(ctx context.Context) (judge.Facts, error) {
	rows, err := d.World.Control.Invoices(ctx, "")
	if err != nil {
		return judge.Facts{}, err
	}
	final := map[int64]world.Row{}
	for _, r := range rows {
		final[r.ID] = r
	}
	calls := map[int64][]world.Call{}
	for _, c := range d.World.Recorder.Calls() {
		calls[c.Invoice] = append(calls[c.Invoice], c)
	}
	books := map[string][]target.Event{}
	events, err := d.Target.Events(ctx)
	if err != nil {
		return judge.Facts{}, err
	}
	for _, e := range events {
		books[e.Marker] = append(books[e.Marker], e)
	}
	u, err := d.unfinished(ctx)
	if err != nil {
		d.Log.Warn("the records cannot be read: what is held counts as lost", "err", err)
	}
	live, err := d.Target.Totals(ctx)
	if err != nil {
		return judge.Facts{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, inv := range d.invoices {
		inv.Final, inv.Calls, inv.Books, inv.Live = final[inv.ID], calls[inv.ID], books[inv.Marker], live[inv.Marker]
		inv.Waits = u.held[inv.ID].GetHeldReason()
		delete(live, inv.Marker)
	}
	return judge.Facts{Invoices: d.invoices, Losses: d.losses, Cleared: d.cleared, Strays: slices.Sorted(maps.Keys(live))}, nil
}

// Counts are what was done, by kind.
func (d *Drive) Counts() (faults map[string]int, done []Struck, skipped int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.faults), append([]Struck(nil), d.done...), d.skipped
}
