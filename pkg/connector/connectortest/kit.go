package connectortest

import (
	"cmp"
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/tradepost/tradepost/pkg/canonical"
	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Kit is what a case works with. It behaves as deliver does: it asks for the
// company first, keys each posting by marker, generation and content, and takes
// an uncertain answer as a reason to look.
type Kit struct {
	*testing.T
	Target
	Harness Harness
}

func newKit(t *testing.T, h Harness, needs []Capability) *Kit {
	t.Helper()
	require.NotNil(t, h.New, "Harness.New is needed")
	require.NotNil(t, h.Sample, "Harness.Sample is needed")
	k := &Kit{T: t, Target: h.New(t), Harness: h}
	require.NotNil(t, k.Reopen, "Target.Reopen is needed")
	require.NotNil(t, k.Count, "Target.Count is needed")
	has := k.has()
	for _, need := range needs {
		if there, known := has[need]; known && !there {
			t.Fatalf("the harness has nothing for %q: add it, or declare it in Lacks with the reason", need)
		}
	}
	_, err := k.Connector.Company(k.ctx())
	require.NoError(t, err, "ask for the company")
	return k
}

// has tells what can be seen of the capabilities: whether the connector implements
// the interface, and the harness has the hook.
func (k *Kit) has() map[Capability]bool {
	has := map[Capability]bool{
		Deletes: k.Delete != nil, Tampering: k.Tamper != nil, LostAnswers: k.LoseAnswers != nil,
		KnownAccounts: k.Harness.UnknownAccount != nil, KnownCustomers: k.Harness.UnknownCustomer != nil,
		KnownFaults: len(k.Harness.Faults) > 0, ServerErrors: k.FailAfterCommit != nil, SlowAnswers: k.SlowDown != nil,
		HiddenWrites: k.Hide != nil, Outages: len(k.Troubles) > 0, ReportsCustomers: k.Harness.OtherCustomer != nil,
		SalesTax: k.Harness.AddTax != nil, ReadsBack: k.ReadBack != nil, Copies: k.Copy != nil,
	}
	_, has[Updates] = k.Connector.(connector.Updater)
	_, has[Previews] = k.Connector.(connector.PreviewChecker)
	_, has[Voids] = k.Connector.(connector.Voider)
	_, has[PeriodLists] = k.Connector.(connector.PeriodLister)
	_, has[ChangeLists] = k.Connector.(connector.ChangeLister)
	lister, lists := k.Connector.(connector.ReferenceLister)
	has[ReferenceData] = lists && len(lister.ReferenceKinds()) > 0
	_, has[IdempotentCreates] = k.Connector.(connector.IdempotentCreator)
	_, has[HandOvers] = k.Connector.(connector.Confirmer)
	return has
}

// tooLate is when a call's time is over in the cases of late answers.
func (k *Kit) tooLate() time.Duration { return cmp.Or(k.Harness.TooLate, 300*time.Millisecond) }

// ctx lasts as long as one call may take, and carries a claim that holds.
func (k *Kit) ctx() context.Context {
	limit := k.Connector.Describe().CallTimeout
	require.Positive(k, limit, "Descriptor.CallTimeout")
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	k.Cleanup(cancel)
	return connector.WithFence(ctx, func() error { return nil })
}

// posting wraps a document as deliver does.
func (k *Kit) posting(d *tradepostv1.Document, generation int64) connector.Posting {
	k.Helper()
	hash, err := canonical.Message(d)
	require.NoError(k, err)
	key, err := canonical.Value([]string{d.GetMarker(), fmt.Sprint(generation), hash})
	require.NoError(k, err)
	return connector.Posting{Document: d, DocumentHash: hash, Generation: generation, Key: key[:50]}
}

func queryOf(d *tradepostv1.Document) connector.Query {
	return connector.Query{Kind: d.GetKind(), Marker: d.GetMarker(), Number: d.GetNumber()}
}

// find looks until want documents are seen, at most for the settling time.
func (k *Kit) find(c connector.Connector, d *tradepostv1.Document, want int) []connector.Found {
	k.Helper()
	var found []connector.Found
	look := func() bool {
		var err error
		found, err = c.Find(k.ctx(), queryOf(d))
		require.NoError(k, err, "find %s", d.GetMarker())
		return len(found) == want
	}
	settling := c.Describe().SettlingTime
	if !look() && settling > 0 {
		require.Eventually(k, look, 2*settling, settling/20+time.Millisecond, "find %s", d.GetMarker())
	}
	require.Len(k, found, want, "documents found for %s", d.GetMarker())
	return found
}

// create makes the document and wants it posted.
func (k *Kit) create(c connector.Connector, p connector.Posting) connector.Posted {
	k.Helper()
	answer := c.Create(k.ctx(), p)
	posted, ok := answer.(connector.Posted)
	require.True(k, ok, "create %s answered %#v, not Posted", p.Document.GetMarker(), answer)
	return posted
}

// again makes the document once more, as deliver does after a restart or a replay. Only
// a connector that keeps a second document out by itself is called without a look.
func (k *Kit) again(c connector.Connector, p connector.Posting) connector.Posted {
	k.Helper()
	_, remembers := c.(connector.IdempotentCreator)
	if c.Describe().AtomicMarker || remembers {
		return k.create(c, p)
	}
	found := k.find(c, p.Document, 1)
	return connector.Posted{Document: found[0], Adopted: true}
}

// same wants the document to be the one that p describes, as deliver compares
// it, and, whatever the hash says, to show the kind, total, number and date.
func (k *Kit) same(f connector.Found, p connector.Posting) {
	k.Helper()
	equal, diffs := connector.Equal(f, p.Document, p.DocumentHash)
	require.True(k, equal, "what was found is not what was posted: %v", diffs)
	f.DocumentHash = ""
	equal, diffs = connector.Equal(f, p.Document, "")
	require.True(k, equal, "the hash is right, but what is shown is not: %v", diffs)
	require.NotEmpty(k, f.ID, "a document has an id")
}

// stays wants exactly n documents in the accounting system itself.
func (k *Kit) stays(d *tradepostv1.Document, n int) {
	k.Helper()
	require.Equal(k, n, k.Count(d.GetMarker()), "documents of %s in the accounting system", d.GetMarker())
}

// refused wants a Rejected whose faults tell a person what to do.
func (k *Kit) refused(answer connector.Answer) connector.Rejected {
	k.Helper()
	r, ok := answer.(connector.Rejected)
	require.True(k, ok, "the answer is %#v, not Rejected", answer)
	require.NotEmpty(k, r.Faults)
	for _, f := range r.Faults {
		k.actionable(f)
	}
	return r
}

func (k *Kit) actionable(f *tradepostv1.Fault) {
	k.Helper()
	require.NotEmpty(k, f.GetCode())
	require.NotEmpty(k, f.GetMessage(), "%s says what is wrong", f.GetCode())
	require.NotEmpty(k, f.GetFix(), "%s says what to do", f.GetCode())
	require.NotZero(k, f.GetOwner(), "%s says who mends it", f.GetCode())
	require.NotEqual(k, "fault.unknown", f.GetCode())
}

func clone(d *tradepostv1.Document) *tradepostv1.Document {
	return proto.CloneOf(d)
}

// retotal returns a changed copy of a document whose totals follow its lines.
func (k *Kit) retotal(d *tradepostv1.Document, change func(*tradepostv1.Document)) *tradepostv1.Document {
	k.Helper()
	changed := clone(d)
	change(changed)
	addUp(k.T, changed)
	return changed
}
