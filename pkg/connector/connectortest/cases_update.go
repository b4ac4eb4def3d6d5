package connectortest

import (
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

var updateCases = []Case{
	{Name: "an update keeps one document and its id", Needs: []Capability{Updates}, Run: func(k *Kit) {
		found, next := k.postedAndNext()
		updated := k.update(next, found)
		k.same(updated.Document, next)
		require.Equal(k, found.ID, updated.Document.ID)
		after := k.find(k.Connector, next.Document, 1)[0]
		k.same(after, next)
		require.NotEqual(k, found.Version, after.Version)
		k.stays(next.Document, 1)
	}},
	{Name: "an update of a stale version is refused", Needs: []Capability{Updates}, Run: func(k *Kit) {
		found, next := k.postedAndNext()
		k.update(next, found)
		third := k.posting(k.retotal(next.Document, func(d *tradepostv1.Document) { setAmount(d.Lines[0], "13.09") }), 1)
		answer := k.Connector.(connector.Updater).Update(k.ctx(), third, found)
		require.NotContains(k, []string{"Posted", "Handed"}, answerName(answer), "%#v", answer)
		k.notOurs(answer, third)
		k.same(k.find(k.Connector, next.Document, 1)[0], next)
	}},
	{Name: "an update over a bookkeeper's change is refused", Needs: []Capability{Updates, Tampering}, Run: func(k *Kit) {
		found, next := k.postedAndNext()
		k.Tamper(next.Document.GetMarker())
		tampered := k.find(k.Connector, next.Document, 1)[0]
		answer := k.Connector.(connector.Updater).Update(k.ctx(), next, found)
		require.NotContains(k, []string{"Posted", "Handed"}, answerName(answer), "%#v", answer)
		k.notOurs(answer, next)
		require.Equal(k, tampered, k.find(k.Connector, next.Document, 1)[0])
	}},
	{Name: "an update whose answer was lost can be repeated", Needs: []Capability{Updates, ContentHash}, Run: func(k *Kit) {
		found, next := k.postedAndNext()
		first := k.update(next, found)
		again := k.update(next, found)
		require.Equal(k, first.Document, again.Document)
		k.stays(next.Document, 1)
	}},
	{Name: "a fenced update is not made", Needs: []Capability{Updates}, Run: func(k *Kit) {
		found, next := k.postedAndNext()
		ctx := connector.WithFence(k.ctx(), func() error { return connector.ErrFenced })
		answer := k.Connector.(connector.Updater).Update(ctx, next, found)
		require.NotContains(k, []string{"Posted", "Rejected"}, answerName(answer), "%#v", answer)
		require.Equal(k, found, k.find(k.Connector, next.Document, 1)[0])
	}},
	{Name: "an update of a document that is gone makes none", Needs: []Capability{Updates, Deletes}, Run: func(k *Kit) {
		found, next := k.postedAndNext()
		k.Delete(next.Document.GetMarker())
		answer := k.Connector.(connector.Updater).Update(k.ctx(), next, found)
		require.NotEqual(k, "Posted", answerName(answer), "%#v", answer)
		k.stays(next.Document, 0)
	}},
}

// postedAndNext posts the sample, and returns it as found with its successor.
func (k *Kit) postedAndNext() (connector.Found, connector.Posting) {
	k.Helper()
	d := k.Harness.Sample(1)
	k.create(k.Connector, k.posting(d, 1))
	next := k.retotal(d, func(d *tradepostv1.Document) { setAmount(d.Lines[0], "12.08") })
	return k.find(k.Connector, d, 1)[0], k.posting(next, 1)
}

// notOurs wants that a rejection does not call its document one that p wrote.
func (k *Kit) notOurs(answer connector.Answer, p connector.Posting) {
	k.Helper()
	r, _ := answer.(connector.Rejected)
	if r.Document == nil {
		return
	}
	require.False(k, r.Written, "somebody else wrote %#v", *r.Document)
	require.NotEqual(k, p.DocumentHash, r.Document.DocumentHash)
}

func (k *Kit) update(p connector.Posting, found connector.Found) connector.Posted {
	k.Helper()
	answer := k.Connector.(connector.Updater).Update(k.ctx(), p, found)
	posted, ok := answer.(connector.Posted)
	require.True(k, ok, "update %s answered %#v, not Posted", p.Document.GetMarker(), answer)
	return posted
}
