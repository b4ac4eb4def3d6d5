package settle

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/servicetrade"
)

type goneOffice struct{ *office }

func (goneOffice) Invoice(context.Context, int64) (*tradepostv1.ServiceTradeInvoice, error) {
	return nil, &servicetrade.Error{Method: "GET", Path: "/invoice", Status: 404, Gone: true}
}

// acme's invoice is posted and not settled. Live, the connection acme-books is given
// another account, west; reconcile attaches it anew, and its sweep finds the record.
func TestTheSweepLeavesASendOfAnotherAccount(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.outcome(postedAs("1042", false))
		west := &office{invoice: &tradepostv1.ServiceTradeInvoice{Id: invoiceID, InvoiceNumber: "7", Status: "sent", TotalPrice: "99.00"}}
		after := &Settler{
			Account: "west", Connection: "acme-books", EntityType: 21, SystemTitle: "the books", ServiceTrade: west, Instance: "b",
			Log: slog.New(slog.DiscardHandler), Gate: d.Gate,
		}
		time.Sleep(stuckAge)
		e, err := d.Gate.Store.Get(t.Context(), d.key())
		require.NoError(t, err)
		require.NoError(t, after.Sweep(t.Context(), e, time.Now(), noMessage))
		require.Equal(t, record.Outcome, d.record().GetState(), "acme's send is closed, and acme's invoice is still %s", d.office.invoice.GetStatus())
		require.Empty(t, west.writes)
	})
}

func TestTheSameWhereTheOtherAccountHasNoSuchInvoice(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.outcome(postedAs("1042", false))
		after := &Settler{
			Account: "west", Connection: "acme-books", EntityType: 21, SystemTitle: "the books", ServiceTrade: goneOffice{d.office}, Instance: "b",
			Log: slog.New(slog.DiscardHandler), Gate: d.Gate,
		}
		time.Sleep(stuckAge)
		e, err := d.Gate.Store.Get(t.Context(), d.key())
		require.NoError(t, err)
		require.NoError(t, after.Sweep(t.Context(), e, time.Now(), noMessage))
		require.Equal(t, record.Outcome, d.record().GetState(), "acme's send is closed, and acme's invoice is still %s", d.office.invoice.GetStatus())
	})
}
