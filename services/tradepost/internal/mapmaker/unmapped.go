package mapmaker

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tradepost/tradepost/pkg/mapping"
	"github.com/tradepost/tradepost/pkg/servicetrade"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/tradepost/internal/match"
)

// unmapped are the records of ServiceTrade that neither an external id nor a table
// row of the mapping names, and how many others there are.
func (o Options) unmapped(ctx context.Context) (records []match.Record, settled int, err error) {
	add := func(known bool, r match.Record) {
		if known {
			settled++
			return
		}
		records = append(records, r)
	}
	switch {
	case o.Kind == Items:
		err = o.items(ctx, add)
	case o.Kind == Terms, o.Kind == Taxes:
		err = o.words(ctx, add)
	case o.Connection.Mapping != nil && o.Connection.Mapping.Customers.Of == mapping.OfLocation:
		err = o.locations(ctx, add)
	default:
		err = o.companies(ctx, add)
	}
	return records, settled, err
}

func (o Options) companies(ctx context.Context, add func(bool, match.Record)) error {
	all, err := o.API.Companies(ctx, MaxRecords)
	for _, c := range all {
		add(o.customer(c.GetId(), c.GetName(), c.GetExternalIds()), match.Record{Key: id(c.GetId()), Name: c.GetName()})
	}
	return err
}

func (o Options) locations(ctx context.Context, add func(bool, match.Record)) error {
	all, err := o.API.Locations(ctx, MaxRecords)
	for _, l := range all {
		add(o.customer(l.GetId(), l.GetName(), l.GetExternalIds()), match.Record{Key: id(l.GetId()), Name: l.GetName()})
	}
	return err
}

// customer tells whether the mapping knows a customer by more than its name.
func (o Options) customer(id int64, name string, ids map[string]string) bool {
	if o.Connection.Mapping == nil {
		return ids[o.ExternalSystem] != ""
	}
	a, ok := o.Connection.Mapping.Customer(mapping.CustomerQuery{CompanyID: id, Name: name, ExternalIDs: ids, ExternalSystem: o.ExternalSystem})
	return ok && certain(a)
}

func (o Options) items(ctx context.Context, add func(bool, match.Record)) error {
	all, err := o.API.LibItems(ctx, MaxRecords)
	for _, i := range all {
		known := i.GetExternalIds()[o.ExternalSystem] != ""
		if m := o.Connection.Mapping; m != nil {
			// Without facts no rule is asked, and no rule can fail.
			a, ok, _ := m.Item(mapping.ItemQuery{
				LibItemID: i.GetId(), Code: i.GetCode(), Name: i.GetName(), ExternalIDs: i.GetExternalIds(), ExternalSystem: o.ExternalSystem,
			})
			known = ok && certain(a)
		}
		add(known, match.Record{Key: id(i.GetId()), Code: i.GetCode(), Name: i.GetName()})
	}
	return err
}

// certain says that a row or an external id decided, and not the record's own name.
func certain(a mapping.Answer) bool {
	return a.TableRow != "" || strings.HasSuffix(a.Rule, ".external_id")
}

func id(n int64) string { return strconv.FormatInt(n, 10) }

// words are the terms or tax groups of the latest invoices.
func (o Options) words(ctx context.Context, add func(bool, match.Record)) error {
	rows, err := o.API.Invoices(ctx, servicetrade.InvoiceQuery{Status: []string{
		servicetrade.StatusOK, servicetrade.StatusPendingAccounting, servicetrade.StatusProcessed, servicetrade.StatusFailed,
	}})
	if err != nil {
		return err
	}
	slices.SortFunc(rows, func(a, b servicetrade.InvoiceRow) int {
		return cmp.Or(cmp.Compare(b.Updated, a.Updated), cmp.Compare(b.ID, a.ID))
	})
	seen := map[string]bool{}
	for _, row := range rows[:min(len(rows), o.Invoices)] {
		inv, err := o.API.Invoice(ctx, row.ID)
		if err != nil {
			return err
		}
		if word := strings.Join(strings.Fields(o.word(inv)), " "); word != "" {
			seen[word] = true
		}
	}
	for _, word := range slices.Sorted(maps.Keys(seen)) {
		add(o.knows(word), match.Record{Key: word, Name: word})
	}
	return nil
}

func (o Options) word(inv *tradepostv1.ServiceTradeInvoice) string {
	if o.Kind == Taxes {
		return inv.GetTaxGroup()
	}
	return inv.GetPaymentTerms()
}

// knows tells whether a table of the mapping has the word. A condition that asks for
// more than the word decides nothing here.
func (o Options) knows(word string) bool {
	m := o.Connection.Mapping
	if m == nil {
		return false
	}
	f := &mapping.Facts{Invoice: mapping.InvoiceFacts{Terms: word}, Line: &mapping.LineFacts{}}
	steps := m.Terms.Steps
	if o.Kind == Taxes {
		f.Invoice = mapping.InvoiceFacts{TaxGroup: word}
		f.Location.TaxGroup = word
		steps = m.Tax.Codes
	}
	a, ok, err := steps.Choose(f)
	return ok && err == nil && a.TableRow != ""
}
