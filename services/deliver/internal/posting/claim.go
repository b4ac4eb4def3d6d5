package posting

import (
	"context"
	"errors"
	"fmt"
	"time"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/telemetry"
)

type claimStep func(record.Claiming, *tradepostv1.Unresolved) record.Transition

// claimAndPost takes the claim and goes through the steps of the protocol. What
// they end with is an outcome of the closed set; finish turns it into the record.
func (t *try) claimAndPost(ctx context.Context, claim claimStep) error {
	if err := telemetry.Do(ctx, "claim", func(ctx context.Context) error { return t.claim(ctx, claim) }); err != nil {
		return err
	}
	if n := t.entry.Record.GetAttempts(); n > crashLoop {
		err := fmt.Errorf("%d attempts in a row never came to an end", n)
		if held := t.change(ctx, record.Hold("attempts never end")); held != nil {
			return held
		}
		return bus.Poison("attempts.exhausted", err)
	}
	ctx, cancel := context.WithDeadline(ctx, t.fence.Deadline())
	defer cancel()
	outcome, err := t.steps(connector.WithFence(ctx, t.checkFence))
	if errors.Is(err, errBlind) {
		return t.holdBlind(context.WithoutCancel(ctx))
	}
	if found := asElsewhere(err); found != nil {
		return t.holdElsewhere(context.WithoutCancel(ctx), found)
	}
	if err != nil {
		return err
	}
	// The outcome is written down even when the claim's time is nearly over: a
	// worker that took over meanwhile wins the compare-and-set.
	return t.finish(context.WithoutCancel(ctx), outcome)
}

// holdBlind leaves an attempt in doubt to an operator, since looking never helps.
func (t *try) holdBlind(ctx context.Context) error {
	t.log.ErrorContext(ctx, "the invoice is held for an operator", "reason", errBlind)
	return t.change(ctx, record.Hold(connector.ReasonCannotFind))
}

// steps is the protocol under the claim.
func (t *try) steps(ctx context.Context) (*tradepostv1.Outcome, error) {
	if outcome := t.whenOld(ctx); outcome != nil {
		return outcome, nil
	}
	if outcome, err := t.resolve(ctx); outcome != nil || err != nil {
		return outcome, err
	}
	if outcome, err := t.wanted(ctx, wantedAge); outcome != nil || err != nil {
		return outcome, err
	}
	if t.ready.GetVoiding() != nil {
		return t.void(ctx)
	}
	before := t.retire
	if record.OfVoid(t.entry.Record) {
		before = t.stillThere
	}
	if outcome, err := before(ctx); outcome != nil || err != nil {
		return outcome, err
	}
	for i, one := range t.papers {
		// What exists is written down before the next document is turned to.
		if err := t.noteKept(ctx); err != nil {
			return nil, err
		}
		if outcome, err := t.place(ctx, one); outcome != nil || err != nil {
			return t.withOthers(ctx, outcome, t.papers[i+1:]), err
		}
	}
	return t.allPosted(), nil
}

func (t *try) claim(ctx context.Context, claim claimStep) error {
	c := t.claiming()
	t.doubtful = t.entry.Record.GetUnresolved() != nil
	t.fence = record.NewFence(c.Lasts)
	var first *tradepostv1.Unresolved
	if len(t.papers) > 0 {
		first = t.intends(t.papers[0], "")
	}
	return t.change(ctx, claim(c, first))
}

// renew starts the claim anew before a write that the remaining time is too short
// for, or that is another than the claim was taken for.
func (t *try) renew(ctx context.Context, intends *tradepostv1.Unresolved) (context.Context, context.CancelFunc, error) {
	if err := t.checkFence(); err != nil {
		// What was looked at is too old to act upon, whatever the record says.
		return nil, nil, bus.RetryAfter(100*time.Millisecond, err)
	}
	c := t.claiming()
	fence := record.NewFence(c.Lasts)
	if err := t.change(context.WithoutCancel(ctx), record.Renew(c, intends)); err != nil {
		return nil, nil, err
	}
	t.fence = fence
	ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), fence.Deadline())
	return ctx, cancel, nil
}

func (t *try) checkFence() error {
	if t.fence.Left() <= 0 {
		return connector.ErrFenced
	}
	return nil
}

// callTime is the longest that one call of this connector takes.
func (t *try) callTime() time.Duration { return t.Connector.Describe().CallTimeout }
