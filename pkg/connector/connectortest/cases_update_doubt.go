package connectortest

import (
	"context"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
)

// An update has the same ways to end without an answer as a create. What it says then
// decides whether deliver looks again: a wait or a refusal is believed.
var updateDoubtCases = []Case{
	{Name: "an update whose answer was lost is no wait and no refusal", Needs: []Capability{Updates, LostAnswers}, Run: func(k *Kit) {
		k.updateMeets(k.LoseAnswers, k.Connector.Describe().CallTimeout)
	}},
	{Name: "an error of the system after an update is no wait and no refusal", Needs: []Capability{Updates, ServerErrors}, Run: func(k *Kit) {
		k.updateMeets(k.FailAfterCommit, k.Connector.Describe().CallTimeout)
	}},
	{Name: "an update whose answer comes too late ends with its time", Needs: []Capability{Updates, SlowAnswers}, Run: func(k *Kit) {
		k.updateMeets(k.SlowDown, k.tooLate())
	}},
	{Name: "an update that is stopped right before its write tells the truth", Needs: []Capability{Updates}, Run: func(k *Kit) {
		found, next := k.postedAndNext()
		ctx, cancel := context.WithCancel(k.ctx())
		defer cancel()
		answer := k.inTime(k.Connector.Describe().CallTimeout, func() connector.Answer {
			return k.Connector.(connector.Updater).Update(connector.WithFence(ctx, func() error { cancel(); return nil }), next, found)
		})
		switch now := k.find(k.Connector, next.Document, 1)[0]; answerName(answer) {
		case "Posted":
			k.shown(next)
		case "Wait":
			require.Equal(k, found, now, "it says that nothing was changed: %#v", answer)
		case "Uncertain":
		default:
			require.Fail(k, "a call that was stopped is no refusal", "%#v", answer)
		}
		k.updated(next)
	}},
}

// updateMeets has an update committed without an answer in time.
func (k *Kit) updateMeets(trouble func(on bool), limit time.Duration) {
	k.Helper()
	found, next := k.postedAndNext()
	ctx, cancel := context.WithTimeout(k.ctx(), limit)
	defer cancel()
	trouble(true)
	answer := k.inTime(limit, func() connector.Answer { return k.Connector.(connector.Updater).Update(ctx, next, found) })
	trouble(false)
	require.Contains(k, []string{"Uncertain", "Posted"}, answerName(answer), "the books may have changed: %#v", answer)
	k.updated(next)
}

// inTime wants a call to end with its time, and returns its answer.
func (k *Kit) inTime(limit time.Duration, call func() connector.Answer) connector.Answer {
	k.Helper()
	answers := make(chan connector.Answer, 1)
	go func() { answers <- call() }()
	select {
	case answer := <-answers:
		return answer
	case <-time.After(limit + overtime):
		require.Fail(k, "a call ends with its time: the claim does not last longer")
		return nil
	}
}

// updated does what deliver does after doubt: it looks, after what was sent had its
// time, brings up to date what is not, and wants one document that is the posting's.
func (k *Kit) updated(p connector.Posting) {
	k.Helper()
	settled := time.Now().Add(k.Connector.Describe().SettlingTime)
	now := k.find(k.Connector, p.Document, 1)[0]
	for tick := time.Tick(10 * time.Millisecond); !k.is(now, p) && time.Now().Before(settled); <-tick {
		now = k.find(k.Connector, p.Document, 1)[0]
	}
	if !k.is(now, p) {
		k.update(p, now)
	}
	k.shown(p)
	k.stays(p.Document, 1)
}

// shown waits until find shows the posting's content, at most for the settling time.
func (k *Kit) shown(p connector.Posting) {
	k.Helper()
	deadline := time.Now().Add(2 * k.Connector.Describe().SettlingTime)
	now := k.find(k.Connector, p.Document, 1)[0]
	for tick := time.Tick(10 * time.Millisecond); !k.is(now, p) && time.Now().Before(deadline); <-tick {
		now = k.find(k.Connector, p.Document, 1)[0]
	}
	k.same(now, p)
}

func (k *Kit) is(f connector.Found, p connector.Posting) bool {
	equal, _ := connector.Equal(f, p.Document, p.DocumentHash)
	return equal
}
