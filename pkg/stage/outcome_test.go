package stage_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/tradepost/tradepost/pkg/canonical"
	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/stage"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

func refusedAs(words, trace string) *tradepostv1.Outcome {
	f := fault.New("accounting.refused", fault.Args{Params: map[string]string{"system": "QuickBooks Online"}, VendorText: words, VendorTraceID: trace})
	return &tradepostv1.Outcome{Result: &tradepostv1.Outcome_Rejected{Rejected: &tradepostv1.Rejected{Faults: []*tradepostv1.Fault{f}}}}
}

// The same refusal of the next attempt is the same outcome, although the vendor gives
// each call an id of its own: people are told of it once.
func TestTheVendorsIdOfACallIsNoPartOfAnOutcome(t *testing.T) {
	hash := func(o *tradepostv1.Outcome) string {
		before := proto.CloneOf(o)
		h, err := stage.OutcomeHash(o)
		require.NoError(t, err)
		require.True(t, proto.Equal(before, o), "it is told in full all the same")
		return h
	}
	first := hash(refusedAs("the period is closed", "1-a"))
	require.Equal(t, first, hash(refusedAs("the period is closed", "1-b")))
	require.Equal(t, first, hash(refusedAs("the period is closed", "")))
	require.NotEqual(t, first, hash(refusedAs("the item is inactive", "1-a")))
	plain, err := canonical.Message(refusedAs("the period is closed", ""))
	require.NoError(t, err)
	require.Equal(t, plain, first, "outcomes that are on their way keep their hash")

	posted := func(trace string) *tradepostv1.Outcome {
		return &tradepostv1.Outcome{Result: &tradepostv1.Outcome_Posted{Posted: &tradepostv1.Posted{
			Documents: []*tradepostv1.PostedDocument{{Id: "7"}}, Remarks: refusedAs("x", trace).GetRejected().GetFaults(),
		}}}
	}
	require.Equal(t, hash(posted("1-a")), hash(posted("1-b")))
}
