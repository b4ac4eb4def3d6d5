package posting

import (
	"context"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/record"
)

// checking is a connector whose documents can be checked before they are posted.
type checking struct {
	connector.Connector
	connector.PreviewChecker
}

// withOthers adds to a rejection what is wrong with the documents of the send that come
// after the rejected one, as preview tells it: whoever mends the invoice mends it once.
// Nothing of them is written, and what they have in common is told once. What the books do
// not tell now the next send does.
func (t *try) withOthers(ctx context.Context, o *tradepostv1.Outcome, others []paper) *tradepostv1.Outcome {
	r := o.GetRejected()
	if r == nil || t.Checker == nil || record.OfVoid(t.entry.Record) {
		return o
	}
	l := Looker{Connection: t.Connection, Connector: checking{t.Connector, t.Checker}, Record: t.entry.Record}
	for _, one := range others {
		ctx, cancel := context.WithTimeout(t.told(ctx, one.explanation), t.callTime())
		s, err := l.look(ctx, t, one)
		cancel()
		if err != nil {
			t.log.InfoContext(ctx, "what else is wrong with the invoice cannot be told now", "err", err)
			break
		}
		r.Faults = fault.Together(r.Faults, s.Faults)
	}
	return o
}
