// Package census counts the sends that are not finished, and how old the oldest are.
// One replica does it on a schedule, in one pass over the records, however many
// replicas there are and however often they are asked for their metrics.
package census

import (
	"context"
	"log/slog"
	"time"

	"github.com/tradepost/tradepost/pkg/record"
)

const (
	// leaseName is the key of the lease in the bucket of the records.
	leaseName = "census"
	// Every is the pause between two passes. After a pass that took long it is
	// longer, so that counting takes a twentieth of the time at the most.
	Every    = time.Minute
	maxShare = 20
	// missed is how many passes the owner may miss before another replica takes over.
	missed = 3
)

// Census counts for one process.
type Census struct {
	Store *record.Store
	// Owner is unique to this process.
	Owner   string
	Metrics *Metrics
	Log     *slog.Logger
	// Serves tells whether the configuration in force has the connection, and it is
	// enabled. The unfinished sends of others wait, which is told; nil: nothing is.
	Serves func(connection string) bool

	told map[string]int // sends that wait, by connection that is not served
}

// Run counts until ctx ends, at once for the first time. A replica that does not
// have the lease shows nothing.
func (c *Census) Run(ctx context.Context) error {
	defer c.Metrics.clear()
	for pause := Every; ; {
		pause = c.once(ctx, pause)
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}

// once makes a pass if it is this replica's turn, and returns the next pause.
func (c *Census) once(ctx context.Context, pause time.Duration) time.Duration {
	mine, err := c.Store.Lease(ctx, leaseName, c.Owner, missed*pause)
	if err != nil || !mine {
		c.Metrics.clear()
		c.trouble(ctx, err)
		return Every
	}
	began := time.Now()
	counted, err := c.count(ctx)
	if err != nil {
		c.trouble(ctx, err)
		return pause
	}
	c.Metrics.show(counted, time.Now())
	c.tellWaiting(ctx, counted)
	return max(Every, maxShare*time.Since(began))
}

// tellWaiting warns of sends whose connection is not served, whenever their number
// is another than before.
func (c *Census) tellWaiting(ctx context.Context, counted map[group]tally) {
	waiting := map[string]int{}
	for g, t := range counted {
		if c.Serves != nil && !c.Serves(g.connection) {
			waiting[g.connection] += t.sends
		}
	}
	for connection, sends := range waiting {
		if c.told[connection] != sends {
			c.Log.WarnContext(ctx, "invoices wait: their connection was removed from the configuration, or disabled; they go on when it is back",
				"connection", connection, "invoices", sends)
		}
	}
	c.told = waiting
}

func (c *Census) trouble(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		c.Log.WarnContext(ctx, "the unfinished sends could not be counted", "err", err)
	}
}

// group is what the metrics tell apart.
type group struct{ connection, state string }

// tally is what is known of a group.
type tally struct {
	sends  int
	oldest time.Time
}

func (c *Census) count(ctx context.Context) (map[group]tally, error) {
	counted := map[group]tally{}
	err := c.Store.Each(ctx, func(e record.Entry) error {
		if e.State() == record.Closed {
			return nil
		}
		g := group{e.Record.GetConnection(), record.StateName(e.State())}
		t := counted[g]
		t.sends++
		if opened := e.Record.GetOpenedAt().AsTime(); t.oldest.IsZero() || opened.Before(t.oldest) {
			t.oldest = opened
		}
		counted[g] = t
		return nil
	})
	return counted, err
}
