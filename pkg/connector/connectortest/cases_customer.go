package connectortest

import (
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// The ids of customers are written to ServiceTrade, and from then on they decide
// which customer an invoice goes to: one that is not the same again would send
// invoices to the wrong customer for ever.
var customerCases = []Case{
	{Name: "a posted document tells its customer", Needs: []Capability{ReportsCustomers}, Run: func(k *Kit) {
		p := k.posting(k.Harness.Sample(1), 1)
		k.customer(p, k.create(k.Connector, p))
	}},
	{Name: "the same posting again tells the same customer", Needs: []Capability{ReportsCustomers}, Run: func(k *Kit) {
		p := k.posting(k.Harness.Sample(1), 1)
		first := k.customer(p, k.create(k.Connector, p))
		again := k.customer(p, k.create(k.Connector, p))
		require.Equal(k, first.ID, again.ID)
		require.False(k, again.Created, "it was there already")
	}},
	{Name: "the next document of a customer tells the same customer", Needs: []Capability{ReportsCustomers}, Run: func(k *Kit) {
		p, next := k.posting(k.Harness.Sample(1), 1), k.posting(k.Harness.Sample(2), 1)
		first := k.customer(p, k.create(k.Connector, p))
		c := k.Reopen()
		_, err := c.Company(k.ctx())
		require.NoError(k, err)
		second := k.customer(next, k.create(c, next))
		require.Equal(k, first.ID, second.ID)
		require.False(k, second.Created, "it was there already")
	}},
	{Name: "a customer that is named by its id stays the same", Needs: []Capability{ReportsCustomers}, Run: func(k *Kit) {
		p := k.posting(k.Harness.Sample(1), 1)
		first := k.customer(p, k.create(k.Connector, p))
		d := k.Harness.Sample(2)
		d.Customer.Reference = &tradepostv1.Reference{By: tradepostv1.ReferenceBy_REFERENCE_BY_ID, Value: first.ID}
		named := k.posting(d, 1)
		second := k.customer(named, k.create(k.Connector, named))
		require.Equal(k, first.ID, second.ID)
		require.False(k, second.Created, "it was there already")
	}},
	{Name: "two customers have two ids", Needs: []Capability{ReportsCustomers}, Run: func(k *Kit) {
		p := k.posting(k.Harness.Sample(1), 1)
		d := k.Harness.Sample(2)
		k.Harness.OtherCustomer(d)
		require.NotEqual(k, p.Document.GetCustomer().GetCompanyId(), d.GetCustomer().GetCompanyId(), "Harness.OtherCustomer")
		other := k.posting(d, 1)
		first := k.customer(p, k.create(k.Connector, p))
		require.NotEqual(k, first.ID, k.customer(other, k.create(k.Connector, other)).ID)
	}},
	{Name: "an update tells the same customer", Needs: []Capability{ReportsCustomers, Updates}, Run: func(k *Kit) {
		p := k.posting(k.Harness.Sample(1), 1)
		first := k.customer(p, k.create(k.Connector, p))
		next := k.posting(k.retotal(p.Document, func(d *tradepostv1.Document) { setAmount(d.Lines[0], "12.08") }), 1)
		updated := k.customer(next, k.update(next, k.find(k.Connector, p.Document, 1)[0]))
		require.Equal(k, first.ID, updated.ID)
		require.False(k, updated.Created, "it was there already")
	}},
}

// customer wants the answer to tell the customer that stands for the document's
// company, once, with an id that a reference can carry.
func (k *Kit) customer(p connector.Posting, posted connector.Posted) connector.Customer {
	k.Helper()
	company := p.Document.GetCustomer().GetCompanyId()
	require.Positive(k, company, "Harness.Sample names a company")
	var of []connector.Customer
	for _, c := range posted.Customers {
		require.Contains(k, []connector.RecordKind{connector.RecordCompany, connector.RecordLocation}, c.Record)
		if c.Record == connector.RecordCompany && c.RecordID == company {
			of = append(of, c)
		}
	}
	require.Len(k, of, 1, "customers told for company %d: %+v", company, posted.Customers)
	require.NotEmpty(k, of[0].ID)
	require.LessOrEqual(k, len([]rune(of[0].ID)), maxReference)
	return of[0]
}

// maxReference is the longest value of a Reference.
const maxReference = 500
