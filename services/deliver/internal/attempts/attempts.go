// Package attempts publishes every call to the accounting system as an
// invoice.attempt message, for people who ask what happened. It wraps a
// connector; the posting protocol does not know of it.
package attempts

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector"
)

// textLimit bounds what an attempt tells of a request or an answer.
const textLimit = 4000

// Recorder publishes attempts.
type Recorder struct {
	Bus        *bus.Publisher
	Connection string
	Log        *slog.Logger
}

// Wrap returns c with every find, create and update published. The wrapped
// connector can update exactly when c can.
func (r *Recorder) Wrap(c connector.Connector) connector.Connector {
	rec := &recorded{Connector: c, to: r}
	if u, ok := c.(connector.Updater); ok {
		return &recordedUpdater{recorded: rec, updater: u}
	}
	return rec
}

// Info is what a call belongs to; the posting protocol puts it into the context.
type Info struct {
	// InvoiceID is the invoice; 0 leaves it to the document's marker.
	InvoiceID    int64
	Send         int64
	SnapshotHash string
	Attempt      int32
	// Explanation tells why the document's fields have their values.
	Explanation []*tradepostv1.Explanation
}

type infoKey struct{}

// With gives the calls made with the context what they belong to.
func With(ctx context.Context, i Info) context.Context { return context.WithValue(ctx, infoKey{}, i) }

type recorded struct {
	connector.Connector
	to *Recorder
}

type recordedUpdater struct {
	*recorded
	updater connector.Updater
}

func (c *recorded) Find(ctx context.Context, q connector.Query) ([]connector.Found, error) {
	start := time.Now()
	ctx, traces := traced(ctx)
	found, err := c.Connector.Find(ctx, q)
	c.publish(ctx, start, q.Marker, &tradepostv1.InvoiceAttempt{
		Operation: tradepostv1.AttemptOperation_ATTEMPT_OPERATION_FIND,
		Request:   fmt.Sprintf("find %s id=%q number=%q", q.Marker, q.ID, q.Number),
		Answer:    summary(found), Error: text(err), VendorTraceId: traces.String(),
	})
	return found, err
}

func (c *recorded) Create(ctx context.Context, p connector.Posting) connector.Answer {
	start := time.Now()
	ctx, traces := traced(ctx)
	a := c.Connector.Create(ctx, p)
	told := written(tradepostv1.AttemptOperation_ATTEMPT_OPERATION_CREATE, p, a)
	told.VendorTraceId = traces.String()
	c.publish(ctx, start, p.Document.GetMarker(), told)
	return a
}

func (c *recordedUpdater) Update(ctx context.Context, p connector.Posting, f connector.Found) connector.Answer {
	start := time.Now()
	ctx, traces := traced(ctx)
	a := c.updater.Update(ctx, p, f)
	told := written(tradepostv1.AttemptOperation_ATTEMPT_OPERATION_UPDATE, p, a)
	told.VendorTraceId = traces.String()
	c.publish(ctx, start, p.Document.GetMarker(), told)
	return a
}

// traced has the connector note the accounting system's own ids of the calls.
func traced(ctx context.Context) (context.Context, *connector.Traces) {
	traces := &connector.Traces{}
	return connector.WithTraces(ctx, traces), traces
}

func written(op tradepostv1.AttemptOperation, p connector.Posting, a connector.Answer) *tradepostv1.InvoiceAttempt {
	t := p.Document.GetTotals()
	return &tradepostv1.InvoiceAttempt{
		Operation: op, DocumentHash: p.DocumentHash,
		Request: fmt.Sprintf("%s number=%q total=%s lines=%d key=%s", p.Document.GetMarker(), p.Document.GetNumber(), t.GetTotal(), len(p.Document.GetLines()), p.Key),
		Answer:  answered(a),
	}
}

// publish never disturbs the posting: an attempt that cannot be told is logged.
func (c *recorded) publish(ctx context.Context, start time.Time, marker string, a *tradepostv1.InvoiceAttempt) {
	info, _ := ctx.Value(infoKey{}).(Info)
	a.Send, a.SnapshotHash, a.Attempt = info.Send, info.SnapshotHash, info.Attempt
	if a.GetOperation() != tradepostv1.AttemptOperation_ATTEMPT_OPERATION_FIND {
		a.Explanation = info.Explanation
	}
	a.Connector = c.Describe().Kind
	a.StartedAt, a.DurationMs = timestamppb.New(start), time.Since(start).Milliseconds()
	c.to.send(ctx, cmp.Or(info.InvoiceID, invoiceID(marker)), a)
}

func (r *Recorder) send(ctx context.Context, invoice int64, a *tradepostv1.InvoiceAttempt) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	to := bus.Subject{Stage: bus.StageAttempt, Connection: r.Connection, InvoiceID: invoice}
	if err := r.Bus.Send(ctx, to, "", a); err != nil {
		r.Log.WarnContext(ctx, "an attempt was not published", "invoice", invoice, "err", err)
	}
}

// invoiceID reads the invoice from a marker: st-<account>-<invoiceId>[-c][-v].
func invoiceID(marker string) int64 {
	parts := strings.Split(strings.TrimSuffix(strings.TrimSuffix(marker, "-v"), "-c"), "-")
	id, _ := strconv.ParseInt(parts[len(parts)-1], 10, 64)
	return id
}

func summary(found []connector.Found) string {
	lines := make([]string, len(found))
	for i, f := range found {
		lines[i] = fmt.Sprintf("id=%s number=%s total=%s version=%s", f.ID, f.Number, f.Total, f.Version)
	}
	return shorten(strings.Join(lines, "\n"))
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return shorten(err.Error())
}

func shorten(s string) string {
	if len(s) <= textLimit {
		return s
	}
	return strings.ToValidUTF8(s[:textLimit], "") + "…"
}
