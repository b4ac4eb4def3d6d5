package preview

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// What people type into ServiceTrade reaches a terminal as text, never as commands to it.
func TestNothingFromOutsideReachesTheTerminalRaw(t *testing.T) {
	const nasty = "\x1b[31mred\x1b]0;title\a\u202Eback"
	ref := &tradepostv1.Reference{Value: nasty}
	view := &View{
		InvoiceNumber: nasty, Status: nasty, System: "books", Connection: "acme-books", Verdict: Postable, Notes: []string{nasty}, InBooks: []string{nasty},
		Documents: []Paper{{message: &tradepostv1.Document{
			Marker: nasty, Number: nasty, PoNumber: nasty, Memo: nasty, Customer: &tradepostv1.Customer{Name: nasty, Reference: ref}, Class: ref,
			Lines:  []*tradepostv1.Line{{Description: nasty, Item: &tradepostv1.Item{Reference: ref}, RevenueAccount: ref}},
			Totals: &tradepostv1.Totals{Total: "1.00", Tax: "0.10"}, Taxes: []*tradepostv1.Tax{{Name: nasty}},
		}}},
	}
	view.Remarks = faultsOf([]*tradepostv1.Fault{fault.New("document.changes_not_taken", fault.Args{Thing: nasty, Params: map[string]string{"number": nasty}})})
	var b strings.Builder
	require.NoError(t, view.Text(&b, true))
	require.Contains(t, b.String(), "Remark: [31mred")
	require.Contains(t, b.String(), "[document.changes_not_taken]")
	require.Contains(t, b.String(), "[31mred", "it is shown all the same")
	for _, bad := range []string{"\x1b", "\a", "\u202E"} {
		require.NotContains(t, b.String(), bad)
	}
}
