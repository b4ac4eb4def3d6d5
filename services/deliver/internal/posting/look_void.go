package posting

import (
	"context"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/invoice"
)

// LookVoid answers for the documents of a void that take back what was posted, in their
// order, as Look does for those of a send. The record has to be known.
func (l Looker) LookVoid(ctx context.Context, docs ...*tradepostv1.Document) ([]Sight, error) {
	t := l.voiding(nil)
	for _, d := range docs {
		hash, err := invoice.HashOf(d)
		if err != nil {
			return nil, err
		}
		t.papers = append(t.papers, paper{doc: d, hash: hash, slot: slotOf(d)})
	}
	var sights []Sight
	for _, one := range t.papers {
		s, found, err := l.stands(ctx, t, original(l.Record, one.doc))
		if err == nil && found != nil {
			s, err = l.look(ctx, t, one)
		}
		if err != nil {
			return nil, err
		}
		sights = append(sights, s)
	}
	return sights, nil
}

// LookVoiding answers for the documents that a void makes void, in their order.
func (l Looker) LookVoiding(ctx context.Context, v *tradepostv1.Voiding) ([]Sight, error) {
	t := l.voiding(v)
	var sights []Sight
	for _, of := range v.GetDocuments() {
		ref := named(l.Record, of)
		s, found, err := l.stands(ctx, t, ref)
		if err != nil {
			return nil, err
		}
		if found != nil {
			s = Sight{Step: StepVoid, Found: []connector.Found{*found}}
			if fault := t.untouchable(ref, *found); fault != nil {
				s.Step, s.Faults = StepNone, []*tradepostv1.Fault{fault}
			}
		}
		sights = append(sights, s)
	}
	return sights, nil
}

// voiding is an attempt of a void that is never made.
func (l Looker) voiding(v *tradepostv1.Voiding) *try {
	t := l.tryOf(&tradepostv1.Source{Account: l.Record.GetAccount(), InvoiceId: l.Record.GetInvoiceId()}, nil)
	t.ready.Voiding = v
	t.Voider, _ = l.Connector.(connector.Voider)
	return t
}

// stands looks for a posted document as try.stands does; found is nil where the sight
// says all.
func (l Looker) stands(ctx context.Context, t *try, ref *tradepostv1.DocumentRef) (s Sight, found *connector.Found, err error) {
	if ref.GetGone() {
		return Sight{Step: StepGone}, nil, nil
	}
	queries := t.leftQueries(ref)
	for _, q := range queries {
		all, err := l.find(ctx, q)
		if err != nil {
			return Sight{}, nil, err
		}
		if all = ofThePosted(ref, all, len(queries)); len(all) == 0 {
			continue
		}
		if fault := notAsPosted(ref, all); fault != nil {
			return Sight{Step: StepNone, Found: all, Faults: []*tradepostv1.Fault{fault}}, nil, nil
		}
		return Sight{}, &all[0], nil
	}
	return Sight{Step: StepGone}, nil, nil
}
