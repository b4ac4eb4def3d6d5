package externalid

import (
	"context"
	"fmt"
	"time"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/servicetrade"
	"github.com/tradepost/tradepost/pkg/telemetry"
)

const (
	// jobTime bounds the calls for one external id.
	jobTime = time.Minute
	// awayPause is how long nothing is tried after ServiceTrade was away, and
	// forbiddenPause after it said that the user lacks the permission.
	awayPause      = time.Minute
	forbiddenPause = time.Hour
)

// do reads what the record has now, since writing replaces it, and writes.
func (w *Writer) do(j job) {
	if w.resting() {
		w.mem.forget(j.key())
		w.Metrics.count(w.Connection, PutOff)
		return
	}
	// The claim of the posting is over, and says nothing about this write.
	ctx, cancel := context.WithTimeout(connector.WithFence(j.ctx, func() error { return nil }), jobTime)
	defer cancel()
	defer context.AfterFunc(w.life, cancel)()
	_ = telemetry.Do(ctx, "write external id", func(ctx context.Context) error {
		has, err := w.has(ctx, j)
		switch {
		case err != nil:
		case has == j.customer.ID:
			w.tell(j, Same, nil, nil)
			return nil
		case has != "":
			w.differs(j, has)
			return nil
		default:
			err = w.ServiceTrade.SetExternalID(ctx, string(j.customer.Record), j.customer.RecordID, w.System, j.customer.ID)
		}
		w.ended(j, err)
		return err
	})
}

func (w *Writer) has(ctx context.Context, j job) (string, error) {
	ids, err := w.ServiceTrade.ExternalIDs(ctx, string(j.customer.Record), j.customer.RecordID)
	return ids[w.System], err
}

// ended tells how it came out. What another try would not change is left alone for
// a day; what may pass is left to the next posting of the customer.
func (w *Writer) ended(j job, err error) {
	switch {
	case err == nil:
		w.tell(j, Written, nil, nil)
	case w.life.Err() != nil:
		w.Metrics.count(w.Connection, PutOff)
	case servicetrade.IsTaken(err):
		w.tell(j, Taken, w.fault("customer.external_id_taken", j, ""), err)
	case servicetrade.IsForbidden(err):
		w.rest(forbiddenPause)
		w.mem.forget(j.key())
		w.tell(j, Forbidden, fault.New("servicetrade.forbidden", fault.Args{Params: map[string]string{
			"user": "of connection " + w.Connection, "action": "read and change external ids",
		}}), err)
	case servicetrade.IsOfOneRecord(err) && !servicetrade.WriteUncertain(err):
		w.tell(j, Refused, w.fault("customer.external_id_refused", j, ""), err)
	default:
		w.rest(awayPause)
		w.mem.forget(j.key())
		w.tell(j, Failed, nil, err)
	}
}

// differs leaves an external id that somebody else gave the record, and tells it.
func (w *Writer) differs(j job, has string) {
	if w.mem.differs(j.key(), j.customer.ID, has, time.Now()) {
		w.tell(j, Differs, w.fault("customer.external_id_differs", j, has), nil)
	}
}

func (w *Writer) fault(code string, j job, has string) *tradepostv1.Fault {
	params := map[string]string{"record": j.record(), "system": w.System, "value": j.customer.ID}
	if has != "" {
		params["has"] = has
	}
	return fault.New(code, fault.Args{Thing: fmt.Sprintf("Customer %q", j.name), Params: params})
}

// record is what people look for in ServiceTrade: company 42.
func (j job) record() string { return fmt.Sprintf("%s %d", j.customer.Record, j.customer.RecordID) }

// rest keeps from trying for a while.
func (w *Writer) rest(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.restsUntil = time.Now().Add(d)
}

func (w *Writer) resting() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().Before(w.restsUntil) || w.life.Err() != nil
}
