package model

import (
	"errors"
	"time"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/record"
)

const (
	openingAge = 30 * time.Second
	stuckAge   = 15 * time.Minute
)

// poll is ingest's look at the list of what is pending.
func (w *worker) poll() {
	w.pause("list what is pending")
	if w.world.st.status == pending && !w.world.st.gone {
		w.pending()
	}
}

func (w *worker) pending() {
	e, err := w.get()
	if err != nil {
		return
	}
	if e.Record == nil || e.State() == record.Closed {
		w.open(e, pending)
		return
	}
	w.heal(e)
}

// sweep is ingest's look through the records.
func (w *worker) sweep() {
	if e, err := w.get(); err == nil && e.Record != nil && e.State() != record.Closed {
		w.heal(e)
	}
}

func (w *worker) heal(e record.Entry) {
	if w.world.mutant == omitHeal {
		return
	}
	age, stuck := time.Since(e.At), stuckAge<<min(e.Record.GetRepublished(), 5)
	switch e.State() {
	case record.Opening:
		if age > openingAge {
			w.again(e)
		}
	case record.Opened, record.Claimed:
		if age > stuck {
			w.again(e)
		}
	case record.Parked:
		if time.Since(e.Record.GetWaiting().GetUntil().AsTime()) > stuck {
			w.again(e)
		}
	}
}

func (w *worker) open(e record.Entry, status string) {
	inv, err := w.readInvoice()
	if err != nil || inv.status != status || status != pending && hashOf(inv.content) != e.Record.GetSnapshotHash() {
		return
	}
	next, err := w.change(e, "open a send", record.OpenSend(record.Opens{
		Key: theKey, Connection: "acme-books", SnapshotHash: hashOf(inv.content), HashVersion: 1,
		StartStatus: status, Total: "1.00", Retry: status != pending, Now: time.Now(),
	}))
	if err == nil {
		w.announce(next, inv)
	}
}

func (w *worker) announce(e record.Entry, inv seen) {
	w.publish(message{
		to: transform, send: e.Record.GetSend(), snapshot: e.Record.GetSnapshotHash(), content: inv.content, takenAt: inv.at,
	})
	if e.State() == record.Opening {
		_, _ = w.change(e, "mark as open", record.MarkOpened()) // the next stage may be faster
	}
}

// again publishes a send that made no progress.
func (w *worker) again(e record.Entry) {
	inv, err := w.readInvoice()
	if errors.Is(err, errGone) && w.world.mutant != omitWithdraw {
		o := &tradepostv1.RecordedOutcome{Kind: outcomeWithdrawn, Hash: "deleted", Stage: record.StageIngest}
		_, _ = w.change(e, "withdraw", record.Withdraw(o)) // what is in doubt ends first
	}
	if err != nil {
		return
	}
	if inv.status != pending && inv.status != e.Record.GetStartStatus() {
		inv.at = time.Time{} // Nobody posts it without asking.
	}
	changed := hashOf(inv.content) != e.Record.GetSnapshotHash()
	if changed && (e.State() == record.Claimed || e.Record.GetUnresolved() != nil) {
		return
	}
	if next, err := w.change(e, "publish again", record.Reopen(hashOf(inv.content), 1, "1.00")); err == nil {
		w.announce(next, inv)
	}
}

// command carries out an operator's retry.
func (w *worker) command(m *message) verdict {
	e, err := w.get()
	if err != nil {
		return failed(err)
	}
	if e.State() == record.Opening && e.Record.GetSend() == m.follows+1 && e.Record.GetStartStatus() == rejected {
		w.again(e)
		return done
	}
	if e.Record.GetSend() != m.follows {
		return done
	}
	if m.command == notMade {
		return w.notMade(e)
	}
	return w.retry(e)
}

func (w *worker) retry(e record.Entry) verdict {
	switch e.State() {
	case record.Held:
		next, err := w.change(e, "release", record.Unhold())
		if errors.Is(err, record.ErrConflict) {
			return again(0)
		}
		if err != nil || next.State() == record.Outcome {
			return failed(err)
		}
		w.again(next)
	case record.Opening, record.Opened, record.Claimed, record.Parked:
		w.again(e)
	case record.Closed:
		if e.Record.GetSettlement() == settledFailed {
			w.open(e, rejected)
			w.pending()
		}
	}
	return done
}
