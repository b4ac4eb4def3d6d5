package attempts

import (
	"context"
	"fmt"
	"time"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/connector"
)

// Confirmer is one that publishes what it is asked; nil where there is none. Answers
// that say "not yet" are not told: they come on schedule, for days.
func (r *Recorder) Confirmer(c connector.Confirmer, of connector.Connector) connector.Confirmer {
	if c == nil {
		return nil
	}
	return &confirming{Confirmer: c, to: &recorded{Connector: of, to: r}}
}

type confirming struct {
	connector.Confirmer
	to *recorded
}

func (c *confirming) Confirm(ctx context.Context, h connector.HandedOver) connector.Answer {
	start := time.Now()
	a := c.Confirmer.Confirm(ctx, h)
	if _, notYet := a.(connector.Handed); notYet {
		return a
	}
	c.to.publish(ctx, start, h.Query.Marker, &tradepostv1.InvoiceAttempt{
		Operation: tradepostv1.AttemptOperation_ATTEMPT_OPERATION_CONFIRM, DocumentHash: h.DocumentHash,
		Request: fmt.Sprintf("confirm %s token=%q", h.Query.Marker, h.Token), Answer: answered(a),
	})
	return a
}
