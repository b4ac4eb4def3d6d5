package doctor

import (
	"context"
	"fmt"
	"time"

	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/servicetrade"
)

// voidSlack is how much earlier than the hand-over a void is looked for: ServiceTrade's
// clock and ours differ.
const voidSlack = time.Hour

// voidedWaiting tells the invoices that were voided in ServiceTrade while they wait in an
// import file: as long as nobody imported it, people can keep them out of the books. The
// send itself sees the void only once it is known what became of the file.
func (p *patient) voidedWaiting(ctx context.Context) []Result {
	c := p.check("handed over")
	handed, since := p.handed(ctx)
	if len(handed) == 0 {
		return nil
	}
	rows, err := p.client.Invoices(ctx, servicetrade.InvoiceQuery{
		Status: []string{servicetrade.StatusVoid}, Type: servicetrade.TypeInvoice, UpdatedAfter: since.Add(-voidSlack),
	})
	if err != nil {
		return []Result{p.refused(c, err, "list voided invoices")}
	}
	var voided []record.Entry
	for _, row := range rows {
		if e, waits := handed[row.ID]; waits {
			voided = append(voided, e)
		}
	}
	if len(voided) == 0 {
		return nil
	}
	list := namedFew(voided, func(e record.Entry) string {
		return fmt.Sprintf("%s, handed over as %s", e.Record.GetConnection(), e.Record.GetHandedToken())
	})
	return []Result{c.warn(bookkeeper, "`tradepost confirm CONNECTION` names their files. A file that nobody imported: reject it, and send its other invoices again. "+
		"One that was imported: confirm it; then Tradepost tells what is to be taken back.",
		"%s voided in ServiceTrade, and waiting in an import file: %s", areInvoices(len(voided)), list)}
}

// handed are the account's invoices that were handed over, and since when the first of
// them is. What takes a void invoice back is meant to be imported. What of the records
// cannot be read the checks of NATS tell.
func (p *patient) handed(ctx context.Context) (handed map[int64]record.Entry, since time.Time) {
	n, ok := p.nats.get(ctx)
	if !ok || n.js == nil {
		return nil, since
	}
	store, err := record.Open(ctx, n.js)
	if err != nil {
		return nil, since
	}
	handed = map[int64]record.Entry{}
	_ = store.Each(ctx, func(e record.Entry) error {
		if e.State() != record.Handed || record.OfVoid(e.Record) || e.Key.Account != p.account.ID || !p.concerns(e.Key.Account, e.Record.GetConnection()) {
			return nil
		}
		if handed[e.Key.InvoiceID] = e; since.IsZero() || e.At.Before(since) {
			since = e.At
		}
		return nil
	})
	return handed, since
}
