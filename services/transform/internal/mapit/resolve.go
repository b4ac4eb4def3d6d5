// Package mapit applies the mapping of a connection: it finds the customer, the
// items and the accounts that an invoice names, and writes the document with the
// reason for each of its fields.
package mapit

import (
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/mapping"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/transform/internal/normalise"
)

// maxReference is the longest name of a record that a document carries.
const maxReference = 500

// Resolver finds what the books call things.
type Resolver struct {
	Mapping        *mapping.Mapping
	Connection     string
	ExternalSystem string
}

// Resolved is what was found for one invoice.
type Resolved struct {
	Customer mapping.Answer
	// Items has one answer for each line, in the order of the lines.
	Items []mapping.Answer
}

// Resolve looks up the customer and the item of every line, and tells all that
// are not found; an item that several lines use is told once.
func (r Resolver) Resolve(inv *normalise.Invoice) (Resolved, []*tradepostv1.Fault) {
	var res Resolved
	var faults []*tradepostv1.Fault
	if inv.Customer.ID != 0 && inv.Customer.Name != "" {
		var f []*tradepostv1.Fault
		res.Customer, f = r.customer(inv.Customer)
		faults = append(faults, f...)
	}
	items, f := r.items(inv.Lines)
	res.Items = items
	return res, append(faults, f...)
}

func (r Resolver) customer(c normalise.Customer) (mapping.Answer, []*tradepostv1.Fault) {
	thing := `Customer "` + c.Name + `"`
	a, ok := r.Mapping.Customer(mapping.CustomerQuery{
		CompanyID:      c.ID,
		Name:           c.Name,
		ExternalIDs:    c.Company.GetExternalIds(),
		ExternalSystem: r.ExternalSystem,
	})
	if !ok {
		return a, []*tradepostv1.Fault{fault.New("customer.not_mapped", fault.Args{
			Path: "customer", Thing: thing, Params: map[string]string{"ways": r.customerWays()},
		})}
	}
	return a, r.tooLong(a, "customer", thing)
}

func (r Resolver) items(lines []normalise.Line) ([]mapping.Answer, []*tradepostv1.Fault) {
	answers := make([]mapping.Answer, len(lines))
	var faults []*tradepostv1.Fault
	missing := newUnmapped()
	for i, l := range lines {
		a, ok := r.item(l.LibItem)
		answers[i] = a
		path := fmt.Sprintf("items[%d].libItem", i)
		switch {
		case ok:
			faults = append(faults, r.tooLong(a, path, itemThing(l.LibItem))...)
		case l.LibItem.GetId() == 0 && l.LibItem.GetName() == "" && l.LibItem.GetCode() == "":
			faults = append(faults, fault.New("line.item_missing", fault.Args{Path: path, Thing: normalise.Thing(l)}))
		default:
			missing.add(l, path)
		}
	}
	return answers, append(faults, missing.faults(r.itemWays())...)
}

func (r Resolver) item(l *tradepostv1.ServiceTradeLibItem) (mapping.Answer, bool) {
	return r.Mapping.Item(mapping.ItemQuery{
		LibItemID:      l.GetId(),
		Code:           l.GetCode(),
		Name:           l.GetName(),
		ExternalIDs:    l.GetExternalIds(),
		ExternalSystem: r.ExternalSystem,
	})
}

// tooLong refuses a key of the books that no document can carry; only an
// external id can be that long, since the mapping file is checked when it is read.
func (r Resolver) tooLong(a mapping.Answer, path, thing string) []*tradepostv1.Fault {
	n := utf8.RuneCountInString(a.Reference.GetValue())
	if n <= maxReference {
		return nil
	}
	return []*tradepostv1.Fault{fault.New("text.too_long", fault.Args{Path: path + "." + a.SourceField, Thing: thing, Params: map[string]string{
		"field": "link to the books", "length": strconv.Itoa(n), "limit": strconv.Itoa(maxReference),
	}})}
}

// itemThing names a library item as a person would: Item FLT-20 "Filter 20x20".
func itemThing(l *tradepostv1.ServiceTradeLibItem) string {
	code, name := fault.OneLine(l.GetCode()), fault.Clip(fault.OneLine(l.GetName()), 60)
	switch {
	case code != "" && name != "" && code != name:
		return "Item " + code + ` "` + name + `"`
	case code != "":
		return "Item " + code
	case name != "":
		return `Item "` + name + `"`
	default:
		return fmt.Sprintf("Item %d", l.GetId())
	}
}
