package preview_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tradepost/tradepost/pkg/canonical"
	"github.com/tradepost/tradepost/pkg/record"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/deliver"
	"github.com/tradepost/tradepost/services/tradepost/internal/preview"
)

// one opens a viewer of a connection with the comparison switched on.
func (m *mill) one(i corpusInvoice, change ...func(*preview.Options)) *preview.Viewer {
	m.t.Helper()
	connectors, err := deliver.Connectors()
	require.NoError(m.t, err)
	o := preview.Options{
		Config: m.config, Connectors: connectors, Connection: m.config.Connections[i.connection()], JS: m.js, Diff: true, Log: slog.New(slog.DiscardHandler),
	}
	for _, c := range change {
		c(&o)
	}
	v, err := preview.Open(m.t.Context(), o)
	require.NoError(m.t, err)
	m.t.Cleanup(func() { require.NoError(m.t, v.Close(m.t.Context())) })
	return v
}

// posted sends an invoice through the stages and closes its send, as reconcile does.
func (m *mill) posted(i corpusInvoice) {
	m.t.Helper()
	i.snapshot.TakenAt = timestamppb.Now()
	m.send(i)
	require.NotNil(m.t, m.outcome(i).GetPosted())
	m.close(i, tradepostv1.Settlement_SETTLEMENT_PROCESSED)
}

func named(t *testing.T, all []corpusInvoice, name string) corpusInvoice {
	t.Helper()
	for _, i := range all {
		if i.name == name {
			return i
		}
	}
	t.Fatalf("the corpus has no invoice %s", name)
	return corpusInvoice{}
}

// --diff: nothing before, the same again, and what a user changed since.
func TestDiffAgainstWhatWasPosted(t *testing.T) {
	plain := named(t, corpus(t), "plain")
	m := newMill(t, []corpusInvoice{plain})
	m.run()
	first := m.one(plain).Snapshot(t.Context(), plain.snapshot)
	require.Equal(t, preview.Postable, first.Verdict, first.Why)
	require.Equal(t, deliver.StepCreate, first.Documents[0].Step)
	require.Contains(t, first.Documents[0].Diff.Cannot, "no invoice was posted for this invoice before")

	m.posted(plain)
	same := m.one(plain).Snapshot(t.Context(), plain.snapshot).Documents[0]
	require.Equal(t, deliver.StepAdopt, same.Step)
	require.Equal(t, "invoice 11653990 of send 1 (message 1 of INVOICE_READY)", same.Diff.Against)
	require.Empty(t, same.Diff.Changes)

	edited := plain
	edited.snapshot = proto.CloneOf(plain.snapshot)
	edited.snapshot.Invoice.Items = edited.snapshot.Invoice.Items[1:]
	edited.snapshot.Invoice.Items[0].Quantity, edited.snapshot.Invoice.TotalPrice = "4", "280"
	view := m.one(edited).Snapshot(t.Context(), edited.snapshot)
	require.Equal(t, preview.Postable, view.Verdict)
	require.Equal(t, deliver.StepUpdate, view.Documents[0].Step)
	require.Contains(t, view.InBooks, "its total is 522.50, not 280.00")
	changes := map[string][2]string{}
	for _, c := range view.Documents[0].Diff.Changes {
		changes[c.Field] = [2]string{c.Before, c.Now}
	}
	require.Equal(t, [2]string{"312.50", ""}, changes["lines[1].amount"], "the line that is gone")
	require.Equal(t, [2]string{"3", "4"}, changes["lines[2].quantity"], "lines are told apart by their keys")
	require.Equal(t, [2]string{"522.50", "280.00"}, changes["totals.total"])
	require.NotContains(t, changes, "lines[2].unit_price")
	require.NotContains(t, changes, "customer.name")

	// Without NATS the books still tell what is there; only --diff cannot look.
	blind := m.one(edited, func(o *preview.Options) { o.JS, o.NoNATS = nil, "NATS was not reached" }).Snapshot(t.Context(), edited.snapshot)
	require.Equal(t, preview.Postable, blind.Verdict)
	require.Equal(t, deliver.StepUpdate, blind.Documents[0].Step)
	require.Contains(t, blind.Documents[0].Diff.Cannot, "NATS was not reached")
	require.Contains(t, blind.Notes, "whether the document in the books is as Tradepost left it is only in the record, and NATS was not reached")
}

// An invoice that is in the books of another connection would be held.
func TestAnInvoiceOfAnotherConnectionIsRefused(t *testing.T) {
	plain := named(t, corpus(t), "plain")
	m := newMill(t, []corpusInvoice{plain})
	e, err := m.store.Get(t.Context(), m.key(plain))
	require.NoError(t, err)
	e, err = m.store.Change(t.Context(), e, record.OpenSend(record.Opens{
		Key: m.key(plain), Connection: "old-books", SnapshotHash: "h", HashVersion: canonical.HashVersion, StartStatus: "pending_accounting", Total: "1", Now: time.Now(),
	}))
	require.NoError(t, err)
	for _, step := range []record.Transition{
		record.Claim(record.Claiming{Owner: "d", Lasts: time.Second}, &tradepostv1.Unresolved{Marker: "m"}),
		record.Conclude("d", &tradepostv1.RecordedOutcome{Kind: tradepostv1.OutcomeKind_OUTCOME_KIND_POSTED, Hash: "h", Stage: record.StageDeliver},
			&tradepostv1.DocumentRef{Kind: tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE, Connection: "old-books", Id: "7"}),
	} {
		e, err = m.store.Change(t.Context(), e, step)
		require.NoError(t, err)
	}
	view := m.one(plain).Snapshot(t.Context(), plain.snapshot)
	require.Equal(t, preview.Faulty, view.Verdict)
	require.Equal(t, "record.other_connection", view.Faults[0].Code)
	require.Contains(t, view.Faults[0].Message, "old-books")
	require.Len(t, view.Documents, 1, "the document is shown all the same")
}

// Books that cannot be asked are never a verdict.
func TestBooksThatCannotBeAskedAreNoVerdict(t *testing.T) {
	plain := named(t, corpus(t), "plain")
	m := newMill(t, []corpusInvoice{plain})
	view := m.one(plain, func(o *preview.Options) { o.JS, o.NoNATS = nil, "NATS was not reached" }).Snapshot(t.Context(), plain.snapshot)
	require.Equal(t, preview.CannotLook, view.Verdict, "the NATS server ran, so the books may be away")
	require.Contains(t, view.Why, "books")
	report := &preview.Report{}
	for _, v := range []preview.Verdict{preview.Postable, preview.Faulty} {
		report.Add(&preview.View{Verdict: v})
	}
	require.Equal(t, 1, report.ExitCode())
	report.Add(view)
	require.Equal(t, 2, report.ExitCode())
}
