package posting

import (
	"google.golang.org/protobuf/proto"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/invoice"
	"github.com/tradepost/tradepost/pkg/mapping"
)

// Links tell how a document looked before ServiceTrade was given the ids that its
// customer and location have in the books.
type Links struct {
	// System is the account's external system in ServiceTrade.
	System string
	// Mapping returns the mapping in force; nil where there is none.
	Mapping func() *mapping.Mapping
}

// linked is the paper with the hash of the document that we wrote last, where the two
// differ only by ids that were written back to ServiceTrade since: nobody edited the
// invoice, and the document in the books says the same.
func (t *try) linked(one paper, live *tradepostv1.DocumentRef) paper {
	if t.Links == nil || live.GetHash() == "" || live.GetHash() == one.hash {
		return one
	}
	for _, before := range t.Links.before(one.doc) {
		if hash, err := invoice.HashOf(before); err == nil && hash == live.GetHash() {
			one.hash = hash
			return one
		}
	}
	return one
}

// before returns the document without the customer's id, without the location's, and
// without either.
func (l *Links) before(d *tradepostv1.Document) []*tradepostv1.Document {
	all := []*tradepostv1.Document{d}
	if l.has(d.GetLocation().GetExternalIds()) {
		other := proto.CloneOf(d)
		delete(other.Location.ExternalIds, l.System)
		if d.GetCustomer().GetStandsForLocation() {
			return l.named(other)
		}
		all = append(all, other)
	}
	if d.GetCustomer().GetStandsForLocation() || !l.has(d.GetCustomer().GetExternalIds()) {
		return all[1:]
	}
	for _, one := range all {
		other := proto.CloneOf(one)
		delete(other.Customer.ExternalIds, l.System)
		all = append(all, l.named(other)...)
	}
	return all[1:]
}

// named is the document with the customer that the mapping finds without the ids; none
// where it finds none: without its id it could not have been posted.
func (l *Links) named(d *tradepostv1.Document) []*tradepostv1.Document {
	m := l.Mapping()
	if m == nil {
		return []*tradepostv1.Document{d}
	}
	q := mapping.CustomerQuery{
		CompanyID: d.GetCustomer().GetCompanyId(), Name: d.GetCustomer().GetName(),
		ExternalIDs: d.GetCustomer().GetExternalIds(), ExternalSystem: l.System,
	}
	if d.GetCustomer().GetStandsForLocation() {
		q.CompanyID, q.Name, q.ExternalIDs = d.GetLocation().GetLocationId(), d.GetLocation().GetName(), d.GetLocation().GetExternalIds()
	}
	a, ok := m.Customer(q)
	if !ok {
		return nil
	}
	d.Customer.Reference = a.Reference
	return []*tradepostv1.Document{d}
}

func (l *Links) has(ids map[string]string) bool { return l.System != "" && ids[l.System] != "" }
