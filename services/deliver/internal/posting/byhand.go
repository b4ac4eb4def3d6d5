package posting

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/invoice"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/stage"
	"github.com/tradepost/tradepost/services/deliver/internal/attempts"
)

// notConfirmed is the cause of a dead letter: the accounting system does not bear out
// what the operator says.
const notConfirmed = "command.not_confirmed"

// byHandTime is how old a command may be while the accounting system cannot be asked.
const byHandTime = 2 * time.Minute

// errVoidByHand: a document that a person made has no marker, so that nothing proves
// which invoice it takes back.
var errVoidByHand = errors.New("the invoice is void in ServiceTrade: nothing is to be posted for it. " +
	"Take what was posted out of the books, and try the send again; it then ends by itself")

// Asking is what a command wants of deliver.
type Asking int

// What deliver may be asked for.
const (
	// AsksNothing is a command for ingest alone.
	AsksNothing Asking = iota
	// AsksByHand is one to settle a send by hand.
	AsksByHand
	// AsksRefresh is one to look now: at what was handed over.
	AsksRefresh
)

// Asks tells what a command wants of deliver. What cannot be read asks for nothing:
// ingest reads every command, and buries it.
func Asks(m bus.Message) Asking {
	c := &tradepostv1.InvoiceCommand{}
	switch {
	case bus.Decode(m, c) != nil:
		return AsksNothing
	case c.GetSettleByHand() != nil:
		return AsksByHand
	case c.GetRefresh() != nil:
		return AsksRefresh
	}
	return AsksNothing
}

// Command carries out an operator's wish to settle a send by hand: the accounting
// system is asked for the document that he names, and only what it confirms, with
// ServiceTrade's total, is believed. A command that follows another send than the
// latest changes nothing.
func (p *Poster) Command(ctx context.Context, m bus.Message) error {
	c := &tradepostv1.InvoiceCommand{}
	if err := bus.Decode(m, c); err != nil {
		return err
	}
	e, err := p.Gate.Store.Get(ctx, record.Key{Account: p.Account, InvoiceID: m.Subject.InvoiceID})
	if err != nil {
		return err
	}
	log := p.Log.With("connection", p.Connection, "invoice", m.Subject.InvoiceID, "follows_send", c.GetFollowsSend(), "by", c.GetBy())
	if e.Record.GetSend() != c.GetFollowsSend() || e.Record.GetConnection() != p.Connection {
		log.InfoContext(ctx, "settling by hand ignored: another send was opened since", "send", e.Record.GetSend())
		return nil
	}
	switch e.State() {
	case record.Held, record.Handed:
		if record.OfVoid(e.Record) {
			return bus.Poison(notConfirmed, errVoidByHand)
		}
	case record.Outcome:
		return p.tellAgain(ctx, m, e.Record)
	case record.Closed, record.Settling:
		return nil
	default:
		return bus.Poison(notConfirmed, fmt.Errorf("the send is %s, and goes on by itself; only what is held or handed over can be settled by hand", record.StateName(e.State())))
	}
	// A worker whose send was held under it may still be calling.
	left, err := p.Gate.Store.TakeOverIn(ctx, e)
	if err != nil {
		return err
	}
	if e.Record.GetClaim() != nil && left > 0 {
		return bus.RetryAfter(left, errClaimed)
	}
	found, err := p.confirmed(ctx, m, e.Record, c.GetSettleByHand())
	if err != nil {
		return err
	}
	if err := p.ownsNone(ctx, e.Key, found); err != nil {
		return err
	}
	log.InfoContext(ctx, "settled by hand", "document", found.ID, "number", found.Number, "reason", c.GetReason())
	return p.settleByHand(ctx, m, e, found)
}

// tellAgain serves a command that was carried out, perhaps, and not told.
func (p *Poster) tellAgain(ctx context.Context, m bus.Message, r *tradepostv1.Record) error {
	have := r.GetOutcome()
	if have.GetKind() != tradepostv1.OutcomeKind_OUTCOME_KIND_POSTED {
		return nil
	}
	return p.Gate.SendOutcome(ctx, m.Subject, r.GetSend(), r.GetSnapshotHash(), fromRecord(have), have.GetHash())
}

// confirmed finds the document. Nothing else of the invoice may stand in the books,
// whatever its kind: there would be two of it, or the other half of a split.
func (p *Poster) confirmed(ctx context.Context, m bus.Message, r *tradepostv1.Record, s *tradepostv1.SettleByHand) (connector.Found, error) {
	kind := kindOf(r, s)
	t := &try{Poster: p, m: m}
	ctx = attempts.With(ctx, attempts.Info{InvoiceID: m.Subject.InvoiceID, Send: r.GetSend(), SnapshotHash: r.GetSnapshotHash(), Attempt: r.GetAttempts()})
	found, outcome, err := t.findAll(ctx, kind, s.GetDocumentId())
	if err != nil {
		return connector.Found{}, err
	}
	if outcome != nil {
		return connector.Found{}, cannotAsk(m, outcome.GetWait().GetMessage())
	}
	if err := confirms(found, kind, s.GetDocumentId(), r.GetTotal()); err != nil {
		return connector.Found{}, bus.Poison(notConfirmed, err)
	}
	return found[0], nil
}

// findAll finds the document with that id, and every other one of the invoice: those of
// a split, and those that take them back, have markers of their own.
func (t *try) findAll(ctx context.Context, kind tradepostv1.DocumentKind, id string) ([]connector.Found, *tradepostv1.Outcome, error) {
	var all []connector.Found
	for i, marker := range invoice.Markers(t.Account, t.m.Subject.InvoiceID) {
		q := connector.Query{Kind: kind, Marker: marker}
		if i == 0 {
			q.ID = id
		}
		found, outcome, err := t.find(ctx, q)
		if outcome != nil || err != nil {
			return nil, outcome, err
		}
		before := all
		for _, f := range found {
			known := func(g connector.Found) bool { return g.ID == f.ID && g.Kind == f.Kind }
			if !slices.ContainsFunc(before, known) {
				all = append(all, f)
			}
		}
	}
	return all, nil, nil
}

// confirms tells why what was found does not bear out that the named document is all
// that the books have of the invoice, of its kind and with its total; nil when it does.
func confirms(found []connector.Found, kind tradepostv1.DocumentKind, id, total string) error {
	switch {
	case len(found) == 0:
		return fmt.Errorf("the accounting system has no %s %q", strings.ToLower(kindName(kind)), id)
	case len(found) > 1:
		return fmt.Errorf("the accounting system has %d documents of this invoice: %s", len(found), names(found))
	case found[0].ID != id:
		return fmt.Errorf("the accounting system has %q for this invoice, and not %q", found[0].ID, id)
	case found[0].Kind == tradepostv1.DocumentKind_DOCUMENT_KIND_UNSPECIFIED:
		return fmt.Errorf("the accounting system does not show of document %q whether it is an invoice or a credit memo", id)
	case found[0].Kind != kind:
		return fmt.Errorf("document %q is of kind %s, and by ServiceTrade's total of %s it has to be of kind %s",
			id, strings.ToLower(kindName(found[0].Kind)), total, strings.ToLower(kindName(kind)))
	case !sameAmount(signed(found[0].Kind, found[0].Total), total):
		return fmt.Errorf("document %q is of %s, and ServiceTrade's total is %s", id, signed(found[0].Kind, found[0].Total), total)
	}
	return nil
}

// cannotAsk lets the command wait a little: it holds one of few slots that all
// connections share, and the operator is there to send it again.
func cannotAsk(m bus.Message, why string) error {
	if time.Since(m.Published) < byHandTime {
		return bus.RetryAfter(min(bus.Backoff(m.Delivered), byHandTime/4), errors.New("the accounting system cannot be asked: "+why))
	}
	return bus.Poison(notConfirmed, errors.New("the accounting system cannot be asked (send the command again when it can): "+why))
}

// ownsNone refuses a document that another invoice has: one id typed wrong, and two
// invoices would count as posted with one document. It looks through all records, which
// is dear and rare.
func (p *Poster) ownsNone(ctx context.Context, k record.Key, f connector.Found) error {
	return p.Gate.Store.Each(ctx, func(other record.Entry) error {
		if other.Key == k {
			return nil
		}
		for _, d := range other.Record.GetDocuments() {
			if d.GetConnection() == p.Connection && d.GetId() == f.ID && d.GetKind() == f.Kind && !d.GetGone() {
				return bus.Poison(notConfirmed, fmt.Errorf("document %q is that of invoice %d", f.ID, other.Key.InvoiceID))
			}
		}
		return nil
	})
}

// kindOf is the kind that the operator names, or that the total's sign tells.
func kindOf(r *tradepostv1.Record, s *tradepostv1.SettleByHand) tradepostv1.DocumentKind {
	if k := s.GetKind(); k != tradepostv1.DocumentKind_DOCUMENT_KIND_UNSPECIFIED {
		return k
	}
	if total, err := decimal.NewFromString(r.GetTotal()); err == nil && total.IsNegative() {
		return tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO
	}
	return tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE
}

// settleByHand writes the outcome into the record, and only then tells reconcile. The
// document's hash stays unknown: we were not the last to write it, and never update it.
func (p *Poster) settleByHand(ctx context.Context, m bus.Message, e record.Entry, f connector.Found) error {
	o := &tradepostv1.Outcome{Result: &tradepostv1.Outcome_Posted{Posted: &tradepostv1.Posted{
		Documents: []*tradepostv1.PostedDocument{{
			Kind: f.Kind, Id: f.ID, Number: f.Number, Version: f.Version, Total: f.Total, Adopted: true, Url: f.URL,
		}},
	}}}
	hash, err := stage.OutcomeHash(o)
	if err != nil {
		return err
	}
	ref := &tradepostv1.DocumentRef{
		Kind: f.Kind, Connection: p.Connection, Id: f.ID, Number: f.Number, Total: f.Total,
		Generation: record.Generation(e.Record, f.Kind), Send: e.Record.GetSend(), PostedOn: f.IssueDate,
		SnapshotHash: e.Record.GetSnapshotHash(),
	}
	_, err = p.Gate.Store.Change(ctx, e, record.SettleByHand(stage.Recorded(record.StageDeliver, o, hash), ref))
	switch {
	case errors.Is(err, record.ErrConflict):
		return bus.RetryAfter(0, err)
	case errors.Is(err, record.ErrIllegal):
		return bus.Poison(notConfirmed, err)
	case err != nil:
		return err
	}
	return p.Gate.SendOutcome(ctx, m.Subject, e.Record.GetSend(), e.Record.GetSnapshotHash(), o, hash)
}
