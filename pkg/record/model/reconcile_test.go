package model

import (
	"errors"
	"time"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/record"
)

const (
	unsettledAge  = 3 * time.Minute
	writeSettling = time.Minute
	earlyTries    = 4
)

// turn is one attempt to settle.
type turn struct {
	*worker
	e     record.Entry
	owner string
}

func (w *worker) reconcile(m *message) verdict {
	e, current, v := w.admit(m)
	if !current {
		return v
	}
	switch e.State() {
	case record.Outcome, record.Settling:
	case record.Held:
		return done
	default:
		if m.delivered < earlyTries {
			return again(500 * time.Millisecond)
		}
		return done
	}
	if m.outcome != e.Record.GetOutcome().GetHash() {
		return done
	}
	return w.settle(e)
}

// sweepOutcome settles what nobody settled for long.
func (w *worker) sweepOutcome() {
	e, err := w.get()
	if err != nil || e.State() != record.Outcome && e.State() != record.Settling || time.Since(e.At) < unsettledAge {
		return
	}
	w.settle(e)
}

func (w *worker) settle(e record.Entry) verdict {
	if left := w.takeOverIn(e); left > 0 {
		return again(left)
	}
	t := &turn{worker: w, e: e, owner: w.name}
	t.fence = record.NewFence(claimSettle)
	if err := t.move("settle", record.Settle(record.Claiming{Owner: t.owner, Lasts: claimSettle})); err != nil {
		return failed(err)
	}
	settlement, err := t.write()
	if errors.Is(err, errGone) {
		return failed(t.move("close", record.CloseGone(t.owner, time.Now())))
	}
	if err != nil {
		return t.later(err)
	}
	return failed(t.move("close", record.Close(t.owner, settlement, time.Now())))
}

func (t *turn) move(what string, step record.Transition) error {
	next, err := t.change(t.e, what, step)
	if errors.Is(err, record.ErrConflict) {
		return errRace
	}
	if err == nil {
		t.e = next
	}
	return err
}

func (t *turn) later(cause error) verdict {
	waits := record.Waits{Until: time.Now().Add(time.Second)}
	give := record.Unsettle(t.owner, waits)
	wait := time.Second
	if errors.Is(cause, errDoubt) && t.world.mutant != earlySecondLook {
		give, wait = record.DoubtWrite(t.owner, writeSettling, waits), writeSettling
	}
	if err := t.move("give back", give); err != nil {
		return failed(err)
	}
	return again(wait)
}

// write reads the invoice and writes what the outcome wants, if a user did not move
// or change it.
func (t *turn) write() (tradepostv1.Settlement, error) {
	inv, err := t.look()
	if err != nil {
		return 0, err
	}
	switch step := t.decide(inv); step {
	case processed:
		return t.writes(processed, settledProcessed, inv)
	case rejected:
		if t.world.mutant == omitComment {
			return t.writes(rejected, settledFailed, inv)
		}
		if err := t.comment(t.marker("faults")); err != nil {
			return 0, err
		}
		return t.fails(inv)
	case "is processed":
		return settledProcessed, nil
	case "is failed":
		return settledFailed, t.comment(t.marker("faults"))
	case "superseded":
		return settledReplaced, nil
	default:
		if record.Live(t.e.Record, invoiceKind) == nil {
			return settledWithdrawn, nil
		}
		return settledWithdrawn, t.comment(t.marker("withdrawn " + inv.status))
	}
}

// fails writes failed, once the comment is there. The comment took its time: a user may
// have moved or changed the invoice meanwhile.
func (t *turn) fails(inv seen) (tradepostv1.Settlement, error) {
	var err error
	if t.world.mutant != omitSecondRead {
		if inv, err = t.look(); err != nil {
			return 0, err
		}
	}
	switch t.decide(inv) {
	case rejected:
		return t.writes(rejected, settledFailed, inv)
	case "is failed":
		return settledFailed, nil
	case "superseded":
		return settledReplaced, nil
	}
	return settledWithdrawn, nil
}

func (t *turn) look() (seen, error) {
	if t.world.mutant == omitRead {
		return seen{status: pending, content: contentOf(t.e.Record), hand: -1}, nil
	}
	return t.readInvoice()
}

func (t *turn) writes(status string, s tradepostv1.Settlement, inv seen) (tradepostv1.Settlement, error) {
	marker := ""
	if status == rejected {
		marker = t.marker("faults")
	}
	after, answered := t.put(status, inv, t.e.Record, marker)
	switch {
	case !answered && t.fence.Left() <= 0:
		return 0, errFenced
	case !answered:
		return 0, errDoubt
	case after != status:
		return settledWithdrawn, nil
	}
	return s, nil
}

// decide is settle.decide.
func (t *turn) decide(inv seen) string {
	r := t.e.Record
	kind := r.GetOutcome().GetKind()
	switch {
	case kind == outcomePosted && inv.status == processed:
		return "is processed"
	case inv.status != pending && inv.status != rejected,
		inv.status == rejected && r.GetStartStatus() != rejected && kind != outcomeRejected:
		return "withdrawn"
	case hashOf(inv.content) != r.GetSnapshotHash():
		return "superseded"
	case kind == outcomePosted:
		return processed
	case kind == outcomeRejected && inv.status == rejected:
		return "is failed"
	case kind == outcomeRejected:
		return rejected
	case kind == outcomeReplaced:
		return "superseded"
	default:
		return "withdrawn"
	}
}
