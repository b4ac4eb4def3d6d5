package settle

import (
	"bytes"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/servicetrade"
)

// deleted is what ServiceTrade answers of an invoice that it has not any more; live says
// that the session was seen to be alive.
func deleted(live bool) func(string) error {
	return func(call string) error {
		if call == "get" {
			return &servicetrade.Error{Method: "GET", Path: "/invoice", Status: 404, Gone: live}
		}
		return nil
	}
}

// settledEvent is the last word about a send.
func (d *desk) settledEvent() *tradepostv1.InvoiceSettled {
	d.t.Helper()
	s, err := d.js.Stream(d.t.Context(), bus.StreamEvents)
	require.NoError(d.t, err)
	to := bus.Subject{Stage: bus.StageSettled, Connection: "acme-books", InvoiceID: invoiceID}
	raw, err := s.GetLastMsgForSubject(d.t.Context(), to.String())
	require.NoError(d.t, err)
	m := &tradepostv1.InvoiceSettled{}
	require.NoError(d.t, bus.Decode(bus.Message{Subject: to, Body: raw.Data}, m))
	return m
}

// The invoice is deleted while it is posted, or after it was refused: the send ends as
// withdrawn, nothing is written, and what stands in the books is told where people look.
func TestTheSendOfADeletedInvoiceEnds(t *testing.T) {
	for name, outcome := range map[string]*tradepostv1.Outcome{
		"posted": postedAs("1042", false), "rejected": refused(),
		"withdrawn": {Result: &tradepostv1.Outcome_Withdrawn{Withdrawn: &tradepostv1.Withdrawn{Status: "deleted"}}},
	} {
		for _, stands := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				atDesk(t, func(t *testing.T, d *desk) {
					var said bytes.Buffer
					d.Log = slog.New(slog.NewTextHandler(&said, nil))
					m := d.outcome(outcome)
					if stands {
						d.has(
							&tradepostv1.DocumentRef{Kind: 1, Connection: "acme-books", Id: "77", Number: "1042", Total: "522.50"},
							&tradepostv1.DocumentRef{Kind: 1, Connection: "old-books", Id: "3", Number: "1042", Total: "500.00"},
						)
					}
					d.office.fail = deleted(true)
					d.handle(m)
					require.Empty(t, d.office.writes)
					require.Equal(t, record.Closed, d.record().GetState())
					require.Equal(t, tradepostv1.Settlement_SETTLEMENT_WITHDRAWN, d.record().GetSettlement())
					require.True(t, d.settledEvent().GetInvoiceGone())
					if !stands {
						require.Empty(t, record.LeftBehind(d.record()))
						return
					}
					require.Len(t, record.LeftBehind(d.record()), 2)
					require.Len(t, d.settledEvent().GetDocuments(), 2)
					require.Equal(t, "77", d.settledEvent().GetDocuments()[0].GetId())
					require.Contains(t, said.String(), "invoice 1042 (total 522.50) in the books of acme-books; invoice 1042 (total 500.00) in the books of old-books")
				})
			})
		}
	}
}

// has gives the record documents.
func (d *desk) has(docs ...*tradepostv1.DocumentRef) {
	d.t.Helper()
	e, err := d.Gate.Store.Get(d.t.Context(), d.key())
	require.NoError(d.t, err)
	_, err = d.Gate.Store.Change(d.t.Context(), e, func(r *tradepostv1.Record) (*tradepostv1.Record, error) {
		r.Documents = docs
		return r, nil
	})
	require.NoError(d.t, err)
}

// What was taken back counts nothing together with what took it back: nobody is told to
// void one of the two.
func TestWhatWasTakenBackIsNotLeftBehind(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		m := d.outcome(postedAs("1042-V", false))
		d.has(
			&tradepostv1.DocumentRef{Kind: 1, Connection: "acme-books", Id: "77", Number: "1042", Total: "522.50", Send: 1},
			&tradepostv1.DocumentRef{Kind: 2, Connection: "acme-books", Id: "78", Number: "1042-V", Total: "522.50", Reversal: true, Send: 2},
			&tradepostv1.DocumentRef{Kind: 1, Connection: "old-books", Id: "3", Number: "1042", Total: "500.00", Send: 1},
		)
		d.office.fail = deleted(true)
		d.handle(m)
		left := record.LeftBehind(d.record())
		require.Len(t, left, 1)
		require.Equal(t, "3", left[0].GetId())
		require.Len(t, d.settledEvent().GetDocuments(), 1)
	})
}

// ServiceTrade did not show the invoice for a while, and does again: nobody moved it, and
// the next send goes on with it.
func TestAnInvoiceThatIsBackWasNotMoved(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		m := d.outcome(&tradepostv1.Outcome{Result: &tradepostv1.Outcome_Withdrawn{Withdrawn: &tradepostv1.Withdrawn{Status: "deleted"}}})
		d.has(&tradepostv1.DocumentRef{Kind: 1, Connection: "acme-books", Id: "77", Number: "1042", Total: "522.50"})
		d.handle(m)
		require.Equal(t, tradepostv1.Settlement_SETTLEMENT_WITHDRAWN, d.record().GetSettlement())
		require.Empty(t, d.office.comments)
	})
}

// A 404 without a session that is seen to be alive proves nothing: the send waits.
func TestA404OfADeadSessionEndsNothing(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		m := d.outcome(refused())
		d.office.fail = deleted(false)
		m.Delivered = 1
		require.Error(t, d.Handle(t.Context(), m))
		require.Equal(t, record.Outcome, d.record().GetState())
		d.office.fail = nil
		time.Sleep(time.Minute) // fake time
		d.handle(m)
		require.Equal(t, tradepostv1.Settlement_SETTLEMENT_FAILED, d.record().GetSettlement())
		require.False(t, d.settledEvent().GetInvoiceGone())
	})
}
