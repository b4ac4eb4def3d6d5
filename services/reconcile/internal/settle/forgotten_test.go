package settle

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/record"
)

// forget loses the record, as a wiped store does.
func (d *desk) forget() {
	d.t.Helper()
	kv, err := d.js.KeyValue(d.t.Context(), "invoices")
	require.NoError(d.t, err)
	require.NoError(d.t, kv.Purge(d.t.Context(), d.key().String()))
}

// The records are lost, and a user sends a failed invoice again as it is: the send
// has the number of the first one, and needs a comment of its own all the same.
func TestASendAfterTheRecordsWereLostHasItsOwnComment(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.office.invoice.Updated = time.Now().Unix()
		d.handle(d.outcome(refused()))
		time.Sleep(time.Minute)
		d.forget()
		d.office.invoice.Status, d.office.invoice.Updated = "pending_accounting", time.Now().Unix()
		m := d.outcome(refused())
		require.EqualValues(t, 1, d.record().GetSend(), "the product knows of no earlier send")
		d.handle(m)
		require.Equal(t, []string{"comment", "put failed", "comment", "put failed"}, d.office.writes)
	})
}

// The records are lost between the comment and the status: nobody sent again.
func TestALossInTheMiddleOfASendMakesNoSecondComment(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.office.invoice.Updated = time.Now().Unix()
		d.office.fail = func(call string) error {
			if call == "put failed" {
				return errAway
			}
			return nil
		}
		_ = d.Handle(t.Context(), d.outcome(refused()))
		require.Equal(t, []string{"comment"}, d.office.writes)
		time.Sleep(time.Hour)
		d.office.fail = nil
		d.forget()
		d.handle(d.outcome(refused()))
		require.Equal(t, []string{"comment", "put failed"}, d.office.writes)
		require.Equal(t, record.Closed, d.record().GetState())
	})
}

// The same at a user's second send: the record that is made anew counts it as the
// first.
func TestALossInTheMiddleOfASecondSendMakesNoSecondComment(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.office.invoice.Updated = time.Now().Unix()
		d.handle(d.outcome(refused()))
		time.Sleep(time.Minute)
		d.office.invoice.Status, d.office.invoice.Updated = "pending_accounting", time.Now().Unix()
		d.office.fail = func(call string) error {
			if call == "put failed" {
				return errAway
			}
			return nil
		}
		m := d.outcome(refused())
		require.EqualValues(t, 2, d.record().GetAskedSend())
		_ = d.Handle(t.Context(), m)
		require.Equal(t, []string{"comment", "put failed", "comment"}, d.office.writes)
		time.Sleep(time.Hour)
		d.office.fail = nil
		d.forget()
		m = d.outcome(refused())
		require.EqualValues(t, 1, d.record().GetAskedSend())
		d.handle(m)
		require.Equal(t, []string{"comment", "put failed", "comment", "put failed"}, d.office.writes)
	})
}

// refusedAt is refused, by a call with an id of the vendor's.
func refusedAt(trace string) *tradepostv1.Outcome {
	o := refused()
	for _, f := range o.GetRejected().GetFaults() {
		f.VendorTraceId = trace
	}
	return o
}

// A user presses Send while an operator's retry is under way, which fails with the
// same faults: the user asked, and is told. The vendor's id of the call makes them no
// others.
func TestASendDuringAnOperatorsRetryHasItsOwnComment(t *testing.T) {
	for name, c := range map[string]struct {
		pressed bool
		writes  []string
	}{
		"nobody pressed Send": {false, []string{"comment", "put failed"}},
		"a user pressed Send": {true, []string{"comment", "put failed", "comment", "put failed"}},
	} {
		t.Run(name, func(t *testing.T) {
			atDesk(t, func(t *testing.T, d *desk) {
				d.office.invoice.Updated = time.Now().Unix()
				d.handle(d.outcome(refusedAt("1-first")))
				time.Sleep(time.Minute)
				retry := d.outcome(refusedAt("1-second"))
				require.Equal(t, "failed", d.record().GetStartStatus())
				if c.pressed {
					d.office.invoice.Status, d.office.invoice.Updated = "pending_accounting", time.Now().Unix()
				}
				d.handle(retry)
				require.Equal(t, c.writes, d.office.writes)
			})
		})
	}
}
