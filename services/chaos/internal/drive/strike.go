package drive

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tradepost/tradepost/pkg/bus"

	"github.com/tradepost/tradepost/services/chaos/internal/plan"
	"github.com/tradepost/tradepost/services/chaos/internal/world"
)

// The delays of slow lines, each way. The accounting system's is well below the
// longest call that the connector declares.
const (
	targetDelay = 800 * time.Millisecond
	stDelay     = 1200 * time.Millisecond
	natsDelay   = 300 * time.Millisecond
)

// strikeAll lets the faults happen in their order. What has to be mended is mended
// beside it; only the cluster is touched by one fault at a time.
func (d *Drive) strikeAll(ctx context.Context) error {
	for _, f := range d.Plan.Faults {
		if err := d.until(ctx, f.At); err != nil {
			return err
		}
		s := Struck{At: time.Now(), Fault: f}
		err := d.strike(ctx, f)
		if s.Ended = time.Now(); err != nil {
			s.Error = err.Error()
		}
		if err != nil && ctx.Err() == nil && f.Kind.ByMessage() {
			// The cluster is in trouble enough already.
			d.Log.Warn("a fault could not be made", "kind", string(f.Kind), "err", err)
			d.count("not made: " + string(f.Kind))
			continue
		}
		d.mu.Lock()
		d.done = append(d.done, s)
		d.mu.Unlock()
		if err != nil {
			return fmt.Errorf("fault %q (%s): %w", f.Kind, f.Who, err)
		}
		d.count(string(f.Kind))
		d.Log.Info("fault", "kind", string(f.Kind), "who", f.Who, "took", s.Ended.Sub(s.At).Round(time.Millisecond).String(),
			"after", time.Since(d.began).Round(time.Second).String())
	}
	return nil
}

func (d *Drive) count(kind string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.faults[kind]++
}

func (d *Drive) strike(ctx context.Context, f plan.Fault) error {
	w := d.World
	switch f.Kind {
	case plan.KillProcess:
		p := w.Process(f.Who)
		p.Kill()
		d.mendAfter(f.Lasts, p.Start)
		return nil
	case plan.Stop:
		resume := w.Process(f.Who).Pause()
		d.mendAfter(d.Target.ClaimTime()+3*time.Second, func() error { resume(); return nil })
		return nil
	case plan.CutServiceTrade, plan.CutTarget, plan.CutNATS:
		line := d.line(f)
		line.Cut()
		d.mendAfter(f.Lasts, line.Restore)
		return nil
	case plan.DelayServiceTrade, plan.DelayTarget, plan.DelayNATS, plan.SwallowNATS:
		return d.slow(f)
	case plan.Replay:
		return d.replay(ctx, f)
	case plan.Redeliver:
		return d.redeliver(ctx, f)
	default:
		return d.strikeStore(ctx, f)
	}
}

// mendAfter mends something after a while, beside everything else.
func (d *Drive) mendAfter(after time.Duration, mend func() error) {
	d.mends.Go(func() {
		time.Sleep(after)
		if err := mend(); err != nil {
			d.Log.Error("what was broken cannot be mended", "err", err)
		}
	})
}

func (d *Drive) line(f plan.Fault) *world.Line {
	switch f.Kind {
	case plan.CutServiceTrade, plan.DelayServiceTrade:
		return d.World.ServiceTrade[f.Who]
	case plan.CutTarget, plan.DelayTarget:
		return d.World.Books[f.Who]
	default:
		return d.World.NATS[f.Who]
	}
}

func (d *Drive) slow(f plan.Fault) error {
	line := d.line(f)
	var err error
	switch f.Kind {
	case plan.DelayServiceTrade:
		err = line.Delay(stDelay)
	case plan.DelayTarget:
		err = line.Delay(targetDelay)
	case plan.DelayNATS:
		err = line.Delay(natsDelay)
	default:
		err = line.Swallow()
	}
	d.mendAfter(f.Lasts, line.Restore)
	return err
}

// strikeStore is what happens to the cluster; the next fault waits until it is whole.
func (d *Drive) strikeStore(ctx context.Context, f plan.Fault) error {
	w := d.World
	switch f.Kind {
	case plan.KillNode:
		n := w.Node(f.Who)
		n.Kill()
		time.Sleep(f.Lasts)
		return errors.Join(n.Start(), w.AwaitNodes(ctx))
	case plan.Backup:
		return d.whileDown(ctx, w.CopyStore)
	case plan.Wipe:
		if err := d.whileDown(ctx, w.WipeStore); err != nil {
			return err
		}
		d.lose()
		return d.apply(ctx)
	case plan.Restore:
		if err := d.whileDown(ctx, w.RestoreStore); err != nil {
			return err
		}
		d.lose()
		return d.apply(ctx)
	case plan.WipeBucket:
		d.lose()
		return errors.Join(w.JS.DeleteKeyValue(ctx, bus.BucketInvoices), d.apply(ctx))
	case plan.WipeStreams:
		var problems error
		for _, c := range bus.Streams(1) {
			if err := w.JS.DeleteStream(ctx, c.Name); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
				problems = errors.Join(problems, fmt.Errorf("delete stream %s: %w", c.Name, err))
			}
		}
		d.mu.Lock()
		d.cleared = append(d.cleared, time.Now())
		d.mu.Unlock()
		return errors.Join(problems, d.apply(ctx))
	default:
		return fmt.Errorf("nobody knows how to do %q", f.Kind)
	}
}

// apply has the operator make what is missing, and sign in where that is.
func (d *Drive) apply(ctx context.Context) error {
	signedIn, err := d.World.Apply(ctx)
	if signedIn {
		d.count("operator signs the connection in again")
	}
	return err
}

func (d *Drive) whileDown(ctx context.Context, do func() error) error {
	d.World.KillNodes()
	return errors.Join(do(), d.World.StartNodes(ctx))
}

// lose notes that the product forgot what it knew.
func (d *Drive) lose() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.losses = append(d.losses, time.Now())
}

func (f picks) n(below uint64) uint64 { return f.r.Uint64N(below) }

// picks are the choices of one fault that depend on what is there.
type picks struct{ r *rand.Rand }

func picksOf(f plan.Fault) picks {
	return picks{rand.New(rand.NewPCG(f.Pick, 1))} //nolint:gosec // a schedule, no secret
}
