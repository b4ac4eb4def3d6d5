package quickbooksonline

import (
	"context"

	"github.com/tradepost/tradepost/pkg/connector"
)

// ListPeriod implements connector.PeriodLister, by the dates of the books.
func (q *Online) ListPeriod(ctx context.Context, p connector.Period, each func(connector.Listed) error) error {
	conditions := []string{"TxnDate >= " + quote(p.From.String()), "TxnDate <= " + quote(p.Through.String())}
	for _, e := range documents {
		_, err := walk(ctx, q.client, e.name, conditions, func(found *paper) error { return each(q.listed(e, found)) })
		if err != nil {
			return stopped(err)
		}
	}
	return ctx.Err()
}
