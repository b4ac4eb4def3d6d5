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
	var all []*tradepostv1.Document
	if l.has(d.GetLocation().GetExternalIds()) {
		other := proto.CloneOf(d)
		delete(other.Location.ExternalIds, l.System)
		all = append(all, other)
	}
	if !l.has(d.GetCustomer().GetExternalIds()) {
		return all
	}
	for _, one := range append(all, d) {
		other := proto.CloneOf(one)
		delete(other.Customer.ExternalIds, l.System)
		if m := l.Mapping(); m != nil {
			a, ok := m.Customer(mapping.CustomerQuery{
				CompanyID: other.Customer.CompanyId, Name: other.Customer.Name,
				ExternalIDs: other.Customer.ExternalIds, ExternalSystem: l.System,
			})
			if !ok {
				continue // Without its id it could not have been posted.
			}
			other.Customer.Reference = a.Reference
		}
		all = append(all, other)
	}
	return all
}

func (l *Links) has(ids map[string]string) bool { return l.System != "" && ids[l.System] != "" }
