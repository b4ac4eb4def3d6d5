package connectortest

import (
	"context"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
)

// otherWorker is how long a stopped worker leaves the other one alone: a connector
// that holds a lock until its write is done makes that one wait in vain.
const otherWorker = time.Second

var workerCases = []Case{
	{Name: "a stopped worker that wakes up makes nothing", Run: func(k *Kit) {
		p := k.posting(k.Harness.Sample(1), 1)
		var during connector.Answer
		other := k.Reopen()
		asleep := connector.WithFence(k.ctx(), func() error {
			ctx, cancel := context.WithTimeout(k.ctx(), otherWorker)
			defer cancel()
			during = other.Create(ctx, p)
			return connector.ErrFenced
		})
		woken := k.Connector.Create(asleep, p)
		require.NotNil(k, during, "create has to ask CheckFence")
		require.NotContains(k, []string{"Rejected", "Handed"}, answerName(woken), "%#v", woken)
		require.NotEqual(k, "Rejected", answerName(during), "%#v", during)
		k.settled(p)
	}},
	{Name: "a call that is stopped right before its write tells the truth", Run: func(k *Kit) {
		p := k.posting(k.Harness.Sample(1), 1)
		ctx, cancel := context.WithCancel(k.ctx())
		defer cancel()
		k.truth(k.Connector.Create(connector.WithFence(ctx, func() error { cancel(); return nil }), p), p)
		k.settled(p)
	}},
	{Name: "a call whose time runs out right before its write tells the truth", Run: func(k *Kit) {
		p := k.posting(k.Harness.Sample(1), 1)
		ctx, cancel := context.WithTimeout(k.ctx(), 300*time.Millisecond)
		defer cancel()
		k.truth(k.Connector.Create(connector.WithFence(ctx, func() error { <-ctx.Done(); return nil }), p), p)
		k.settled(p)
	}},
	{Name: "two workers that look before they create make one document", Run: lookThenCreate},
	{Name: "a posting is replayed after its success, and nothing changes", Run: func(k *Kit) {
		p := k.posting(k.Harness.Sample(1), 1)
		k.create(k.Connector, p)
		before := k.find(k.Connector, p.Document, 1)[0]
		for range 3 {
			again := k.again(k.Reopen(), p)
			require.Equal(k, before.ID, again.Document.ID)
		}
		require.Equal(k, before, k.find(k.Connector, p.Document, 1)[0])
		k.stays(p.Document, 1)
	}},
}

// lookThenCreate has two workers do what deliver does under its claim: one after the
// other, each with a look before it creates.
func lookThenCreate(k *Kit) {
	p := k.posting(k.Harness.Sample(1), 1)
	var claim sync.Mutex
	var wg sync.WaitGroup
	for _, c := range []connector.Connector{k.Connector, k.Reopen()} {
		ctx := k.ctx()
		wg.Go(func() {
			claim.Lock()
			defer claim.Unlock()
			if found, err := c.Find(ctx, queryOf(p.Document)); err == nil && len(found) == 0 {
				c.Create(ctx, p)
				k.awaitShown(c, p)
			}
		})
	}
	wg.Wait()
	k.settled(p)
}

// truth wants an answer to say what is there: posted is there, a wait and a refusal
// made nothing, and only in doubt it may be either.
func (k *Kit) truth(a connector.Answer, p connector.Posting) {
	k.Helper()
	there := k.Count(p.Document.GetMarker())
	switch answerName(a) {
	case "Posted":
		require.Equal(k, 1, there, "it says posted")
	case "Wait":
		require.Zero(k, there, "it says that nothing was made: %#v", a)
	case "Uncertain", "Handed":
		require.LessOrEqual(k, there, 1)
	default:
		require.Fail(k, "a call that was stopped is no refusal", "%#v", a)
	}
}

// landed waits as deliver does before it looks again: what was sent and not answered
// may still be worked on.
func (k *Kit) landed(p connector.Posting) {
	settling := k.Connector.Describe().SettlingTime
	if k.Connector.Describe().AtomicMarker || settling == 0 {
		return // Whoever comes second is told.
	}
	over := time.After(settling)
	for k.Count(p.Document.GetMarker()) == 0 {
		select {
		case <-over:
			return
		case <-time.After(settling / 50):
		}
	}
}

// settled does what deliver does after doubt: it looks, creates what is not there, and
// wants one document that is the posting's.
func (k *Kit) settled(p connector.Posting) {
	k.Helper()
	k.landed(p)
	if k.Count(p.Document.GetMarker()) == 0 {
		k.find(k.Connector, p.Document, 0)
		k.create(k.Connector, p)
	}
	k.same(k.find(k.Connector, p.Document, 1)[0], p)
	k.stays(p.Document, 1)
}

// awaitShown waits until the document is shown, at most for the settling time.
func (k *Kit) awaitShown(c connector.Connector, p connector.Posting) {
	deadline := time.Now().Add(2 * c.Describe().SettlingTime)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for time.Now().Before(deadline) {
		if found, err := c.Find(context.Background(), queryOf(p.Document)); err == nil && len(found) > 0 {
			return
		}
		<-tick.C
	}
}
