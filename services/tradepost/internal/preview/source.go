package preview

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	"github.com/tradepost/tradepost/pkg/caldate"
	"github.com/tradepost/tradepost/pkg/servicetrade"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// shown are the statuses of invoices that were or may be sent: neither drafts nor
// void ones.
var shown = []string{
	servicetrade.StatusOK, servicetrade.StatusInternalReview, servicetrade.StatusSent, servicetrade.StatusPaid,
	servicetrade.StatusPendingAccounting, servicetrade.StatusProcessed, servicetrade.StatusFailed,
}

// Invoice looks at one invoice as ServiceTrade shows it now.
func (v *Viewer) Invoice(ctx context.Context, id int64) *View {
	inv, err := v.client.Invoice(ctx, id)
	if err != nil {
		return v.unread(id, err)
	}
	return v.taken(ctx, inv)
}

func (v *Viewer) taken(ctx context.Context, inv *tradepostv1.ServiceTradeInvoice) *View {
	snap, err := v.taker.Take(ctx, inv)
	if err != nil {
		return v.unread(inv.GetId(), err)
	}
	return v.Snapshot(ctx, snap)
}

func (v *Viewer) unread(id int64, err error) *View {
	view := &View{InvoiceID: id, Connection: v.o.Connection.ID, System: v.o.Connection.DisplayName}
	view.cannot(fmt.Errorf("read invoice %d of account %s: %w", id, v.o.Connection.AccountID, err))
	return view
}

// ErrNoInvoice means that ServiceTrade shows no such invoice.
var ErrNoInvoice = errors.New("ServiceTrade shows no such invoice")

// Exists tells whether ServiceTrade has an invoice of that id.
func (v *Viewer) Exists(ctx context.Context, id int64) (bool, error) {
	_, err := v.client.Invoice(ctx, id)
	if servicetrade.IsNotFound(err) {
		return false, nil
	}
	return err == nil, err
}

// Numbered returns the ids of the invoices with that number. Numbers are free text,
// and several invoices may have one.
func (v *Viewer) Numbered(ctx context.Context, number string) ([]int64, error) {
	ids, err := v.ids(ctx, shown, func(row servicetrade.InvoiceRow) (bool, error) { return row.InvoiceNumber == number, nil })
	if err == nil && len(ids) == 0 {
		err = fmt.Errorf("invoice number %q: %w (drafts and void ones were not looked at)", number, ErrNoInvoice)
	}
	return ids, err
}

// Pending returns the ids of the invoices that wait to be posted.
func (v *Viewer) Pending(ctx context.Context) ([]int64, error) {
	return v.ids(ctx, []string{servicetrade.StatusPendingAccounting}, func(servicetrade.InvoiceRow) (bool, error) { return true, nil })
}

// Between returns the ids of the invoices whose transaction date, in the account's
// time zone, is from or later, and to or earlier; zero dates do not bound.
func (v *Viewer) Between(ctx context.Context, from, to caldate.Date) ([]int64, error) {
	zone := v.o.Connection.Account.Location()
	return v.ids(ctx, shown, func(row servicetrade.InvoiceRow) (bool, error) {
		seconds := row.TransactionDate
		if seconds == 0 { // the row does not say
			inv, err := v.client.Invoice(ctx, row.ID)
			if err != nil {
				return false, err
			}
			seconds = inv.GetTransactionDate()
		}
		return within(seconds, zone, from, to), nil
	})
}

// within tells whether a time is on one of the days. An invoice without a usable
// date is shown too: that is a fault that the person wants to see.
func within(seconds int64, zone *time.Location, from, to caldate.Date) bool {
	day, err := caldate.FromUnix(seconds, zone)
	if err != nil || seconds == 0 {
		return true
	}
	return (from.IsZero() || from.DaysUntil(day) >= 0) && (to.IsZero() || day.DaysUntil(to) >= 0)
}

func (v *Viewer) ids(ctx context.Context, statuses []string, wanted func(servicetrade.InvoiceRow) (bool, error)) ([]int64, error) {
	rows, err := v.client.Invoices(ctx, servicetrade.InvoiceQuery{Status: statuses})
	if err != nil {
		return nil, fmt.Errorf("list the invoices of account %s: %w", v.o.Connection.AccountID, err)
	}
	var ids []int64
	for _, row := range rows {
		ok, err := wanted(row)
		if err != nil {
			return nil, err
		}
		if ok {
			ids = append(ids, row.ID)
		}
	}
	return ids, nil
}

// File looks at an invoice from a file: a snapshot by itself, the message
// invoice.received that holds one, or an invoice as ServiceTrade's API answers it.
// Of the last one, the customer and all else that it names is read from
// ServiceTrade; the others need nobody.
func (v *Viewer) File(ctx context.Context, path string) (*View, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the invoice: %w", err)
	}
	lenient := protojson.UnmarshalOptions{DiscardUnknown: true}
	received, snap := &tradepostv1.InvoiceReceived{}, &tradepostv1.Snapshot{}
	if lenient.Unmarshal(raw, received) == nil && received.GetSnapshot().GetInvoice() != nil {
		return v.Snapshot(ctx, received.GetSnapshot()), nil
	}
	if lenient.Unmarshal(raw, snap) == nil && snap.GetInvoice() != nil {
		return v.Snapshot(ctx, snap), nil
	}
	inv, err := servicetrade.ReadInvoice(raw)
	if err != nil {
		return nil, fmt.Errorf("%s is neither a snapshot, nor an invoice.received message, nor an invoice of ServiceTrade's API: %w", path, err)
	}
	return v.taken(ctx, inv), nil
}
