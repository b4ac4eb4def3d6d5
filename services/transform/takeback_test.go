package transform_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/tradepost/tradepost/pkg/caldate"
	"github.com/tradepost/tradepost/pkg/canonical"
	"github.com/tradepost/tradepost/pkg/invoice"
	"github.com/tradepost/tradepost/pkg/mapping"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/transform"
)

// crediting is the input of a case whose mapping takes voided invoices back.
func (c goldenCase) crediting(t testing.TB, s *snapshot) transform.Input {
	in := c.input(t, s)
	in.Mapping = new(*in.Mapping)
	in.Mapping.Policy.Voided = mapping.VoidedCreditMemo
	in.Limits.NumberLength = 0 // The number of what takes a document back is longer.
	return in
}

func refOf(t testing.TB, d *tradepostv1.Document) *tradepostv1.DocumentRef {
	hash, err := invoice.HashOf(d)
	require.NoError(t, err)
	return &tradepostv1.DocumentRef{
		Kind: d.GetKind(), Connection: "acme-hledger", Id: d.GetMarker(), Number: d.GetNumber(), Total: d.GetTotals().GetTotal(),
		Hash: hash, HashVersion: canonical.HashVersion,
	}
}

func refsOf(t testing.TB, docs []*tradepostv1.Document) []*tradepostv1.DocumentRef {
	var all []*tradepostv1.DocumentRef
	for _, d := range docs {
		all = append(all, refOf(t, d))
	}
	return all
}

var voidedAt = time.Date(2026, 11, 26, 3, 0, 0, 0, time.UTC) // the 25th in New York

func codes(faults []*tradepostv1.Fault) []string {
	var all []string
	for _, f := range faults {
		all = append(all, f.GetCode())
	}
	return all
}

// Every document that can be posted can be taken back: both together are nothing.
func TestEveryDocumentCanBeTakenBack(t *testing.T) {
	documents := 0
	for _, c := range slices.Concat(goldenCases, richCases) {
		s := base()
		c.edit(s)
		made := transform.Make(c.input(t, s)).Documents
		if len(made) == 0 {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			r := transform.TakeBack(c.crediting(t, s), transform.Voided{Standing: refsOf(t, made), Posted: made, Opened: voidedAt})
			require.Empty(t, r.Faults)
			require.Len(t, r.Documents, len(made))
			require.Len(t, r.Explanations, len(made))
			require.NoError(t, invoice.CheckAll(r.Documents))
			posted, err := invoice.Sum(made)
			require.NoError(t, err)
			back, err := invoice.Sum(r.Documents)
			require.NoError(t, err)
			require.True(t, posted.Add(back).IsZero(), "%s and %s", posted, back)
			for i, d := range r.Documents {
				require.Equal(t, made[i].GetMarker()+"-v", d.GetMarker())
				require.Equal(t, len(made[i].GetLines()), len(d.GetLines()))
				require.True(t, proto.Equal(made[i].GetCustomer(), d.GetCustomer()))
			}
			again := transform.TakeBack(c.crediting(t, s), transform.Voided{Standing: refsOf(t, made), Posted: made, Opened: voidedAt})
			require.Equal(t, stable(t, r.Documents[0]), stable(t, again.Documents[0]), "the same bytes")
		})
		documents += len(made)
	}
	require.Greater(t, documents, 40)
}

// What was posted is taken back, not what would be posted now.
func TestWhatWasPostedIsTakenBack(t *testing.T) {
	c := goldenCases[0]
	posted := transform.Make(c.input(t, base())).Documents
	now := base()
	now.Invoice.Items[0].Description = "edited since"
	in := c.crediting(t, now)

	r := transform.TakeBack(in, transform.Voided{Standing: refsOf(t, posted), Posted: posted, Opened: voidedAt})
	require.Empty(t, r.Faults)
	require.Equal(t, "Labor, two technicians", r.Documents[0].GetLines()[0].GetDescription())
	require.Equal(t, "2026-11-25", r.Documents[0].GetIssueDate(), "the day of the void, in the account's time zone")

	r = transform.TakeBack(in, transform.Voided{Standing: refsOf(t, posted), Opened: voidedAt})
	require.Equal(t, []string{"document.reversal_unknown"}, codes(r.Faults), "its message is gone, and made anew it is another one")
	require.Empty(t, r.Documents)

	r = transform.TakeBack(c.crediting(t, base()), transform.Voided{Standing: refsOf(t, posted), Opened: voidedAt})
	require.Empty(t, r.Faults, "made anew it is the very same")
	require.Len(t, r.Documents, 1)

	byHand := refsOf(t, posted)
	byHand[0].Hash = ""
	r = transform.TakeBack(c.crediting(t, base()), transform.Voided{Standing: byHand, Posted: posted, Opened: voidedAt})
	require.Equal(t, []string{"document.reversal_unknown"}, codes(r.Faults), "what a person entered nobody knows line by line")
}

func TestAVoidInAClosedPeriodGetsTheFirstOpenDay(t *testing.T) {
	c := goldenCases[0]
	posted := transform.Make(c.input(t, base())).Documents
	in := c.crediting(t, base())
	var err error
	in.Mapping.BooksClosedThrough, err = caldate.Parse("2026-12-31")
	require.NoError(t, err)
	r := transform.TakeBack(in, transform.Voided{Standing: refsOf(t, posted), Posted: posted, Opened: voidedAt})
	require.Empty(t, r.Faults)
	require.Equal(t, "2027-01-01", r.Documents[0].GetIssueDate())
}

func TestTheBooksAreLeftAloneWhereTheMappingSaysSo(t *testing.T) {
	c := goldenCases[0]
	posted := transform.Make(c.input(t, base())).Documents
	in := c.crediting(t, base())
	in.Mapping.Policy.Voided = mapping.VoidedComment
	r := transform.TakeBack(in, transform.Voided{Standing: refsOf(t, posted), Posted: posted, Opened: voidedAt})
	require.Equal(t, []string{"invoice.voided"}, codes(r.Faults))
	require.Contains(t, r.Faults[0].GetFix(), "Void invoice 11653990 (total 522.50) in the books")
	in.Mapping = nil
	require.Equal(t, []string{"connection.mapping_wrong"}, codes(transform.TakeBack(in, transform.Voided{}).Faults))
}

func TestWhatWasPostedIsMadeVoidWhereTheMappingSaysSo(t *testing.T) {
	c := goldenCases[0]
	posted := transform.Make(c.input(t, base())).Documents
	in := c.crediting(t, base())
	in.Mapping.Policy.Voided = mapping.VoidedVoid
	var err error
	in.Mapping.BooksClosedThrough, err = caldate.Parse("2026-10-31")
	require.NoError(t, err)
	r := transform.TakeBack(in, transform.Voided{Standing: refsOf(t, posted), Opened: voidedAt})
	require.Empty(t, r.Faults)
	require.Empty(t, r.Documents)
	require.True(t, proto.Equal(&tradepostv1.Voiding{BooksClosedThrough: "2026-10-31", Documents: []*tradepostv1.AppliesTo{
		{Kind: posted[0].GetKind(), Id: posted[0].GetMarker(), Number: posted[0].GetNumber()},
	}}, r.Voiding), "%v", r.Voiding)
}

// A document that was taken back before is made sure of, whatever the mapping says now.
func TestWhatWasTakenBackOnceStaysTakenBack(t *testing.T) {
	c := goldenCases[0]
	posted := transform.Make(c.input(t, base())).Documents
	for _, policy := range []mapping.Voided{mapping.VoidedComment, mapping.VoidedVoid} {
		in := c.crediting(t, base())
		in.Mapping.Policy.Voided = policy
		r := transform.TakeBack(in, transform.Voided{Standing: refsOf(t, posted), Posted: posted, Opened: voidedAt, Begun: true})
		require.Len(t, r.Documents, 1)
		require.Nil(t, r.Voiding)
	}
}

// Nothing is left in the books: deliver finds that there is nothing to do, and says so.
func TestNothingIsLeftToTakeBack(t *testing.T) {
	for _, policy := range []mapping.Voided{mapping.VoidedComment, mapping.VoidedVoid, mapping.VoidedCreditMemo} {
		in := goldenCases[0].crediting(t, base())
		in.Mapping.Policy.Voided = policy
		r := transform.TakeBack(in, transform.Voided{Opened: voidedAt})
		require.Empty(t, r.Faults)
		require.NotNil(t, r.Voiding)
		require.Empty(t, r.Voiding.GetDocuments())
	}
}
