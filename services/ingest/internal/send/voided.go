package send

import (
	"context"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/servicetrade"
)

// Voided looks at an invoice that a list showed as void. Most were never posted, or
// are settled: the record tells, and they cost no call. One whose send is open is left
// to it; whoever settles that send asks for another look.
func (o *Opener) Voided(ctx context.Context, row servicetrade.InvoiceRow) error {
	e, err := o.Store.Get(ctx, o.key(row.ID))
	if err == nil && len(record.Elsewhere(e.Record)) > 0 && !o.Desk.waiting.stillWaits(row) {
		return o.lookElsewhere(ctx, e, row.Updated)
	}
	if err == nil && e.State() == record.Handed && !record.OfVoid(e.Record) {
		o.Log.WarnContext(ctx, "an invoice was voided while it waits to be imported: keep it out of the books, or confirm what became of it; tradepost doctor says how",
			"invoice", e.Key.InvoiceID, "connection", e.Record.GetConnection(), "document", e.Record.GetHandedToken())
	}
	if err != nil || record.VoidDue(e.Record) == "" {
		return err
	}
	return o.open(ctx, e, opens{status: servicetrade.StatusVoid, listed: row.Updated})
}

// seen is what the send is opened for, once the invoice is read: one that is void, and
// stands in the books, is a send too, whoever found it and whatever he expected.
func (w opens) seen(inv *tradepostv1.ServiceTradeInvoice, e record.Entry) opens {
	if inv.GetStatus() == servicetrade.StatusVoid && w.status == servicetrade.StatusPendingAccounting && record.VoidDue(e.Record) != "" {
		w.status = servicetrade.StatusVoid
	}
	return w
}

// voidable tells whether a void send may be opened now.
func (w opens) voidable(e record.Entry) bool {
	return record.VoidDue(e.Record) != "" || w.again && record.VoidFailed(e.Record)
}

// voidedOn is the connection of a void: the one whose books hold the documents, whoever
// takes the invoice by now. "" while that is not served; a later sweep finds the invoice
// again, as long as its change is not older than the sweeps look back.
func (o *Opener) voidedOn(ctx context.Context, e record.Entry) string {
	id := record.StandsIn(e.Record)
	if why := o.Desk.closed(id); why != "" {
		o.Log.WarnContext(ctx, "an invoice was voided after it was posted; nothing is done in the books while its connection is not served",
			"invoice", e.Key.InvoiceID, "connection", id, "reason", why)
		return ""
	}
	o.Desk.waiting.leave(e.Key.InvoiceID)
	return id
}

// keeper is the connection that a send goes on with which is held for a document in
// other books, once its invoice is void: nothing is posted any more, and what stands in
// those books is taken back over their own connection. "" where that is not so, or not
// served.
func (o *Opener) keeper(inv *tradepostv1.ServiceTradeInvoice, e record.Entry) string {
	if inv.GetStatus() != servicetrade.StatusVoid {
		return ""
	}
	has := record.Elsewhere(e.Record)[0].GetConnection()
	if o.Desk.closed(has) != "" {
		return ""
	}
	return has
}
