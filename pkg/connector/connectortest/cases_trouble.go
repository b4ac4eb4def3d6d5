package connectortest

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// overtime is how long after its deadline a call may come back.
const overtime = 5 * time.Second

var troubleCases = []Case{
	{Name: "an error of the system after the commit leaves one document", Needs: []Capability{ServerErrors}, Run: func(k *Kit) {
		p := k.posting(k.Harness.Sample(1), 1)
		k.FailAfterCommit(true)
		answer := k.Connector.Create(k.ctx(), p)
		k.FailAfterCommit(false)
		require.Contains(k, []string{"Uncertain", "Posted"}, answerName(answer), "an error after the commit is no refusal: %#v", answer)
		k.settled(p)
	}},
	{Name: "an answer that comes too late leaves one document", Needs: []Capability{SlowAnswers}, Run: func(k *Kit) {
		p := k.posting(k.Harness.Sample(1), 1)
		k.SlowDown(true)
		ctx, cancel := context.WithTimeout(k.ctx(), k.tooLate())
		defer cancel()
		answer := k.inTime(k.tooLate(), func() connector.Answer { return k.Connector.Create(ctx, p) })
		k.SlowDown(false)
		require.Contains(k, []string{"Uncertain", "Posted"}, answerName(answer), "%#v", answer)
		k.settled(p)
	}},
	{Name: "a write that is not shown yet is shown within the settling time", Needs: []Capability{HiddenWrites}, Run: func(k *Kit) {
		require.Positive(k, k.Connector.Describe().SettlingTime, "Descriptor.SettlingTime says how long nobody may believe an empty find")
		p := k.posting(k.Harness.Sample(1), 1)
		k.Hide(true)
		k.create(k.Connector, p)
		_, err := k.Connector.Find(k.ctx(), queryOf(p.Document))
		require.NoError(k, err)
		k.Hide(false)
		k.settled(p)
	}},
	{Name: "every outage is a wait with its reason, and over by itself", Needs: []Capability{Outages}, Run: func(k *Kit) {
		known := k.posting(k.Harness.Sample(1), 1)
		k.create(k.Connector, known)
		k.find(k.Connector, known.Document, 1)
		for i, reason := range slices.Sorted(maps.Keys(k.Troubles)) {
			p := k.posting(k.Harness.Sample(int64(i+2)), 1)
			k.Troubles[reason](true)
			answer := k.Connector.Create(k.ctx(), p)
			wait, is := answer.(connector.Wait)
			require.True(k, is, "%s: the answer is %#v, not Wait", reason, answer)
			require.Equal(k, reason, wait.Reason)
			require.NotZero(k, wait.Scope, reason)
			found, err := k.Connector.Find(k.ctx(), queryOf(known.Document))
			require.True(k, err != nil || len(found) == 1, "%s: find says that a document is not there, and it is", reason)
			k.Troubles[reason](false)
			k.stays(p.Document, 0)
			k.settled(p)
		}
		k.same(k.find(k.Connector, known.Document, 1)[0], known)
	}},
	{Name: "every kind of fault is refused with its code, and makes nothing", Needs: []Capability{KnownFaults}, Run: func(k *Kit) {
		for i, code := range slices.Sorted(maps.Keys(k.Harness.Faults)) {
			_, known := fault.Lookup(code)
			require.True(k, known, "%s is in no catalogue of pkg/fault", code)
			d := k.Harness.Sample(int64(i + 1))
			k.Harness.Faults[code](d)
			rejected := k.refused(k.Connector.Create(k.ctx(), k.posting(d, 1)))
			require.Contains(k, codes(rejected.Faults), code)
			k.stays(d, 0)
			// People are told once of what is the same: an id that is another one each time
			// has a field of its own.
			again := k.refused(k.Connector.Create(k.ctx(), k.posting(d, 1)))
			require.Equal(k, untraced(rejected.Faults), untraced(again.Faults), "the same refusal has the same words")
		}
	}},
}

// untraced is what faults say, without the vendor's ids of the calls.
func untraced(faults []*tradepostv1.Fault) []string {
	all := make([]string, 0, len(faults))
	for _, f := range faults {
		bare := proto.CloneOf(f)
		bare.VendorTraceId = ""
		all = append(all, fault.Line(bare))
	}
	return all
}
