package settle

import (
	"context"
	"errors"
	"time"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/servicetrade"
)

// stuckAge is the age from which an outcome that nobody settles is taken up by the
// sweep: its message was lost, or was published by hand and thrown away.
const stuckAge = 3 * time.Minute

// LastOutcome fetches the last outcome message of an invoice, or nil.
type LastOutcome func(ctx context.Context, s bus.Subject) (*tradepostv1.InvoiceOutcome, error)

// Sweep settles what e's record holds, if nobody did for long. The texts come from
// the stream where they still are, else from the codes in the record.
func (s *Settler) Sweep(ctx context.Context, e record.Entry, now time.Time, last LastOutcome) error {
	switch e.State() {
	case record.Outcome, record.Settling:
	default:
		return nil
	}
	if now.Sub(e.At) < stuckAge || s.foreign(ctx, e) {
		return nil
	}
	subject := bus.Subject{Stage: bus.StageOutcome, Connection: s.Connection, InvoiceID: e.Key.InvoiceID}
	o, err := last(ctx, subject)
	if err != nil {
		return err
	}
	texts := &tradepostv1.Outcome{}
	if o != nil && o.GetSend() == e.Record.GetSend() && holds(e.Record, o) {
		texts = textsOf(e.Record, o)
	}
	s.Log.WarnContext(ctx, "an outcome was not settled; settling it now", "invoice", e.Key.InvoiceID,
		"send", e.Record.GetSend(), "since", e.At, "texts_found", texts.GetResult() != nil)
	err = s.Settle(ctx, e, texts, 1)
	if servicetrade.IsInvalid(err) || errors.Is(err, errSettling) || errors.Is(err, errRace) {
		// Trouble of this invoice alone: the others of the connection go on.
		s.Log.WarnContext(ctx, "an outcome still is not settled", "invoice", e.Key.InvoiceID, "err", err)
		return nil
	}
	return err
}

// foreign tells whether the record is of an invoice of another account: its connection
// was given to this one meanwhile. Nobody here can ask that account's ServiceTrade, and
// an invoice of ours may have the same number.
func (s *Settler) foreign(ctx context.Context, e record.Entry) bool {
	if e.Key.Account == s.Account {
		return false
	}
	s.Log.WarnContext(ctx, "a send waits: its connection belongs to another account now; give the connection back to its account",
		"invoice", e.Key.InvoiceID, "account", e.Key.Account, "now", s.Account)
	return true
}
