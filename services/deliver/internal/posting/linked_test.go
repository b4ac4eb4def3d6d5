package posting_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/mapping"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/deliver/internal/posting"
)

// The ids that customer and location have in the books were written to ServiceTrade
// after the first posting: the same invoice, sent again, changes nothing.
func TestIdsThatWereWrittenBackAreNoEdit(t *testing.T) {
	for name, c := range map[string]struct {
		mapping string
		linked  func(d *tradepostv1.Document)
		updates int
	}{
		"the company's": {"version: 1\ncustomers: {match: [external_id, name]}\nitems: {default: Service}\n", func(d *tradepostv1.Document) {
			d.Customer.ExternalIds = map[string]string{"accounting": "C100"}
			d.Customer.Reference = &tradepostv1.Reference{By: tradepostv1.ReferenceBy_REFERENCE_BY_ID, Value: "C100"}
		}, 0},
		"the location's": {"version: 1\ncustomers: {of: location, match: [external_id, name]}\nitems: {default: Service}\n", func(d *tradepostv1.Document) {
			d.Location.ExternalIds = map[string]string{"accounting": "C100"}
			d.Customer.Reference = &tradepostv1.Reference{By: tradepostv1.ReferenceBy_REFERENCE_BY_ID, Value: "C100"}
		}, 0},
		"another customer": {"version: 1\ncustomers: {match: [name]}\nitems: {default: Service}\n", func(d *tradepostv1.Document) {
			d.Customer.Reference = &tradepostv1.Reference{By: tradepostv1.ReferenceBy_REFERENCE_BY_ID, Value: "C200"}
		}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, func(t *testing.T, w *workbench) {
				m, err := mapping.Parse([]byte(c.mapping), "mapping.yaml")
				require.NoError(t, err)
				p := w.poster("a")
				p.Links = &posting.Links{System: "accounting", Mapping: func() *mapping.Mapping { return m }}
				first := w.ready(w.open())
				d := first.Documents[0]
				d.Location = &tradepostv1.Location{LocationId: 9, Name: "North wing"}
				byName := d.Customer.Name
				if d.Customer.StandsForLocation = m.Customers.Of == mapping.OfLocation; d.Customer.StandsForLocation {
					byName = d.Location.Name
				}
				d.Customer.Reference = &tradepostv1.Reference{By: tradepostv1.ReferenceBy_REFERENCE_BY_NAME, Value: byName}
				w.deliver(p, w.replay(first))
				require.Equal(t, 1, w.books.creates)

				w.edit("522.50") // the same total: sent again as it is
				again := w.ready(w.open())
				again.Documents[0].Location, again.Documents[0].Customer = d.Location, d.Customer
				c.linked(again.Documents[0])
				w.deliver(p, w.replay(again))
				require.NotNil(t, w.outcome().GetOutcome().GetPosted())
				require.Equal(t, c.updates, w.books.updates)
			})
		})
	}
}
