package preview_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/mapping"
	"github.com/tradepost/tradepost/pkg/record"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/deliver"
	"github.com/tradepost/tradepost/services/tradepost/internal/preview"
)

// voidedBy is a preview under another policy for voids than the mill's.
func voidedBy(policy mapping.Voided) func(o *preview.Options) {
	return func(o *preview.Options) {
		c, rules := *o.Connection, *o.Connection.Mapping
		rules.Policy.Voided = policy
		c.Mapping, o.Connection = &rules, &c
	}
}

// An invoice that is void is never said to be postable: preview shows what its void does
// in the books, as the stages do it then, and afterwards what it did.
func TestPreviewOfAVoidInvoice(t *testing.T) {
	plain := named(t, corpus(t), "plain")
	m := newMill(t, []corpusInvoice{plain})
	m.config.Connections[plain.connection()].Mapping.Policy.Voided = mapping.VoidedCreditMemo
	m.run()
	void := plain
	void.snapshot = proto.CloneOf(plain.snapshot)
	void.snapshot.Invoice.Status = "void"

	view := m.one(plain).Snapshot(t.Context(), void.snapshot)
	require.Equal(t, preview.Void, view.Verdict, view.Why)
	require.Equal(t, []string{"nothing of it is in the books, so that nothing is done there"}, view.Notes)
	require.Empty(t, view.Documents)

	m.posted(plain)
	view = m.one(plain, voidedBy(mapping.VoidedComment)).Snapshot(t.Context(), void.snapshot)
	require.Equal(t, preview.Faulty, view.Verdict)
	require.Equal(t, "invoice.voided", view.Faults[0].Code)
	view = m.one(plain, voidedBy(mapping.VoidedVoid)).Snapshot(t.Context(), void.snapshot)
	require.Equal(t, "document.cannot_be_voided", view.Faults[0].Code, "hledger's journal is not changed so")
	view = m.one(plain, func(o *preview.Options) { o.JS, o.NoNATS = nil, "NATS was not reached" }).Snapshot(t.Context(), void.snapshot)
	require.Equal(t, preview.CannotLook, view.Verdict)
	require.Contains(t, view.Why, "only in the record, and NATS was not reached")

	view = m.one(plain).Snapshot(t.Context(), void.snapshot)
	require.Equal(t, preview.Void, view.Verdict, "%v %s", view.Faults, view.Why)
	require.Equal(t, deliver.StepCreate, view.Documents[0].Step)
	shown := &tradepostv1.Document{}
	require.NoError(t, protojson.Unmarshal(view.Documents[0].Document, shown))

	void.snapshot.TakenAt = timestamppb.Now()
	m.send(void)
	memo := m.outcome(void).GetPosted().GetDocuments()[0]
	require.Equal(t, shown.GetNumber(), memo.GetNumber())
	ready := &tradepostv1.InvoiceReady{}
	require.True(t, m.last(void, bus.StreamReady, bus.StageReady, ready))
	shown.IssueDate = ready.GetDocuments()[0].GetIssueDate() // midnight may have passed
	require.True(t, proto.Equal(shown, ready.GetDocuments()[0]), "%v\n%v", shown, ready.GetDocuments()[0])
	m.close(plain, tradepostv1.Settlement_SETTLEMENT_VOIDED)

	view = m.one(plain).Snapshot(t.Context(), void.snapshot)
	require.Equal(t, preview.Void, view.Verdict)
	require.Empty(t, view.Faults, "nobody has to delete what took it back")
	require.Equal(t, []string{"send 2 dealt with the void: it took it back in the books by credit memo " + memo.GetNumber() + ". Nothing more is done"}, view.Notes)
	var text strings.Builder
	require.NoError(t, view.Text(&text, false))
	require.Contains(t, text.String(), "VOID: it is not posted.\nNote: send 2 dealt")

	report := &preview.Report{}
	report.Add(view)
	require.Zero(t, report.ExitCode())
	require.Equal(t, "1 invoice: 0 postable, 0 with problems, 0 could not be looked at, 1 void", report.Summary())
}

// close ends the send that has its outcome, as reconcile does.
func (m *mill) close(i corpusInvoice, s tradepostv1.Settlement) {
	m.t.Helper()
	e, err := m.store.Get(m.t.Context(), m.key(i))
	require.NoError(m.t, err)
	for _, step := range []record.Transition{
		record.Settle(record.Claiming{Owner: "test", Lasts: time.Second}), record.Close("test", s, time.Now()),
	} {
		e, err = m.store.Change(m.t.Context(), e, step)
		require.NoError(m.t, err)
	}
}
