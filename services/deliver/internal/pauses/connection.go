package pauses

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/pause"
)

// Stop pauses the connection: until a time that the accounting system asked for, or,
// where that is zero, until a probe says that it could post.
func (c *Connection) Stop(ctx context.Context, reason string, until time.Time) error {
	now := time.Now()
	p := &tradepostv1.Pause{By: pause.Deliver, Reason: reason}
	if until.IsZero() {
		p.Probed, until = true, now.Add(probedFor)
	}
	p.Until = timestamppb.New(until)
	return c.set(ctx, p, now)
}

// set writes a pause, and remembers the one that is in force then: it may not be told.
func (c *Connection) set(ctx context.Context, want *tradepostv1.Pause, now time.Time) error {
	after, err := c.keeper.Store.Set(ctx, c.id, want, now)
	if after != nil {
		c.keeper.mu.Lock()
		c.keeper.remember(c.id, after)
		c.keeper.mu.Unlock()
		c.keeper.show(now)
	}
	return err
}

// Works forgets a pause of deliver that is over: its trouble is, too.
func (c *Connection) Works(ctx context.Context) {
	now := time.Now()
	if p := c.pause(); p.GetBy() == pause.Deliver && !pause.InForce(p, now) {
		c.lift(ctx, p, now)
	}
}

// InForce tells whether the connection is paused, whoever did it.
func (c *Connection) InForce() bool { return pause.InForce(c.pause(), time.Now()) }

// Bound puts the connection's pause onto its consumer, which has just been bound and
// may have been made anew. A pause that cannot be put there keeps the consumer unbound:
// nothing is posted that somebody stopped.
func (c *Connection) Bound(ctx context.Context) error {
	return c.keeper.Store.Project(ctx, c.id, time.Now())
}

func (c *Connection) lift(ctx context.Context, own *tradepostv1.Pause, now time.Time) {
	lifted, err := c.keeper.Store.LiftOwn(ctx, c.id, own, now)
	if err != nil {
		c.keeper.Log.WarnContext(ctx, "a pause could not be lifted; it is tried again", "connection", c.id, "err", err)
		return
	}
	if lifted {
		c.keeper.mu.Lock()
		c.keeper.remember(c.id, nil)
		c.keeper.mu.Unlock()
		c.keeper.show(now)
	}
}
