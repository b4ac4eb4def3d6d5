package posting

import (
	"context"
	"fmt"
	"strconv"

	"google.golang.org/protobuf/proto"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/invoice"
	"github.com/tradepost/tradepost/pkg/record"
)

// Looker tells what an attempt would do, without a claim and without writing
// anything: Place's questions in Place's order. It asks the books only what
// Connector.Find and PreviewChecker answer.
type Looker struct {
	Connection string
	Connector  connector.Connector
	// Record is the invoice's; nil when it has none, or when it is not known.
	Record *tradepostv1.Record
	// Unknown is why the record is not known, "" when it is.
	Unknown string
	// Unused says that the connection was never used, so that its books may still
	// have to be set up.
	Unused bool
	// Resend is the connection's policy for a posted document whose invoice was edited.
	Resend string
	// Links are those of the connection, as posting has them; nil where there are none.
	Links *Links
	// ClosedThrough is the last day of the closed books, YYYY-MM-DD; "" closes none.
	ClosedThrough string
	// Splits says that the mapping divides invoices between an invoice and a credit memo.
	Splits bool
	// SnapshotHash is that of the snapshot which the documents are made of; "" when not
	// known: then other content counts as edited.
	SnapshotHash string
}

// Look answers for the documents of one send, in their order. An error means that
// it cannot be told now.
func (l Looker) Look(ctx context.Context, docs ...*tradepostv1.Document) ([]Sight, error) {
	if len(docs) == 0 {
		return nil, nil
	}
	papers := make([]paper, len(docs))
	for i, d := range docs {
		hash, err := invoice.HashOf(d)
		if err != nil {
			return nil, err
		}
		papers[i] = paper{doc: d, hash: hash, slot: slotOf(d)}
	}
	t := l.try(papers)
	if s, is, err := l.retired(ctx, t); is || err != nil {
		return []Sight{s}, err
	}
	sights := make([]Sight, len(papers))
	for i, one := range papers {
		var err error
		if sights[i], err = l.look(ctx, t, one); err != nil {
			return nil, err
		}
	}
	return sights, nil
}

func (l Looker) look(ctx context.Context, t *try, one paper) (Sight, error) {
	doc := one.doc
	live := one.slot.In(l.Record)
	found, err := l.find(ctx, connector.Query{Kind: doc.GetKind(), Marker: doc.GetMarker(), ID: live.GetId(), Number: doc.GetNumber()})
	if err != nil {
		return Sight{}, err
	}
	switch len(found) {
	case 0:
		if s, is, err := l.rest(ctx, t, t.besideMade(one)); is || err != nil {
			return s, err
		}
		if fault := t.goneFromClosed(one, live); fault != nil {
			return Sight{Step: StepNone, Faults: []*tradepostv1.Fault{fault}}, nil
		}
		return l.check(ctx, one, Sight{Step: StepCreate})
	case 1:
		return l.compare(ctx, t, one, live, found[0])
	default:
		return Sight{Step: StepNone, Found: found, Faults: []*tradepostv1.Fault{faultOf("document.more_than_one", one, found[0], map[string]string{
			"count": strconv.Itoa(len(found)), "numbers": names(found),
		})}}, nil
	}
}

// retired looks for the documents that retire would stop at.
func (l Looker) retired(ctx context.Context, t *try) (Sight, bool, error) {
	s := Sight{Step: StepNone}
	for _, d := range l.Record.GetDocuments() {
		if !t.retires(d) {
			continue
		}
		for _, q := range t.leftQueries(d) {
			found, err := l.find(ctx, q)
			if err != nil {
				return Sight{}, false, err
			}
			if found = t.left(q, found); len(found) > 0 {
				s.Found, s.Faults = append(s.Found, found...), append(s.Faults, t.stillCounts(d, found[0]))
				break
			}
		}
	}
	return s, len(s.Faults) > 0, nil
}

// rest looks for what posting would find beside the documents of the send.
func (l Looker) rest(ctx context.Context, t *try, markers []string) (Sight, bool, error) {
	s := Sight{Step: StepNone}
	for _, marker := range markers {
		found, err := l.find(ctx, restQuery(marker))
		if err != nil {
			return Sight{}, false, err
		}
		if len(found) > 0 {
			s.Found, s.Faults = append(s.Found, found...), append(s.Faults, t.restFault(marker, found[0]))
		}
	}
	return s, len(s.Faults) > 0, nil
}

// try is an attempt that is never made, for what it would decide.
func (l Looker) try(papers []paper) *try {
	return l.tryOf(papers[0].doc.GetSource(), papers)
}

func (l Looker) tryOf(of *tradepostv1.Source, papers []paper) *try {
	_, can := l.Connector.(connector.Updater)
	return &try{
		Poster: &Poster{
			Connection: l.Connection, Account: of.GetAccount(), Connector: l.Connector, Resend: l.Resend, Links: l.Links,
			ClosedThrough: func() string { return l.ClosedThrough }, Splits: func() bool { return l.Splits },
		},
		m:      bus.Message{Subject: bus.Subject{InvoiceID: of.GetInvoiceId()}},
		ready:  &tradepostv1.InvoiceReady{SnapshotHash: l.SnapshotHash},
		entry:  record.Entry{Record: l.unmended()},
		papers: papers, presumes: l.Unknown != "" && can,
	}
}

// compare tells what decide says.
func (l Looker) compare(ctx context.Context, t *try, one paper, live *tradepostv1.DocumentRef, f connector.Found) (Sight, error) {
	if takesBackAlready(one, live, f) {
		return Sight{Step: StepAdopt, Found: []connector.Found{f}}, nil
	}
	d := t.decide(one, live, f)
	s := Sight{Step: d.step, Found: []connector.Found{f}, Differences: d.differences}
	if d.step == StepAdopt {
		if other, is, err := l.rest(ctx, t, t.besideAdopted(one, live)); is || err != nil {
			return other, err
		}
		if d.remark != nil {
			s.Remarks = []*tradepostv1.Fault{d.remark}
		}
		return s, nil
	}
	if t.presumes {
		s.Unsure = append(s.Unsure, "whether the document in the books is as Tradepost left it is only in the record, and "+l.Unknown)
	}
	if d.step == StepNone {
		s.Faults = []*tradepostv1.Fault{d.fault}
		return s, nil
	}
	return l.check(ctx, one, s)
}

// unmended is the record as the next send of a user finds it.
func (l Looker) unmended() *tradepostv1.Record {
	if l.Record.GetMended() == nil {
		return l.Record
	}
	r := proto.CloneOf(l.Record)
	r.Mended = nil
	return r
}

// check asks the connector what it has against the document.
func (l Looker) check(ctx context.Context, one paper, s Sight) (Sight, error) {
	checker, ok := l.Connector.(connector.PreviewChecker)
	if !ok {
		s.Unsure = append(s.Unsure, l.Connector.Describe().Title+" cannot be asked about a document before it is posted")
		return s, nil
	}
	faults, err := checker.CheckDocument(ctx, one.doc)
	if err != nil {
		return Sight{}, readable(err)
	}
	if s.Faults = faults; len(faults) > 0 {
		s.Step = StepNone
	}
	return s, nil
}

func (l Looker) find(ctx context.Context, q connector.Query) ([]connector.Found, error) {
	ctx, cancel := context.WithTimeout(ctx, l.Connector.Describe().CallTimeout)
	defer cancel()
	all, err := l.Connector.Find(ctx, q)
	if err != nil {
		a, _ := connector.AnswerOf(err)
		if w, waits := a.(connector.Wait); waits && w.Reason == connector.ReasonBooksMissing && l.Unused {
			return nil, nil
		}
		return nil, readable(err)
	}
	live := make([]connector.Found, 0, len(all))
	for _, f := range all {
		if !f.Void {
			live = append(live, f)
		}
	}
	return live, nil
}

// readable is an error whose text says what a person needs: the answer's words.
func readable(err error) error {
	a, ok := connector.AnswerOf(err)
	if !ok {
		return err
	}
	switch a := a.(type) {
	case connector.Wait:
		return fmt.Errorf("the books cannot be asked now (%s): %s", a.Reason, a.Message)
	case connector.Uncertain:
		return fmt.Errorf("the books cannot tell (%s): %s", a.Reason, a.Message)
	case connector.Handed:
		return fmt.Errorf("it was handed over (%s), and the books do not have it yet: %s", a.Token, a.Message)
	default:
		return err
	}
}
