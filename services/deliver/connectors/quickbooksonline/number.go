package quickbooksonline

import (
	"context"
	"fmt"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// prepareNew is prepare for a document that is to be made: that another one has its
// number is one of its faults.
func (q *Online) prepareNew(ctx context.Context, d *tradepostv1.Document) (*draft, error) {
	w, err := q.prepare(ctx, d)
	if err != nil {
		return nil, err
	}
	taken, err := q.numberInUse(ctx, w)
	if err != nil {
		return nil, err
	}
	if taken != nil {
		w.fail(taken)
	}
	return w, nil
}

// numberInUse is the fault of a document whose number another one of its kind has; nil
// where none has. QuickBooks refuses such a number only where the company warns of duplicates:
// elsewhere an invoice that a bookkeeper entered by hand would be billed twice. A void
// one counts nothing and may keep its number.
func (q *Online) numberInUse(ctx context.Context, w *draft) (*tradepostv1.Fault, error) {
	number, e := w.d.GetNumber(), entityOf(w.d.GetKind())
	if number == "" {
		return nil, nil
	}
	for _, at := range q.books.markers.withNumber(e, number, w.d.GetMarker()) {
		p, err := q.readPaper(ctx, at)
		if err != nil {
			return nil, fmt.Errorf("look who has the number %s: %w", number, err)
		}
		if p == nil || p.DocNumber != number || q.found(e, p).Void {
			continue
		}
		if s, _ := stampOf(p.PrivateNote); s.marker != w.d.GetMarker() {
			return w.taken(&trouble{}, e, p), nil
		}
	}
	return nil, nil
}
