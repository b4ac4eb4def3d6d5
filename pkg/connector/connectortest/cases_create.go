package connectortest

import (
	"context"
	"sync"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

var companyCases = []Case{
	{Name: "check of a good company is clean", Run: func(k *Kit) {
		require.Empty(k, k.Connector.Check(k.ctx()))
	}},
	{Name: "check changes nothing", Run: func(k *Kit) {
		d := k.Harness.Sample(1)
		k.create(k.Connector, k.posting(d, 1))
		before := k.find(k.Connector, d, 1)
		k.Connector.Check(k.ctx())
		require.Equal(k, before, k.find(k.Connector, d, 1))
	}},
	{Name: "company id is the same after reopening", Run: func(k *Kit) {
		first, err := k.Connector.Company(k.ctx())
		require.NoError(k, err)
		require.NotEmpty(k, first.ID)
		second, err := k.Reopen().Company(k.ctx())
		require.NoError(k, err)
		require.Equal(k, first, second)
	}},
	{Name: "two companies have two ids", Run: func(k *Kit) {
		first, err := k.Connector.Company(k.ctx())
		require.NoError(k, err)
		second, err := k.Harness.New(k.T).Connector.Company(k.ctx())
		require.NoError(k, err)
		require.NotEqual(k, first.ID, second.ID)
	}},
	{Name: "the descriptor is complete and constant", Run: func(k *Kit) {
		d := k.Connector.Describe()
		require.NotEmpty(k, d.Kind)
		require.NotEmpty(k, d.Title)
		require.Positive(k, d.CallTimeout)
		require.Positive(k, d.MaxInFlight)
		require.GreaterOrEqual(k, d.SettlingTime, 0*d.SettlingTime)
		require.Equal(k, d, k.Reopen().Describe())
	}},
}

var createCases = []Case{
	{Name: "find of nothing is empty", Run: func(k *Kit) {
		k.find(k.Connector, k.Harness.Sample(1), 0)
	}},
	{Name: "what was created is found", Run: func(k *Kit) {
		p := k.posting(k.Harness.Sample(1), 1)
		posted := k.create(k.Connector, p)
		require.False(k, posted.Adopted)
		k.same(posted.Document, p)
		found := k.find(k.Connector, p.Document, 1)[0]
		k.same(found, p)
		require.Equal(k, posted.Document.ID, found.ID)
		require.Equal(k, posted.Document.Number, found.Number)
		require.Equal(k, posted.Document.Version, found.Version)
		k.stays(p.Document, 1)
	}},
	{Name: "what was created is found by its id", Run: func(k *Kit) {
		p := k.posting(k.Harness.Sample(1), 1)
		posted := k.create(k.Connector, p)
		k.find(k.Connector, p.Document, 1)
		q := queryOf(p.Document)
		q.ID = posted.Document.ID
		found, err := k.Connector.Find(k.ctx(), q)
		require.NoError(k, err)
		require.Len(k, found, 1, "found by id and by marker, told once")
		require.Equal(k, posted.Document.ID, found[0].ID)
	}},
	{Name: "what was created is found after reopening", Run: func(k *Kit) {
		p := k.posting(k.Harness.Sample(1), 1)
		k.create(k.Connector, p)
		again := k.Reopen()
		_, err := again.Company(k.ctx())
		require.NoError(k, err)
		k.same(k.find(again, p.Document, 1)[0], p)
	}},
	{Name: "markers with the same beginning are not mixed up", Run: func(k *Kit) {
		first, second := k.posting(k.Harness.Sample(1), 1), k.posting(k.Harness.Sample(10), 1)
		k.create(k.Connector, second)
		k.find(k.Connector, first.Document, 0)
		k.create(k.Connector, first)
		k.same(k.find(k.Connector, first.Document, 1)[0], first)
		k.same(k.find(k.Connector, second.Document, 1)[0], second)
	}},
	{Name: "the same posting twice makes one document", Run: func(k *Kit) {
		p := k.posting(k.Harness.Sample(1), 1)
		k.create(k.Connector, p)
		k.same(k.repeat(k.Connector, p), p)
		k.stays(p.Document, 1)
	}},
	{Name: "the same posting after a restart makes one document", Run: func(k *Kit) {
		p := k.posting(k.Harness.Sample(1), 1)
		k.create(k.Connector, p)
		again := k.Reopen()
		_, err := again.Company(k.ctx())
		require.NoError(k, err)
		k.same(k.repeat(again, p), p)
		k.stays(p.Document, 1)
	}},
	{Name: "concurrent creates make one document", Run: concurrentCreates},
	{Name: "a fenced write is not made", Run: func(k *Kit) {
		p := k.posting(k.Harness.Sample(1), 1)
		ctx := connector.WithFence(k.ctx(), func() error { return connector.ErrFenced })
		answer := k.Connector.Create(ctx, p)
		require.NotContains(k, []string{"Posted", "Rejected"}, answerName(answer), "%#v", answer)
		k.stays(p.Document, 0)
		k.create(k.Connector, p)
		k.stays(p.Document, 1)
	}},
	{Name: "a call that was stopped before it began makes nothing", Run: func(k *Kit) {
		p := k.posting(k.Harness.Sample(1), 1)
		ctx, cancel := context.WithCancel(k.ctx())
		cancel()
		answer := k.Connector.Create(ctx, p)
		require.NotContains(k, []string{"Posted", "Rejected"}, answerName(answer), "%#v", answer)
		k.stays(p.Document, 0)
		_, err := k.Connector.Find(ctx, queryOf(p.Document))
		require.Error(k, err, "a find that was stopped is no empty find")
	}},
}

func concurrentCreates(k *Kit) {
	p := k.posting(k.Harness.Sample(1), 1)
	if !k.Connector.Describe().AtomicMarker {
		k.Skip("the descriptor says that a second marker is not refused atomically: deliver's claim keeps creates apart")
	}
	const workers = 8
	answers := make([]connector.Answer, workers)
	connectors := make([]connector.Connector, workers)
	contexts := make([]context.Context, workers)
	for i := range workers {
		connectors[i], contexts[i] = k.Connector, k.ctx()
		if i%2 == 1 {
			connectors[i] = k.Reopen()
		}
	}
	var wg sync.WaitGroup
	for i := range workers {
		wg.Go(func() { answers[i] = connectors[i].Create(contexts[i], p) })
	}
	wg.Wait()
	made := 0
	for _, a := range answers {
		if posted, ok := a.(connector.Posted); ok {
			k.same(posted.Document, p)
			if !posted.Adopted {
				made++
			}
		} else {
			require.NotEqual(k, "Rejected", answerName(a), "%#v", a)
		}
	}
	require.LessOrEqual(k, made, 1, "at most one call made the document")
	k.stays(p.Document, 1)
	k.same(k.find(k.Connector, p.Document, 1)[0], p)
}

func answerName(a connector.Answer) string {
	switch a.(type) {
	case connector.Posted:
		return "Posted"
	case connector.Rejected:
		return "Rejected"
	case connector.Wait:
		return "Wait"
	case connector.Handed:
		return "Handed"
	case connector.Uncertain:
		return "Uncertain"
	}
	return "nothing"
}

// memoOf turns a sample into a credit memo.
func memoOf(d *tradepostv1.Document) {
	d.Kind = tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO
}
