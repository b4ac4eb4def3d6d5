package preview_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/tradepost/tradepost/services/deliver"
	"github.com/tradepost/tradepost/services/tradepost/internal/preview"
)

// The records were lost, and the books of another connection of the account have the
// invoice, of which nothing else knows: deliver would hold it, and wait where it cannot
// ask.
func TestAnInvoiceInTheBooksOfASiblingIsRefused(t *testing.T) {
	plain := named(t, corpus(t), "plain")
	west := plain
	west.zone, west.snapshot = "America/Los_Angeles", proto.CloneOf(plain.snapshot)
	m := newMill(t, []corpusInvoice{plain, west})
	m.config.Connections[west.connection()].AccountID = m.config.Connections[plain.connection()].AccountID
	m.run()
	require.Equal(t, deliver.StepCreate, m.one(plain).Snapshot(t.Context(), plain.snapshot).Documents[0].Step)
	m.posted(west)
	lost := func(o *preview.Options) { o.JS, o.NoNATS = nil, "not asked" }

	view := m.one(plain, lost).Snapshot(t.Context(), plain.snapshot)
	require.Equal(t, preview.Faulty, view.Verdict, view.Why)
	require.Equal(t, "record.other_connection", view.Faults[0].Code)
	require.Contains(t, view.Faults[0].Message, west.connection())
	require.Equal(t, deliver.StepNone, view.Documents[0].Step)

	require.NoError(t, os.RemoveAll(filepath.Join(m.config.Dir(), "books-"+west.connection())))
	view = m.one(plain, lost).Snapshot(t.Context(), plain.snapshot)
	require.Equal(t, preview.CannotLook, view.Verdict)
	require.Contains(t, view.Why, west.connection())
}
