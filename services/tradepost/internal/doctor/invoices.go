package doctor

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/tradepost/tradepost/pkg/servicetrade"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// samples is how many invoices are looked at closely.
const samples = 10

// listed is what the lists of invoices showed.
type listed struct {
	// known says that the lists could be read.
	known    bool
	everSent bool
	// sample holds ids of pending invoices first, then of others.
	sample []int64
	// pending holds the ids of those that wait for accounting.
	pending []int64
	// failed holds ids of failed invoices, those that changed last first.
	failed []int64
}

// invoices lists what is pending, and looks whether anything was ever sent.
func (p *patient) invoices(ctx context.Context) (listed, []Result) {
	c := p.check("invoices")
	pending, err := p.client.Invoices(ctx, servicetrade.InvoiceQuery{Status: []string{servicetrade.StatusPendingAccounting}})
	if err != nil {
		return listed{}, []Result{p.refused(c, err, "list invoices")}
	}
	found := listed{known: true, everSent: len(pending) > 0, sample: idsOf(pending), pending: idsOf(pending)}
	counts := []string{fmt.Sprintf("%d pending_accounting", len(pending))}
	for _, status := range []string{servicetrade.StatusFailed, servicetrade.StatusProcessed} {
		rows, more, err := p.first(ctx, status)
		if err != nil {
			return found, []Result{p.refused(c, err, "list invoices")}
		}
		found.everSent = found.everSent || len(rows) > 0
		found.sample = append(found.sample, idsOf(rows)...)
		if status == servicetrade.StatusFailed {
			found.failed = idsOf(latest(rows))
		}
		counts = append(counts, fmt.Sprintf("%s%d %s", more, len(rows), status))
	}
	if len(found.sample) == 0 {
		rows, _, _ := p.first(ctx, servicetrade.StatusOK, servicetrade.StatusSent, servicetrade.StatusPaid)
		found.sample = idsOf(rows)
	}
	r := c.ok("%s", strings.Join(counts, ", "))
	if !found.everSent {
		r.Looked += ": none was ever sent to accounting; how to set ServiceTrade up is told below"
	}
	return found, []Result{r}
}

// first lists the first page of some statuses. more is "at least " where the page
// is full.
func (p *patient) first(ctx context.Context, statuses ...string) (rows []servicetrade.InvoiceRow, more string, err error) {
	only := withFirstPage(ctx)
	rows, err = p.client.Invoices(only, servicetrade.InvoiceQuery{Status: statuses})
	if err != nil && only.Err() != nil && ctx.Err() == nil {
		more, err = "at least ", nil
	}
	return rows, more, err
}

// latest sorts rows by their last change, the latest first.
func latest(rows []servicetrade.InvoiceRow) []servicetrade.InvoiceRow {
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b servicetrade.InvoiceRow) int { return cmp.Compare(b.Updated, a.Updated) })
	return rows
}

func idsOf(rows []servicetrade.InvoiceRow) []int64 {
	ids := make([]int64, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	return ids
}

type invoices []*tradepostv1.ServiceTradeInvoice

// records reads a few invoices and one of each kind of record that belongs to them.
func (p *patient) records(ctx context.Context, ids []int64) (invoices, []Result) {
	c := p.check("records")
	if len(ids) == 0 {
		return nil, []Result{c.skip("there is no invoice to look at")}
	}
	read, err := each(ctx, ids[:min(len(ids), samples)], p.client.Invoice)
	if len(read) == 0 {
		return nil, []Result{p.refused(c, err, "read invoices")}
	}
	looked := []string{fmt.Sprintf("invoice %d", read[0].GetId())}
	var results []Result
	for _, k := range p.related() {
		at := slices.IndexFunc(read, func(inv *tradepostv1.ServiceTradeInvoice) bool { return k.id(inv) > 0 })
		if at < 0 {
			results = append(results, c.skip("no invoice that was looked at has a %s, so reading one was not tried", k.word))
			continue
		}
		id := k.id(read[at])
		err := k.read(ctx, id)
		switch {
		case servicetrade.IsNotFound(err):
			results = append(results, c.warn("office", "Look whether it was deleted or merged in ServiceTrade.",
				"invoice %d names the %s %d, which does not exist", read[at].GetId(), k.word, id))
		case err != nil:
			results = append(results, p.refused(c, err, "read a "+k.word))
		default:
			looked = append(looked, fmt.Sprintf("%s %d", k.word, id))
		}
	}
	return read, append([]Result{c.ok("can be read: %s", strings.Join(looked, ", "))}, results...)
}

// relation is one kind of record that invoices name.
type relation struct {
	word string
	id   func(*tradepostv1.ServiceTradeInvoice) int64
	read func(context.Context, int64) error
}

func (p *patient) related() []relation {
	type inv = *tradepostv1.ServiceTradeInvoice
	return []relation{
		{"company", func(i inv) int64 { return i.GetCustomer().GetId() }, reads(p.client.Company)},
		{"location", func(i inv) int64 { return i.GetLocation().GetId() }, reads(p.client.Location)},
		{"job", func(i inv) int64 { return i.GetJob().GetId() }, reads(p.client.Job)},
		{"library item", libItemOf, reads(p.client.LibItem)},
	}
}

func libItemOf(inv *tradepostv1.ServiceTradeInvoice) int64 {
	for _, item := range inv.GetItems() {
		if id := item.GetLibItem().GetId(); id > 0 {
			return id
		}
	}
	return 0
}

func reads[T any](read func(context.Context, int64) (T, error)) func(context.Context, int64) error {
	return func(ctx context.Context, id int64) error {
		_, err := read(ctx, id)
		return err
	}
}

// each reads several records at once and returns those that could be read, in
// order, with the first error.
func each[T any](ctx context.Context, ids []int64, read func(context.Context, int64) (T, error)) ([]T, error) {
	all := make([]*T, len(ids))
	var g errgroup.Group
	for i, id := range ids {
		g.Go(func() error {
			record, err := read(ctx, id)
			if err == nil {
				all[i] = &record
			}
			return err
		})
	}
	err := g.Wait()
	var found []T
	for _, record := range all {
		if record != nil {
			found = append(found, *record)
		}
	}
	return found, err
}
