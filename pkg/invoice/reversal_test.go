package invoice_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/tradepost/tradepost/pkg/invoice"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

func TestReverse(t *testing.T) {
	d := good()
	d.Number, d.DueDate, d.PostingDate = "1042", "2026-12-03", "2026-11-04"
	d.Terms, d.EmailDelivery = &tradepostv1.Terms{Name: "Net 30"}, &tradepostv1.EmailDelivery{}
	before := proto.CloneOf(d)
	of := &tradepostv1.AppliesTo{Kind: bill, Id: "77", Number: "INV-7"}
	r := invoice.Reverse(d, of, "2026-11-25")
	require.True(t, proto.Equal(before, d), "the posted document is left as it is")
	require.NoError(t, invoice.Check(r))

	want := proto.CloneOf(before)
	want.Kind, want.Marker, want.Number, want.IssueDate, want.AppliesTo = credit, "st-acme-1-v", "1042-V", "2026-11-25", of
	want.PostingDate, want.DueDate, want.Terms, want.EmailDelivery = "", "", nil, nil
	want.PrivateNote = "Takes back INV-7: voided in ServiceTrade."
	require.True(t, proto.Equal(want, r), "the lines, accounts and amounts are those that were posted: %s", r)

	back := invoice.Reverse(r, &tradepostv1.AppliesTo{Kind: credit, Id: "78"}, "2026-11-26")
	require.Equal(t, bill, back.GetKind())
	require.Contains(t, back.GetPrivateNote(), "78")
	d.Number = ""
	require.Empty(t, invoice.Reverse(d, of, "2026-11-25").GetNumber(), "where the books choose the number, they choose this one too")
}

func TestMarkersOfReversals(t *testing.T) {
	require.Equal(t, "st-acme-1-v", invoice.ReversalMarker(invoice.Marker("acme", 1, bill, false)))
	require.Equal(t, "st-acme-1-c-v", invoice.ReversalMarker(invoice.Marker("acme", 1, credit, true)))
	require.True(t, invoice.IsReversal("st-acme-1-c-v"))
	for _, marker := range []string{"st-acme-1", "st-acme-1-c", "st-acme-v-1", ""} {
		require.False(t, invoice.IsReversal(marker), marker)
	}
}

// A document that takes another one back has its amounts, to the cent.
func TestCheckOfReversals(t *testing.T) {
	of := &tradepostv1.AppliesTo{Kind: bill, Id: "77"}
	r := invoice.Reverse(good(), of, "2026-11-25")
	r.Source.Total = "327.24"
	require.ErrorContains(t, invoice.Check(r), "ServiceTrade shows")

	nothing := invoice.Reverse(&document{
		Kind: bill, Marker: "st-acme-1", Currency: "USD", Source: &tradepostv1.Source{Total: "0"},
		Lines: []*line{{Key: "1", Amount: "0"}}, Totals: &tradepostv1.Totals{Subtotal: "0", Total: "0"},
	}, of, "2026-11-25")
	require.NoError(t, invoice.Check(nothing), "an invoice over nothing is taken back as well")
	nothing.Marker = "st-acme-1"
	require.ErrorContains(t, invoice.Check(nothing), "0 on a credit memo", "no other credit memo is over nothing")
}
