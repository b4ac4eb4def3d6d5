package quickbooksonline

import (
	"context"
	"fmt"

	"github.com/tradepost/tradepost/pkg/connector"
)

// numberInUse answers a document whose number another one of its kind has; nil where
// none has. QuickBooks refuses such a number only where the company warns of duplicates:
// elsewhere an invoice that a bookkeeper entered by hand would be billed twice. A void
// one counts nothing and may keep its number.
func (q *Online) numberInUse(ctx context.Context, w *draft) connector.Answer {
	number, e := w.d.GetNumber(), entityOf(w.d.GetKind())
	if number == "" {
		return nil
	}
	for _, at := range q.books.markers.withNumber(e, number, w.d.GetMarker()) {
		p, err := q.readPaper(ctx, at)
		if err != nil {
			return unmade(fmt.Errorf("look who has the number %s: %w", number, err))
		}
		if p == nil || p.DocNumber != number || q.found(e, p).Void {
			continue
		}
		if s, _ := stampOf(p.PrivateNote); s.marker != w.d.GetMarker() {
			return rejected(w.taken(&trouble{}, e, p))
		}
	}
	return nil
}
