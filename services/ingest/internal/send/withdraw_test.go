package send_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/servicetrade"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

func missing(live bool) error {
	return &servicetrade.Error{Method: http.MethodGet, Path: "/invoice/1", Status: http.StatusNotFound, Gone: live}
}

// A send without progress whose invoice was deleted ends as withdrawn, and is asked for
// no more; reconcile closes it.
func TestTheSendOfADeletedInvoiceIsWithdrawn(t *testing.T) {
	claim := record.Claim(record.Claiming{Owner: "d", Lasts: time.Second}, nil)
	for name, before := range map[string]func(d *desk){
		"open": func(d *desk) { d.pending() },
		"not published": func(d *desk) {
			d.pending()
			d.change(record.Reopen(d.entry().Record.GetSnapshotHash(), 1, "522.50"))
		},
		"parked, and its message did not come": func(d *desk) {
			d.pending()
			d.change(claim, record.Park("d", record.Waits{Until: d.Now()}))
		},
		"held, and tried again": func(d *desk) {
			d.pending()
			d.change(record.Hold("why"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			atDesk(t, func(t *testing.T, d *desk) {
				before(d)
				time.Sleep(stuck)
				sent := len(d.sent())
				d.office.err = missing(false)
				held := d.entry().State() == record.Held
				if held {
					require.Error(t, d.retry(1))
					d.change(record.Hold("why"))
				} else {
					require.Error(t, d.Sweep(t.Context(), d.entry()), "a 404 of a dead session proves nothing")
				}
				require.NotEqual(t, record.Outcome, d.entry().State())

				d.office.err = missing(true)
				if held {
					require.NoError(t, d.retry(1))
				} else {
					require.NoError(t, d.Sweep(t.Context(), d.entry()))
				}
				require.Equal(t, record.Outcome, d.entry().State())
				require.Equal(t, tradepostv1.OutcomeKind_OUTCOME_KIND_WITHDRAWN, d.entry().Record.GetOutcome().GetKind())
				require.Equal(t, record.StageIngest, d.entry().Record.GetOutcome().GetStage())
				reads := d.office.reads
				for range 3 {
					time.Sleep(stuck)
					require.NoError(t, d.Sweep(t.Context(), d.entry()))
				}
				require.Equal(t, reads, d.office.reads, "nobody asks again")
				require.Len(t, d.sent(), sent)
			})
		})
	}
}

// What is in doubt, or under way, is looked for first: deliver's sweep gives the send
// back, and then it ends.
func TestAnAttemptInDoubtOutlivesADeletedInvoice(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.pending()
		d.change(record.Claim(record.Claiming{Owner: "d", Lasts: time.Second}, &tradepostv1.Unresolved{Marker: "m"}))
		time.Sleep(stuck)
		d.office.err = missing(true)
		require.NoError(t, d.Sweep(t.Context(), d.entry()))
		require.Equal(t, record.Claimed, d.entry().State())
		require.NotNil(t, d.entry().Record.GetUnresolved())

		d.change(record.Note("d", &tradepostv1.DocumentRef{Kind: 1, Connection: "acme-books", Id: "77", Number: "1042"}), record.Release("d", record.Waits{Until: d.Now()}))
		time.Sleep(stuck)
		require.NoError(t, d.Sweep(t.Context(), d.entry()))
		require.Equal(t, record.Outcome, d.entry().State())
		require.Len(t, d.entry().Record.GetDocuments(), 1, "what was posted stays known")
	})
}

// A related record that is gone is no word about the invoice.
func TestACustomerThatIsGoneWithdrawsNothing(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.pending()
		time.Sleep(stuck)
		d.Taker.Forget()
		d.office.refuse(&servicetrade.Error{Method: http.MethodGet, Path: "/company/9001", Status: http.StatusNotFound, Gone: true})
		require.NoError(t, d.Sweep(t.Context(), d.entry()))
		require.NotEqual(t, record.Outcome, d.entry().State())
	})
}

// The document in other books is all that is left of a deleted invoice.
func TestASendThatIsHeldForOtherBooksEndsWithItsInvoice(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.pending()
		d.change(record.Hold(record.HeldElsewhere+"old-books"), func(r *tradepostv1.Record) (*tradepostv1.Record, error) {
			r.Documents = []*tradepostv1.DocumentRef{{Kind: 1, Connection: "old-books", Id: "3"}}
			return r, nil
		})
		require.Len(t, record.Elsewhere(d.entry().Record), 1)
		d.office.err = missing(true)
		require.NoError(t, d.Sweep(t.Context(), d.entry()))
		require.Equal(t, record.Outcome, d.entry().State())
		reads := d.office.reads
		require.NoError(t, d.Sweep(t.Context(), d.entry()))
		require.Equal(t, reads, d.office.reads)
	})
}
