package connectortest

import (
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

var doubtCases = []Case{
	{Name: "an answer lost after the commit leaves one document", Needs: []Capability{LostAnswers}, Run: func(k *Kit) {
		p := k.posting(k.Harness.Sample(1), 1)
		k.LoseAnswers(true)
		answer := k.Connector.Create(k.ctx(), p)
		k.LoseAnswers(false)
		require.Contains(k, []string{"Uncertain", "Posted"}, answerName(answer), "a lost answer is no refusal: %#v", answer)
		k.stays(p.Document, 1)
		k.same(k.find(k.Connector, p.Document, 1)[0], p)
	}},
	{Name: "a repeat after a lost answer leaves one document", Needs: []Capability{LostAnswers}, Run: func(k *Kit) {
		p := k.posting(k.Harness.Sample(1), 1)
		k.LoseAnswers(true)
		k.Connector.Create(k.ctx(), p)
		k.LoseAnswers(false)
		k.find(k.Connector, p.Document, 1)
		k.same(k.again(k.Connector, p).Document, p)
		k.stays(p.Document, 1)
	}},
	{Name: "what a bookkeeper deleted is not found", Needs: []Capability{Deletes}, Run: func(k *Kit) {
		p := k.posting(k.Harness.Sample(1), 1)
		k.create(k.Connector, p)
		k.find(k.Connector, p.Document, 1)
		k.Delete(p.Document.GetMarker())
		k.find(k.Connector, p.Document, 0)
	}},
	{Name: "what a bookkeeper deleted is made anew in the next generation", Needs: []Capability{Deletes}, Run: func(k *Kit) {
		d := k.Harness.Sample(1)
		k.create(k.Connector, k.posting(d, 1))
		k.Delete(d.GetMarker())
		k.find(k.Connector, d, 0)
		next := k.posting(d, 2)
		require.False(k, k.create(k.Connector, next).Adopted)
		k.same(k.find(k.Connector, d, 1)[0], next)
		k.stays(d, 1)
	}},
	{Name: "what a bookkeeper changed is found, without the hash, and is not equal", Needs: []Capability{Tampering}, Run: func(k *Kit) {
		p := k.posting(k.Harness.Sample(1), 1)
		k.create(k.Connector, p)
		before := k.find(k.Connector, p.Document, 1)[0]
		k.Tamper(p.Document.GetMarker())
		after := k.find(k.Connector, p.Document, 1)[0]
		require.Empty(k, after.DocumentHash)
		require.NotEqual(k, before.Version, after.Version)
		equal, _ := connector.Equal(after, p.Document, p.DocumentHash)
		require.False(k, equal)
	}},
}

var refusalCases = []Case{
	{Name: "an unknown account is refused with a fault that helps", Needs: []Capability{KnownAccounts}, Run: func(k *Kit) {
		k.refusedAndNotMade(k.Harness.UnknownAccount)
	}},
	{Name: "an unknown customer is refused with a fault that helps", Needs: []Capability{KnownCustomers}, Run: func(k *Kit) {
		k.refusedAndNotMade(k.Harness.UnknownCustomer)
	}},
	{Name: "a document that does not add up is never posted with another total", Run: func(k *Kit) {
		d := k.Harness.Sample(1)
		d.Totals.Total, d.Source.Total = "10000.01", "10000.01"
		answer := k.Connector.Create(k.ctx(), k.posting(d, 1))
		if posted, ok := answer.(connector.Posted); ok {
			require.Equal(k, "10000.01", posted.Document.Total)
			return
		}
		k.refused(answer)
	}},
	{Name: "a number in use is refused with a fault that helps", Needs: []Capability{UniqueNumbers}, Run: func(k *Kit) {
		first, second := k.Harness.Sample(1), k.Harness.Sample(2)
		second.Number = first.GetNumber()
		k.create(k.Connector, k.posting(first, 1))
		k.refused(k.Connector.Create(k.ctx(), k.posting(second, 1)))
		k.stays(first, 1)
		k.stays(second, 0)
	}},
	{Name: "a preview tells the same faults and makes nothing", Needs: []Capability{Previews, KnownAccounts}, Run: func(k *Kit) {
		preview := k.Connector.(connector.PreviewChecker)
		good := k.Harness.Sample(1)
		faults, err := preview.CheckDocument(k.ctx(), good)
		require.NoError(k, err)
		require.Empty(k, faults)
		k.stays(good, 0)
		bad := k.Harness.Sample(2)
		k.Harness.UnknownAccount(bad)
		faults, err = preview.CheckDocument(k.ctx(), bad)
		require.NoError(k, err)
		require.NotEmpty(k, faults)
		k.stays(bad, 0)
		created := k.refused(k.Connector.Create(k.ctx(), k.posting(bad, 1)))
		require.Equal(k, codes(created.Faults), codes(faults))
	}},
}

func (k *Kit) refusedAndNotMade(spoil func(*tradepostv1.Document)) {
	k.Helper()
	d := k.Harness.Sample(1)
	spoil(d)
	k.refused(k.Connector.Create(k.ctx(), k.posting(d, 1)))
	k.stays(d, 0)
	k.find(k.Connector, d, 0)
}

func codes(faults []*tradepostv1.Fault) []string {
	list := make([]string, 0, len(faults))
	for _, f := range faults {
		list = append(list, f.GetCode())
	}
	return list
}
