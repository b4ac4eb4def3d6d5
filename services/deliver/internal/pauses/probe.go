package pauses

import (
	"context"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/pause"
	"github.com/tradepost/tradepost/pkg/record"
)

// probeAll starts the probes that are due, until ctx ends. An accounting system that
// does not answer holds up its own probe only.
func (k *Keeper) probeAll(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	var probes sync.WaitGroup
	defer probes.Wait()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			now := time.Now()
			k.show(now) // Some are over by themselves.
			for _, c := range k.due(now) {
				probes.Go(func() { c.probeOnce(ctx) })
			}
		}
	}
}

// due takes the connections whose probe it is time for.
func (k *Keeper) due(now time.Time) []*Connection {
	k.mu.Lock()
	defer k.mu.Unlock()
	var all []*Connection
	for id, c := range k.kept {
		if p := k.seen[id]; p.GetBy() == pause.Deliver && p.GetProbed() && pause.InForce(p, now) && c.begin(p, now) {
			all = append(all, c)
		}
	}
	return all
}

// begin marks a probe as begun, if one is due.
func (c *Connection) begin(p *tradepostv1.Pause, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	since := p.GetSince().AsTime()
	before := since
	if c.last.After(since) {
		before = c.last
	}
	if c.probing || now.Sub(before) < gap(now.Sub(since)) {
		return false
	}
	c.probing, c.last = true, now
	return true
}

func gap(lasted time.Duration) time.Duration {
	return min(max(lasted/8, firstProbe), lastProbe)
}

// probeOnce asks the accounting system, if it is this replica's turn: one of them is
// enough. A probe that fails makes the pause longer before it is over.
func (c *Connection) probeOnce(ctx context.Context) {
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.probing = false
	}()
	k := c.keeper
	limited, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	p, same := c.kept(limited)
	if !same {
		return
	}
	mine, err := k.Records.Lease(limited, "probe-"+c.id, k.Owner, 2*lastProbe)
	if err != nil || !mine {
		return
	}
	err = c.probe(limited)
	now := time.Now()
	if ctx.Err() != nil {
		return
	}
	if err == nil {
		c.lift(ctx, p, now)
		return
	}
	k.Log.WarnContext(ctx, "the connection still cannot post", "connection", c.id, "reason", p.GetReason(), "since", p.GetSince().AsTime(), "err", err)
	if left := p.GetUntil().AsTime().Sub(now); left > probedFor/2 || left <= 0 {
		return
	}
	longer := &tradepostv1.Pause{
		By: pause.Deliver, Reason: p.GetReason(), Probed: true,
		Until: timestamppb.New(now.Add(record.Jitter(probedFor, time.Minute))),
	}
	if err := c.set(ctx, longer, now); err != nil {
		k.Log.WarnContext(ctx, "a pause could not be made longer", "connection", c.id, "err", err)
	}
}

// kept is the pause that was seen last, if it still is what the connection's record says.
// Where the store was replaced by an older copy, nobody tells of what it has now: the
// watch goes on behind what it saw of the store before.
func (c *Connection) kept(ctx context.Context) (p *tradepostv1.Pause, same bool) {
	p = c.pause()
	have, err := c.keeper.Store.Get(ctx, c.id)
	if err != nil || c.pause() != p {
		return p, false // Looked at again soon; what the watch saw meanwhile is newer.
	}
	if same = proto.Equal(have, p); !same {
		c.keeper.see(ctx, c.id, have, nil)
	}
	return p, same
}
