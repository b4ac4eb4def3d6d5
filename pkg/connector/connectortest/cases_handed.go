package connectortest

import (
	"context"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// A send whose document was handed over ends by what Confirm says. Posted too early
// makes an invoice processed that may never be in the books; Rejected too early lets
// it be made a second time.
var handedCases = []Case{
	{Name: "what was handed over is confirmed once it is there, and not before", Needs: []Capability{HandOvers}, Run: func(k *Kit) {
		p := k.posting(k.Harness.Sample(1), 1)
		h := k.handOver(p)
		k.stays(p.Document, 0)
		found, err := k.Connector.Find(k.ctx(), queryOf(p.Document))
		require.True(k, err != nil || len(found) == 0, "find shows what nobody has taken up")
		for range 2 {
			require.Equal(k, "Handed", answerName(k.confirm(k.Connector, h)), "nothing is certain yet")
		}
		k.TakeUp(p.Document.GetMarker(), false)
		k.confirmed(k.Connector, h, p)
		k.same(k.find(k.Connector, p.Document, 1)[0], p)
	}},
	{Name: "what was handed over is confirmed after reopening, whoever asks, and made once", Needs: []Capability{HandOvers}, Run: func(k *Kit) {
		p := k.posting(k.Harness.Sample(1), 1)
		h := k.handOver(p)
		require.Equal(k, "Handed", answerName(k.confirm(k.Reopen(), h)))
		k.TakeUp(p.Document.GetMarker(), false)
		for _, c := range []connector.Connector{k.Reopen(), k.Connector, k.Reopen()} {
			k.confirmed(c, h, p)
		}
	}},
	{Name: "what was handed over and refused is told with its faults", Needs: []Capability{HandOvers}, Run: func(k *Kit) {
		p := k.posting(k.Harness.Sample(1), 1)
		h := k.handOver(p)
		k.TakeUp(p.Document.GetMarker(), true)
		for _, c := range []connector.Connector{k.Connector, k.Reopen()} {
			k.refused(k.confirm(c, h))
		}
		k.stays(p.Document, 0)
	}},
	{Name: "a worker that dies after the hand-over leaves one document", Needs: []Capability{HandOvers}, Run: func(k *Kit) {
		for id, change := range []func(*tradepostv1.Document){
			func(*tradepostv1.Document) {},
			func(d *tradepostv1.Document) { setAmount(d.Lines[0], "12.08") },
		} {
			p := k.posting(k.Harness.Sample(int64(id+1)), 1)
			k.handOver(p)
			// Nobody noted the token. The next worker looks, and makes what it cannot see.
			c := k.Reopen()
			if found, err := c.Find(k.ctx(), queryOf(p.Document)); err == nil && len(found) == 0 {
				c.Create(k.ctx(), k.posting(k.retotal(p.Document, change), 1))
			}
			k.TakeUp(p.Document.GetMarker(), false)
			k.stays(p.Document, 1)
		}
	}},
	{Name: "one hand-over is not taken for another", Needs: []Capability{HandOvers}, Run: func(k *Kit) {
		first, second := k.posting(k.Harness.Sample(1), 1), k.posting(k.Harness.Sample(2), 1)
		one, other := k.handOver(first), k.handOver(second)
		require.NotEqual(k, one.Token, other.Token)
		k.TakeUp(first.Document.GetMarker(), false)
		k.confirmed(k.Connector, one, first)
		require.Equal(k, "Handed", answerName(k.confirm(k.Connector, other)))
		k.TakeUp(second.Document.GetMarker(), true)
		k.refused(k.confirm(k.Connector, other))
		k.confirmed(k.Connector, one, first)
	}},
	{Name: "a confirmation that is stopped says nothing", Needs: []Capability{HandOvers}, Run: func(k *Kit) {
		p := k.posting(k.Harness.Sample(1), 1)
		h := k.handOver(p)
		ctx, cancel := context.WithCancel(k.ctx())
		cancel()
		answer := k.Connector.(connector.Confirmer).Confirm(ctx, h)
		require.NotContains(k, []string{"Posted", "Rejected"}, answerName(answer), "%#v", answer)
	}},
	{Name: "a fenced hand-over is not made", Needs: []Capability{HandOvers}, Run: func(k *Kit) {
		k.handing()
		p := k.posting(k.Harness.Sample(1), 1)
		ctx := connector.WithFence(k.ctx(), func() error { return connector.ErrFenced })
		answer := k.Connector.Create(ctx, p)
		require.NotContains(k, []string{"Posted", "Rejected", "Handed"}, answerName(answer), "%#v", answer)
		k.stays(p.Document, 0)
	}},
}

// handing makes the connector give away what it is told to make.
func (k *Kit) handing() {
	k.Helper()
	require.NotNil(k, k.HandOver, "Target.HandOver is needed")
	require.NotNil(k, k.TakeUp, "Target.TakeUp is needed")
	k.HandOver(true)
}

// handOver gives the document away, and returns what deliver keeps of that.
func (k *Kit) handOver(p connector.Posting) connector.HandedOver {
	k.Helper()
	k.handing()
	answer := k.Connector.Create(k.ctx(), p)
	handed, is := answer.(connector.Handed)
	require.True(k, is, "the answer is %#v, not Handed", answer)
	require.NotEmpty(k, handed.Token, "people look for it in the other program")
	return connector.HandedOver{Token: handed.Token, Query: queryOf(p.Document), DocumentHash: p.DocumentHash}
}

func (k *Kit) confirm(c connector.Connector, h connector.HandedOver) connector.Answer {
	k.Helper()
	return c.(connector.Confirmer).Confirm(k.ctx(), h)
}

// confirmed wants the document to be there, once, and Confirm to show it.
func (k *Kit) confirmed(c connector.Connector, h connector.HandedOver, p connector.Posting) {
	k.Helper()
	answer := k.confirm(c, h)
	posted, is := answer.(connector.Posted)
	require.True(k, is, "the answer is %#v, not Posted", answer)
	k.same(posted.Document, p)
	k.stays(p.Document, 1)
}
