package connectortest

import (
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// crowd is how many documents come after the one that is looked for: more than a page
// of a search usually holds.
const crowd = 110

var findCases = []Case{
	{Name: "a document is found among many newer ones", Run: func(k *Kit) {
		p := k.posting(k.Harness.Sample(1), 1)
		k.create(k.Connector, p)
		for id := int64(2); id <= crowd+1; id++ {
			k.create(k.Connector, k.posting(k.Harness.Sample(id), 1))
		}
		last := k.Harness.Sample(crowd + 1)
		k.same(k.find(k.Connector, last, 1)[0], k.posting(last, 1))
		k.same(k.find(k.Connector, p.Document, 1)[0], p)
		k.same(k.find(k.Reopen(), p.Document, 1)[0], p)
	}},
	{Name: "two documents with one marker are both told", Needs: []Capability{Copies}, Run: func(k *Kit) {
		d := k.Harness.Sample(1)
		k.create(k.Connector, k.posting(d, 1))
		k.find(k.Connector, d, 1)
		k.Copy(d.GetMarker())
		k.tellsEach(d, 2)
	}},
}

// tellsEach wants find to tell all n documents of a marker, also where it is asked for
// one of them by its id.
func (k *Kit) tellsEach(d *tradepostv1.Document, n int) {
	k.Helper()
	k.stays(d, n)
	for _, f := range k.find(k.Connector, d, n) {
		q := queryOf(d)
		q.ID = f.ID
		found, err := k.Connector.Find(k.ctx(), q)
		require.NoError(k, err)
		require.Len(k, found, n, "asked for %s by its id: whoever is told of one only takes it for all", f.ID)
	}
	k.find(k.Reopen(), d, n)
}

// createdTwice stands for a copy that a bookkeeper makes: whatever a second create
// leaves in the books, find tells all of it.
func createdTwice(k *Kit) {
	d := k.Harness.Sample(1)
	k.create(k.Connector, k.posting(d, 1))
	k.find(k.Connector, d, 1)
	answer := k.Reopen().Create(k.ctx(), k.posting(d, 2))
	n := k.Count(d.GetMarker())
	if posted, is := answer.(connector.Posted); is && !posted.Adopted {
		require.Equal(k, 2, n, "it says that it made another one")
	}
	k.tellsEach(d, n)
}
