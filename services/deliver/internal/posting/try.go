package posting

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/shopspring/decimal"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/canonical"
	"github.com/tradepost/tradepost/pkg/invoice"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/services/deliver/internal/externalid"
)

const (
	// claimSlack is what a claim lasts beyond the longest external call.
	claimSlack = 10 * time.Second
	// earlyFire is how much too early a scheduled message may arrive.
	earlyFire = 2 * time.Second
	// parkFrom is the wait from which a send is parked as a scheduled message, so
	// that it holds none of the connection's slots.
	parkFrom = time.Minute
	// crashLoop is the number of attempts in a row that never ended, after which
	// an operator has to look.
	crashLoop = 25
)

var (
	errClaimed = errors.New("another worker may be calling the accounting system for this invoice")
	errRace    = errors.New("another worker changed the record first")
)

// paper is one document of the send with what identifies it.
type paper struct {
	doc  *tradepostv1.Document
	hash string
	// slot is its place in the record.
	slot record.Slot
	// explanation tells why the document's fields have their values.
	explanation []*tradepostv1.Explanation
}

// try is one attempt to post one send.
type try struct {
	*Poster
	// owner signs the claim of this attempt.
	owner  string
	m      bus.Message
	ready  *tradepostv1.InvoiceReady
	papers []paper
	entry  record.Entry
	fence  record.Fence
	log    *slog.Logger
	// doubtful is set while an earlier attempt may have left something that nobody
	// looked for yet.
	doubtful bool
	// presumes says that the record is not known, and that a hash which still fits what
	// it stands beside was written by us last; only preview does.
	presumes bool
	// asked are the markers that rest asked for.
	asked []string
	// posted collects what is known to exist, one for each paper.
	posted []*tradepostv1.PostedDocument
	refs   []*tradepostv1.DocumentRef
	// numbered is set when the accounting system chose a number.
	numbered bool
	remarks  []*tradepostv1.Fault
	// customers are those of the documents that the connector posted.
	customers []externalid.Posted
}

func (p *Poster) newTry(m bus.Message, e record.Entry, ready *tradepostv1.InvoiceReady) (*try, error) {
	t := &try{
		Poster: p, owner: record.NewOwner(p.Instance), m: m, ready: ready, entry: e,
		log: p.Log.With("connection", p.Connection, "invoice", m.Subject.InvoiceID, "send", ready.GetSend()),
	}
	if err := p.belong(m, e.Record, ready.GetDocuments()); err != nil {
		return nil, bus.Poison("message.wrong_document", err)
	}
	for i, d := range ready.GetDocuments() {
		hash, err := invoice.HashOf(d)
		if err != nil {
			return nil, err
		}
		one := paper{doc: d, hash: hash, slot: slotOf(d)}
		if i < len(ready.GetExplanations()) {
			one.explanation = ready.GetExplanations()[i].GetFields()
		}
		t.papers = append(t.papers, one)
	}
	if err := p.voidsOwn(e.Record, ready.GetVoiding()); err != nil {
		return nil, bus.Poison("message.wrong_document", err)
	}
	if len(t.papers) == 0 {
		return t, nil // A voiding; or Recover, which looks only.
	}
	if record.OfVoid(e.Record) {
		return t, nil // Each has the total of what it takes back; belong saw to it.
	}
	if err := sameTotal(e.Record.GetTotal(), t.papers); err != nil {
		return nil, bus.Poison("message.wrong_total", err)
	}
	return t, nil
}

// sameTotal refuses documents that together are not ServiceTrade's total, as the
// record has it: a message mended by hand may change everything else, but
// processed must never be written for another amount.
func sameTotal(total string, papers []paper) error {
	want, err := decimal.NewFromString(total)
	if err != nil {
		return fmt.Errorf("the record's total %q: %w", total, err)
	}
	docs := make([]*tradepostv1.Document, len(papers))
	for i, one := range papers {
		docs[i] = one.doc
	}
	sum, err := invoice.Sum(docs)
	if err != nil {
		return err
	}
	if !sum.Equal(want) {
		added, told := alike(sum.String(), total)
		return fmt.Errorf("the documents add up to %s, and ServiceTrade's total is %s", added, told)
	}
	return nil
}

// belong refuses documents of another invoice, which would appear where nobody looks for
// them, and any but one of each kind.
func (p *Poster) belong(m bus.Message, r *tradepostv1.Record, docs []*tradepostv1.Document) error {
	if !record.OfVoid(r) {
		if err := invoice.Belong(p.Account, m.Subject.InvoiceID, docs); err != nil {
			return fmt.Errorf("the message on %s: %w", m.Subject, err)
		}
		return nil
	}
	kinds, markers := map[tradepostv1.DocumentKind]bool{}, map[string]bool{}
	for _, d := range docs {
		if err := p.takesBack(m, r, d); err != nil {
			return err
		}
		if kinds[d.GetKind()] || markers[d.GetMarker()] {
			return fmt.Errorf("two documents of %s have one place: each takes another one back, with a marker and a kind of its own", m.Subject)
		}
		kinds[d.GetKind()], markers[d.GetMarker()] = true, true
	}
	return nil
}

// intends is what the attempt may write for a paper, as the record keeps it.
func (t *try) intends(one paper, updatesID string) *tradepostv1.Unresolved {
	return &tradepostv1.Unresolved{
		Kind: one.doc.GetKind(), Reversal: one.slot.Reversal, Marker: one.doc.GetMarker(),
		DocumentHash: one.hash, HashVersion: canonical.HashVersion,
		Generation: one.slot.Generation(t.entry.Record),
		Total:      one.doc.GetTotals().GetTotal(),
		Stream:     t.m.Stream, Sequence: t.m.Sequence, UpdatesId: updatesID,
	}
}

// change moves the record on. A lost race ends the attempt: whoever won it decides.
func (t *try) change(ctx context.Context, step record.Transition) error {
	e, err := t.Gate.Store.Change(ctx, t.entry, step)
	if errors.Is(err, record.ErrConflict) {
		return bus.RetryAfter(100*time.Millisecond, errRace)
	}
	if err != nil {
		return err
	}
	t.entry = e
	return nil
}
