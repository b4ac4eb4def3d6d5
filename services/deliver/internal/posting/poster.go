// Package posting is the posting protocol: it makes the documents of a send exist
// exactly once in the accounting system, whatever crashes, is redelivered or
// replayed. The steps are in the order of the files that Poster.Handle calls:
// claim.go, resolve.go, wanted.go, retire.go, place.go, conclude.go or wait.go.
// recover.go is for attempts whose message is lost, evidence.go for what was handed over.
package posting

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/stage"
	"github.com/tradepost/tradepost/services/deliver/internal/externalid"
)

// Source reads what ServiceTrade shows now.
type Source interface {
	Invoice(ctx context.Context, id int64) (*tradepostv1.ServiceTradeInvoice, error)
}

// Stored looks into the streams for what was published before.
type Stored interface {
	// Ready fetches the message of an earlier attempt from its place in the stream.
	Ready(ctx context.Context, stream string, sequence uint64) (*tradepostv1.InvoiceReady, error)
	// OutcomePublished tells whether the last outcome of that subject is this one.
	OutcomePublished(ctx context.Context, s bus.Subject, send int64, outcomeHash string) (bool, error)
}

// Poster posts the documents of one connection.
type Poster struct {
	Connection string
	Account    string
	Connector  connector.Connector
	Gate       *stage.Gate
	Source     Source
	Stored     Stored
	// Instance is unique to this process.
	Instance string
	Log      *slog.Logger
	// Trouble is told why the connection as a whole cannot post, and nil as soon as
	// it can again. It may be nil itself.
	Trouble func(error)
	// Customers is told which customers a document was posted to, once the outcome is
	// in the record; it must not wait for anything. nil where nobody wants to know.
	Customers func(context.Context, externalid.Posted)
	// Links tell what ids that were written to ServiceTrade change in a document; nil
	// where the account has no external system.
	Links *Links
	// Pauses stops the connection as a whole; nil makes each invoice wait by itself.
	Pauses Pauses
	// SameBooks makes sure that the accounting system still holds the company that the
	// connection was first used with; company.ErrSwapped when not. nil trusts it.
	SameBooks func(ctx context.Context) error
	// Resend is what becomes of a document that was posted by an earlier send whose
	// content a user changed since: connection.ResendUpdate or ResendReject; "" updates.
	Resend string
	// ClosedThrough is the last day of the closed books, YYYY-MM-DD, by the mapping in
	// force; "" closes none, and so does nil. What counts on such a day is not updated.
	ClosedThrough func() string
	// Epochs keeps what is not found from being made while the records are so new that an
	// attempt of before may not have come to light; nil trusts them.
	Epochs Epochs
	// Splits tells whether the mapping in force divides invoices between an invoice and a
	// credit memo; nil says no.
	Splits func() bool
	// Siblings returns those of the account's other enabled connections that are
	// attached, and the ids of those that are not. nil where there can be none.
	Siblings func() (attached []*Poster, absent []string)
	// Confirmer tells what became of documents that were handed over; nil where the
	// connector cannot, and Find has to show them.
	Confirmer connector.Confirmer
	// Voider makes documents void whose invoice was voided; nil where the connector
	// cannot.
	Voider connector.Voider
	// Checker tells what the accounting system has against a document that is not posted;
	// nil where the connector cannot.
	Checker connector.PreviewChecker

	// checked is when SameBooks last said yes, in Unix nanoseconds; 0 after trouble.
	checked atomic.Int64
}

// Handle takes one invoice.ready message through the protocol. It is safe to be
// called with the same message any number of times, in any number of processes.
func (p *Poster) Handle(ctx context.Context, m bus.Message) error {
	ready := &tradepostv1.InvoiceReady{}
	if err := bus.Decode(m, ready); err != nil {
		return err
	}
	e, current, err := p.Gate.Admit(ctx, m, ready.GetSend(), ready.GetSnapshotHash())
	if err != nil || !current {
		return err
	}
	t, err := p.newTry(m, e, ready)
	if err != nil {
		return err
	}
	switch e.State() {
	case record.Held, record.Handed, record.Settling:
		return nil
	case record.Outcome:
		return t.answerAgain(ctx)
	case record.Parked:
		if until := e.Record.GetWaiting().GetUntil().AsTime(); time.Until(until) > earlyFire {
			// The scheduled message wakes it; this one must not hold a slot until then. One that
			// came after the parking may have been the scheduled one itself, for an earlier time
			// (standAside). Older copies take no later message's place.
			t.log.DebugContext(ctx, "message put off: the send is parked", "until", until)
			if !m.Published.After(e.At) {
				return nil
			}
			return p.Gate.Bus.Schedule(ctx, m.Subject, until, ready)
		}
	case record.Claimed:
		left, err := p.Gate.Store.TakeOverIn(ctx, e)
		if err != nil {
			return err
		}
		if left > 0 {
			return t.standAside(ctx, left)
		}
	}
	return t.claimAndPost(ctx, record.Claim)
}

// claiming is the claim of one attempt's calls.
func (t *try) claiming() record.Claiming {
	d := t.Connector.Describe()
	return record.Claiming{Owner: t.owner, Lasts: d.CallTimeout + claimSlack, Settling: d.SettlingTime}
}
