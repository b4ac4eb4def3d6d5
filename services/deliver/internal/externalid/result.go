package externalid

import (
	"github.com/prometheus/client_golang/prometheus"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/telemetry"
)

// Ending is how it ended with one external id, in a word for metrics.
type Ending string

// The endings.
const (
	// Written: the record had none, and has it now.
	Written Ending = "written"
	// Same: it was there already.
	Same Ending = "same"
	// Differs: the record has another one, which was left.
	Differs Ending = "differs"
	// Taken: another record has it.
	Taken Ending = "taken"
	// Refused: ServiceTrade does not take it, or the record is gone.
	Refused Ending = "refused"
	// Forbidden: the user lacks the permission. Nothing is tried for an hour.
	Forbidden Ending = "forbidden"
	// Failed: ServiceTrade was away, or the answer was lost.
	Failed Ending = "failed"
	// PutOff: not tried, since ServiceTrade was just away or too many wait.
	PutOff Ending = "put_off"
)

// Result is what became of one external id.
type Result struct {
	Posted Posted
	Ending Ending
	// Request is what was to be written: accounting="C100" of company 42.
	Request string
	// Error is what went wrong and who can mend it, or "".
	Error string
}

// tell logs, counts and publishes the ending.
func (w *Writer) tell(j job, e Ending, f *tradepostv1.Fault, err error) {
	w.Metrics.count(w.Connection, e)
	r := Result{Posted: j.posted, Ending: e, Request: w.System + "=" + quoted(j.customer.ID) + " of " + j.record()}
	log := w.Log.With("invoice", j.posted.Subject.InvoiceID, "record", j.record(), "system", w.System, "value", j.customer.ID)
	switch {
	case e == Same:
		log.DebugContext(j.ctx, "external id: there already")
		return
	case e == Written:
		log.InfoContext(j.ctx, "external id written", "created", j.customer.Created)
	case f != nil:
		if r.Error = fault.Text(f); err != nil {
			r.Error += " ServiceTrade: " + err.Error()
		}
		log.WarnContext(j.ctx, "external id not written", "ending", e, "code", f.GetCode(), "problem", f.GetMessage(),
			"who", fault.OwnerWord(f.GetOwner()), "fix", f.GetFix(), "err", err)
	default:
		r.Error = err.Error()
		log.WarnContext(j.ctx, "external id not written; the next posting of the customer tries again", "ending", e, "err", err)
	}
	if w.Tell != nil {
		w.Tell(j.ctx, r)
	}
}

func quoted(s string) string { return `"` + fault.OneLine(s) + `"` }

// Metrics counts the endings. nil counts nothing.
type Metrics struct{ endings *prometheus.CounterVec }

// NewMetrics registers the metric.
func NewMetrics(r prometheus.Registerer) *Metrics {
	return &Metrics{endings: telemetry.Register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "tradepost_external_ids_total",
		Help: "Ids of customers that were to be written to ServiceTrade as external ids, by result (written, same; " +
			"differs, taken, refused, forbidden; failed, put_off).",
	}, []string{"connection", "result"}))}
}

func (m *Metrics) count(connection string, e Ending) {
	if m != nil {
		m.endings.WithLabelValues(connection, string(e)).Inc()
	}
}
