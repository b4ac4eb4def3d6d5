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
)

// recoverAge is the age from which a claim or an unresolved attempt counts as left
// alone: its message would have come again long ago.
const recoverAge = 15 * time.Minute

// errCannotLook means that the accounting system answers, but did not look for the
// document of this one invoice.
var errCannotLook = errors.New("the accounting system did not let the document be looked for")

// Recover ends the doubt about an attempt whose message is gone for good (a lost
// stream, a dead letter). It looks, writes down what exists, and gives the send
// back as open; ingest then publishes it again with what ServiceTrade shows. A claim
// that is over is given back also when nothing is in doubt any more: as long as it
// stands, transform may not reject the send, and nobody else would end it.
func (p *Poster) Recover(ctx context.Context, e record.Entry) error {
	doubtful := e.Record.GetUnresolved() != nil
	if time.Since(e.At) < recoverAge || p.foreign(ctx, e) {
		return nil
	}
	switch e.State() {
	case record.Claimed:
	case record.Opening, record.Opened:
		if !doubtful {
			return nil
		}
	default:
		return nil
	}
	if left, err := p.Gate.Store.TakeOverIn(ctx, e); err != nil || left > 0 {
		return err
	}
	subject := bus.Subject{Stage: bus.StageReady, Connection: p.Connection, InvoiceID: e.Key.InvoiceID}
	t, err := p.newTry(bus.Message{Subject: subject}, e, &tradepostv1.InvoiceReady{
		Send: e.Record.GetSend(), SnapshotHash: e.Record.GetSnapshotHash(), HashVersion: e.Record.GetHashVersion(),
	})
	if err != nil {
		return err
	}
	if err := t.lookOnly(ctx); err != nil {
		if _, waits := bus.RetryDelay(err); waits {
			return nil // Another worker is at it.
		}
		if errors.Is(err, errCannotLook) || errors.Is(err, record.ErrIllegal) {
			// Trouble of this invoice alone: the others of the connection go on.
			t.log.WarnContext(ctx, "an attempt whose message is lost is still in doubt", "err", err)
			return nil
		}
		return err
	}
	t.log.WarnContext(ctx, "an attempt whose message is lost was resolved", "documents", len(t.entry.Record.GetDocuments()))
	return nil
}

// foreign tells whether the record is of an invoice of another account: its connection
// was given to this one meanwhile. The books are not looked at with the wrong marker.
func (p *Poster) foreign(ctx context.Context, e record.Entry) bool {
	if e.Key.Account == p.Account {
		return false
	}
	p.Log.WarnContext(ctx, "a send waits: its connection belongs to another account now; give the connection back to its account",
		"connection", p.Connection, "invoice", e.Key.InvoiceID, "account", e.Key.Account, "now", p.Account)
	return true
}

func (t *try) lookOnly(ctx context.Context) error {
	c := t.claiming()
	t.doubtful = t.entry.Record.GetUnresolved() != nil
	t.fence = record.NewFence(c.Lasts)
	if err := t.change(ctx, record.Claim(c, nil)); err != nil {
		return err
	}
	limited, cancel := context.WithDeadline(ctx, t.fence.Deadline())
	defer cancel()
	outcome, err := t.resolve(connector.WithFence(limited, t.checkFence))
	ctx = context.WithoutCancel(ctx)
	if errors.Is(err, errBlind) {
		return t.holdBlind(ctx)
	}
	if err != nil {
		return err
	}
	if h := outcome.GetHanded(); h != nil {
		return t.change(ctx, record.Hand(t.owner, h.GetToken()))
	}
	if outcome != nil {
		waits := record.Waits{Until: time.Now().Add(recoverAge), Reason: outcome.GetWait().GetReason(), Since: time.Now()}
		if err := t.change(ctx, record.Doubt(t.owner, waits)); err != nil {
			return err
		}
		return whyNotAsked(outcome.GetWait())
	}
	return t.change(ctx, record.Release(t.owner, record.Waits{Until: time.Now(), Reason: "message_lost"}))
}

// whyNotAsked tells an accounting system that is away, which ends the sweep of its
// connection, from one that would not look for this document only.
func whyNotAsked(w *tradepostv1.Wait) error {
	if w.GetScope() == tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION || w.GetReason() == connector.ReasonUnreachable {
		return errors.New("the accounting system could not be asked: " + w.GetMessage())
	}
	return fmt.Errorf("%w (%s): %s", errCannotLook, w.GetReason(), w.GetMessage())
}
