package preview_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/tradepost/tradepost/pkg/caldate"
	"github.com/tradepost/tradepost/pkg/mapping"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/deliver"
	"github.com/tradepost/tradepost/services/tradepost/internal/preview"
)

// The period of a posted invoice was closed since: preview shows it as it stands, and not
// on the day that the mapping would choose for a new one.
func TestPreviewOfAnInvoiceWhosePeriodWasClosed(t *testing.T) {
	plain := named(t, corpus(t), "plain")
	m := newMill(t, []corpusInvoice{plain})
	m.run()
	m.posted(plain)
	last, err := caldate.Parse("2026-12-31")
	require.NoError(t, err)
	closed := func(o *preview.Options) {
		c, rules := *o.Connection, *o.Connection.Mapping
		rules.BooksClosedThrough = last
		rules.Dates.Closed = mapping.ClosedFirstOpenDay
		c.Mapping, o.Connection = &rules, &c
	}
	view := m.one(plain, closed).Snapshot(t.Context(), plain.snapshot)
	require.Equal(t, preview.Postable, view.Verdict, "%v %s", view.Faults, view.Why)
	require.Equal(t, deliver.StepAdopt, view.Documents[0].Step)
	require.Empty(t, view.Documents[0].Diff.Changes)
	shown := &tradepostv1.Document{}
	require.NoError(t, protojson.Unmarshal(view.Documents[0].Document, shown))
	require.Empty(t, shown.GetPostingDate())

	other := plain // never posted
	other.snapshot.Invoice.Id++
	view = m.one(other, closed).Snapshot(t.Context(), other.snapshot)
	require.NoError(t, protojson.Unmarshal(view.Documents[0].Document, shown))
	require.Equal(t, "2027-01-01", shown.GetPostingDate())
}
