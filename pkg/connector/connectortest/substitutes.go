package connectortest

import (
	"context"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// substitutes show, for each capability that a harness declares missing, what holds
// without it: what deliver relies on instead, or that the refusal is a plain one.
var substitutes = map[Capability]func(k *Kit){
	Updates: func(k *Kit) {
		found, next := k.postedAndNext()
		equal, differences := connector.Equal(found, next.Document, next.DocumentHash)
		require.False(k, equal, "without updates, an edited invoice has to be seen as different")
		require.NotEmpty(k, differences)
		require.Equal(k, found, k.find(k.Connector, next.Document, 1)[0], "nothing of it changes by itself")
	},
	CreditMemos: func(k *Kit) { k.refusedNotMade(memoOf) },
	ZeroTotals: func(k *Kit) {
		k.refusedNotMade(func(d *tradepostv1.Document) { setAmount(d.Lines[0], "0.00") })
	},
	ContentHash: func(k *Kit) {
		p := k.posting(k.Harness.Sample(1), 1)
		k.create(k.Connector, p)
		found := k.find(k.Connector, p.Document, 1)[0]
		require.Empty(k, found.DocumentHash, "a hash that the system does not keep must not be made up")
		k.same(found, p)
		k.different(p.Document, k.retotal(p.Document, func(d *tradepostv1.Document) { d.IssueDate = "2026-11-23" }))
	},
	UniqueNumbers: func(k *Kit) {
		first, second := k.Harness.Sample(1), k.Harness.Sample(10)
		second.Number = first.GetNumber()
		k.roundTrip(first)
		k.roundTrip(second)
		k.same(k.find(k.Connector, first, 1)[0], k.posting(first, 1))
	},
	Deletes:           func(k *Kit) { k.steady() },
	Tampering:         func(k *Kit) { k.steady() },
	LostAnswers:       stoppedAtTheFence,
	ServerErrors:      stoppedAtTheFence,
	SlowAnswers:       stoppedAtTheFence,
	KnownAccounts:     func(k *Kit) { k.odd(func(d *tradepostv1.Document) { d.Lines[0].RevenueAccount = unheardOf() }) },
	KnownCustomers:    func(k *Kit) { k.odd(func(d *tradepostv1.Document) { d.Customer.Reference = unheardOf() }) },
	KnownFaults:       func(k *Kit) { k.odd(func(d *tradepostv1.Document) { d.Lines[0].RevenueAccount = unheardOf() }) },
	Previews:          func(k *Kit) { k.untouchedByCheck() },
	HiddenWrites:      shownAtOnce,
	Outages:           stoppedIsNotEmpty,
	Voids:             func(k *Kit) { k.steady() },
	PeriodLists:       func(k *Kit) { k.foundOneByOne() },
	ChangeLists:       func(k *Kit) { k.steady() },
	ReferenceData:     func(k *Kit) { k.odd(func(d *tradepostv1.Document) { d.Lines[0].RevenueAccount = unheardOf() }) },
	IdempotentCreates: foundBeforeMade,
	ReportsCustomers:  tellsNoCustomers,
	HandOvers:         madeAtOnce,
	SalesTax:          wholeOrNot,
	ReadsBack:         totalsTell,
	Copies:            createdTwice,
}

// refusedNotMade wants a document that the system does not take to be refused.
func (k *Kit) refusedNotMade(spoil func(*tradepostv1.Document)) {
	k.Helper()
	d := k.retotal(k.Harness.Sample(1), spoil)
	k.refused(k.Connector.Create(k.ctx(), k.posting(d, 1)))
	k.stays(d, 0)
}

func unheardOf() *tradepostv1.Reference {
	return &tradepostv1.Reference{By: tradepostv1.ReferenceBy_REFERENCE_BY_CODE, Value: "nobody-has-heard-of-it"}
}

// odd wants a document that names something strange to be posted whole, or refused
// whole.
func (k *Kit) odd(spoil func(*tradepostv1.Document)) {
	k.Helper()
	d := k.retotal(k.Harness.Sample(1), func(d *tradepostv1.Document) { setAmount(d.Lines[0], "11.07") })
	spoil(d)
	p := k.posting(d, 1)
	answer := k.Connector.Create(k.ctx(), p)
	if posted, is := answer.(connector.Posted); is {
		k.same(posted.Document, p)
		k.stays(d, 1)
		return
	}
	k.refused(answer)
	k.stays(d, 0)
}

// steady wants a document that nobody touches to look the same whoever asks.
func (k *Kit) steady() {
	k.Helper()
	p := k.posting(k.Harness.Sample(1), 1)
	k.create(k.Connector, p)
	first := k.find(k.Connector, p.Document, 1)[0]
	require.Equal(k, first, k.find(k.Connector, p.Document, 1)[0])
	require.Equal(k, first, k.find(k.Reopen(), p.Document, 1)[0])
	k.stays(p.Document, 1)
}

// untouchedByCheck wants Create to tell the faults that no preview tells.
func (k *Kit) untouchedByCheck() {
	k.Helper()
	good, bad := k.posting(k.Harness.Sample(1), 1), k.Harness.Sample(2)
	k.create(k.Connector, good)
	if k.Harness.UnknownAccount != nil {
		k.Harness.UnknownAccount(bad)
		k.refused(k.Connector.Create(k.ctx(), k.posting(bad, 1)))
		k.stays(bad, 0)
	}
	require.Empty(k, k.Connector.Check(k.ctx()), "a document that was refused is no trouble of the connection")
}

// foundOneByOne wants every document to be found by its own marker: without a list,
// the tie-out asks for one after the other.
func (k *Kit) foundOneByOne() {
	k.Helper()
	for id := int64(1); id <= 5; id++ {
		k.create(k.Connector, k.posting(k.Harness.Sample(id), 1))
	}
	for id := int64(1); id <= 5; id++ {
		k.same(k.find(k.Connector, k.Harness.Sample(id), 1)[0], k.posting(k.Harness.Sample(id), 1))
	}
}

// stoppedAtTheFence stands for every way to lose an answer: the call ends between the
// fence and the write, or in it, and what is there decides.
func stoppedAtTheFence(k *Kit) {
	for id := int64(1); id <= 3; id++ {
		p := k.posting(k.Harness.Sample(id), 1)
		ctx, cancel := context.WithCancel(k.ctx())
		k.truth(k.Connector.Create(connector.WithFence(ctx, func() error { cancel(); return nil }), p), p)
		cancel()
		k.settled(p)
	}
}

// shownAtOnce wants a system that hides nothing to say so, and every other worker to
// see what was made.
func shownAtOnce(k *Kit) {
	if k.Connector.Describe().SettlingTime > 0 {
		k.steady()
		return
	}
	p, other := k.posting(k.Harness.Sample(1), 1), k.Reopen()
	k.create(k.Connector, p)
	found, err := other.Find(k.ctx(), queryOf(p.Document))
	require.NoError(k, err)
	require.Len(k, found, 1, "the settling time is 0, and a write is not shown at once")
}

// stoppedIsNotEmpty wants no call that could not be made to look like an answer.
func stoppedIsNotEmpty(k *Kit) {
	p := k.posting(k.Harness.Sample(1), 1)
	k.create(k.Connector, p)
	ctx, cancel := context.WithCancel(k.ctx())
	cancel()
	found, err := k.Connector.Find(ctx, queryOf(p.Document))
	require.True(k, err != nil || len(found) == 1, "a find that was stopped says that nothing is there")
	next := k.posting(k.Harness.Sample(2), 1)
	require.NotContains(k, []string{"Posted", "Rejected"}, answerName(k.Connector.Create(ctx, next)))
	k.settled(next)
}

// foundBeforeMade wants find to show what was made before anybody may make it again:
// without keys it is all that keeps a second document out.
func foundBeforeMade(k *Kit) {
	p := k.posting(k.Harness.Sample(1), 1)
	k.create(k.Connector, p)
	k.same(k.find(k.Reopen(), p.Document, 1)[0], p)
	k.stays(p.Document, 1)
}

// tellsNoCustomers wants no customer to be told: deliver would write its id to
// ServiceTrade, and it is not known to last.
func tellsNoCustomers(k *Kit) {
	for id := int64(1); id <= 2; id++ {
		p := k.posting(k.Harness.Sample(id), 1)
		require.Empty(k, k.create(k.Connector, p).Customers, "a customer is told, and the harness shows no other one")
		require.Empty(k, k.again(k.Reopen(), p).Customers)
	}
}

// madeAtOnce wants nothing to be given away: without a confirmation the document that
// Find shows is the only evidence.
func madeAtOnce(k *Kit) {
	p := k.posting(k.Harness.Sample(1), 1)
	answer := k.Connector.Create(k.ctx(), p)
	require.NotEqual(k, "Handed", answerName(answer), "what is handed over needs a Confirm")
	k.same(k.find(k.Reopen(), p.Document, 1)[0], p)
	k.stays(p.Document, 1)
}
