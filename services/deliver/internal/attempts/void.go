package attempts

import (
	"context"
	"fmt"
	"time"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/connector"
)

// Voider is one that publishes what it makes void; nil where there is none.
func (r *Recorder) Voider(v connector.Voider, of connector.Connector) connector.Voider {
	if v == nil {
		return nil
	}
	return &voiding{Voider: v, to: &recorded{Connector: of, to: r}}
}

type voiding struct {
	connector.Voider
	to *recorded
}

func (v *voiding) Void(ctx context.Context, f connector.Found) connector.Answer {
	start := time.Now()
	ctx, traces := traced(ctx)
	a := v.Voider.Void(ctx, f)
	v.to.publish(ctx, start, "", &tradepostv1.InvoiceAttempt{
		Operation: tradepostv1.AttemptOperation_ATTEMPT_OPERATION_VOID,
		Request:   fmt.Sprintf("void id=%q number=%q total=%s version=%s", f.ID, f.Number, f.Total, f.Version),
		Answer:    answered(a), VendorTraceId: traces.String(),
	})
	return a
}
