package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/snapshot"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// placed is how many pending invoices are looked at for the connection that takes them.
const placed = 40

// untaken tells the pending invoices that no connection takes: they wait, and nobody
// else says so in one place. It reads no more than a few of them.
func (p *patient) untaken(ctx context.Context, pending []int64) []Result {
	all := p.config.ConnectionsOf(p.account.ID)
	sure := !slices.ContainsFunc(all, func(c *connection.Connection) bool { return c.Filter != nil || !c.Enabled })
	if len(all) == 0 || sure || len(pending) == 0 {
		return nil
	}
	c, taker := p.check("filters"), snapshot.NewTaker(p.client, p.limit, nil)
	looked := pending[:min(len(pending), placed)]
	type place struct {
		id  int64
		why string
	}
	places, err := each(ctx, looked, func(ctx context.Context, id int64) (place, error) {
		inv, err := p.client.Invoice(ctx, id)
		if err != nil {
			return place{}, err
		}
		snap, err := taker.Place(ctx, inv)
		return place{id, whyUntaken(all, snap)}, err
	})
	if len(places) == 0 {
		return []Result{p.refused(c, err, "read invoices")}
	}
	var waits []string
	for _, one := range places {
		if one.why != "" {
			waits = append(waits, fmt.Sprintf("%d (%s)", one.id, one.why))
		}
	}
	of := fmt.Sprintf("of %d pending, %d looked at", len(pending), len(places))
	if len(waits) == 0 {
		return []Result{c.ok("%s: each has a connection that takes it", of)}
	}
	shown := waits[:min(len(waits), shownInvoices)]
	if more := len(waits) - len(shown); more > 0 {
		shown = append(slices.Clone(shown), fmt.Sprintf("and %d more", more))
	}
	return []Result{c.warn(admin, "Widen a filter, give one connection `filter: otherwise`, or enable the connection; else they stay pending.",
		"%s: %s not taken by any connection: %s", of, areInvoices(len(waits)), strings.Join(shown, "; "))}
}

// whyUntaken says why an invoice waits; "" where one enabled connection takes it.
func whyUntaken(all []*connection.Connection, snap *tradepostv1.Snapshot) string {
	takers := connection.Takers(all, snap)
	switch {
	case len(takers) == 0:
		return "no filter matches: it has " + connection.Describe(snap)
	case len(takers) > 1:
		return "several filters match: it has " + connection.Describe(snap)
	case !takers[0].Enabled:
		return "connection " + takers[0].ID + " takes it, which is disabled"
	}
	return ""
}
