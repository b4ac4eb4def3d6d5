package send

import (
	"context"

	"go.opentelemetry.io/otel/trace"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/telemetry"
)

// begin begins the trace of a send: one trace for each, however many invoices a poll
// lists. It links to the poll or command that it came from, and to the trace of the
// message that was published for this invoice before.
func (o *Opener) begin(ctx context.Context, name string, e record.Entry) (context.Context, trace.Span) {
	var earlier []trace.Link
	if e.Record != nil {
		earlier = o.Bus.Earlier(ctx, bus.Subject{Stage: bus.StageReceived, Connection: e.Record.GetConnection(), InvoiceID: e.Key.InvoiceID})
	}
	return telemetry.NewTrace(ctx, name, earlier,
		telemetry.Account(o.Account), telemetry.Connection(e.Record.GetConnection()), telemetry.Invoice(e.Key.InvoiceID))
}
