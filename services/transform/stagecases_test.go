package transform_test

import (
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/runtime"
	st "github.com/tradepost/tradepost/pkg/snapshot"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/transform"
)

// stageCases go through the stage only: a golden of them would be too large, the mapping
// that they need cannot be read from a file, or their limits are of other books than those
// that preview is tried with.
var stageCases = []goldenCase{
	{name: "too-large", edit: func(s *snapshot) {
		s.Invoice.Items = nil
		for i := range 2000 {
			s.Invoice.Items = append(s.Invoice.Items, &stItem{Id: int64(i + 1), Quantity: "1", Price: "1", LibItem: filter})
		}
		s.Invoice.TotalPrice = "2000"
	}},
	{name: "no-mapping", mapping: "none", edit: func(*snapshot) {}},
	{name: "prefix-too-long", mapping: "tolerant", limits: connector.Limits{NumberLength: 9}, edit: func(*snapshot) {}},
	{name: "suffix-too-long", mapping: "split", limits: connector.Limits{NumberLength: 8}, edit: func(s *snapshot) {
		withLines(s, "55.00", sold(1, "Labor", "1", "125", labor), sold(2, "Filter taken back", "-1", "70", filter))
	}},
}

// elsewhere are the codes of transform that are no fault of an invoice that is posted,
// and come out of the stage in other tests: of a message that is wrong itself
// (handle_test.go), and of an invoice that was voided (voided_test.go).
var elsewhere = []string{"message.wrong_invoice", "invoice.voided", "document.reversal_unknown"}

// What the stage publishes and writes down is what Make says of the same snapshot on
// that connection; and every code that transform can raise comes out of the stage.
func TestEveryCaseGoesThroughTheStage(t *testing.T) {
	cases := slices.Concat(goldenCases, richCases, taxCases, stageCases)
	config := &connection.Config{Accounts: map[string]*connection.Account{}, Connections: map[string]*connection.Connection{}}
	limits := map[string]connector.Limits{}
	for _, c := range cases {
		in := goldenCase{zone: c.zone}.input(t, nil)
		// An account of its own: all cases are of the same invoice.
		account := &connection.Account{ID: c.name, TimeZone: in.TimeZone.String(), ServiceTrade: connection.ServiceTrade{
			ExternalSystem: in.ExternalSystem, AppURL: in.AppURL,
		}}
		conn := &connection.Connection{ID: "to-" + c.name, AccountID: c.name, Account: account, Connector: c.name, Enabled: true}
		if c.mapping != "none" {
			conn.Mapping = mappingOf(t, c.mapping)
		}
		config.Accounts[c.name], config.Connections[conn.ID], limits[c.name] = account, conn, c.limits
	}
	raised := map[string]bool{}
	bustest.FakeTime(t, func(t *testing.T, b *bustest.Broker) {
		w := &workbench{t: t, deps: runtime.Deps{
			NC: b.Conn(t), JS: b.JS(t), Log: slog.New(slog.DiscardHandler), Metrics: runtime.NewMetrics(),
			Health: runtime.NewHealth(), Instance: "a", Config: config,
		}}
		of := func(kind string) connector.Limits { return limits[kind] }
		var err error
		w.store, err = record.Open(t.Context(), w.deps.JS)
		require.NoError(t, err)
		w.stage, err = transform.NewWithLimits(t.Context(), w.deps, of)
		require.NoError(t, err)
		for _, c := range cases {
			snap := base()
			c.edit(snap)
			want := transform.Make(transform.InputFor(config.Connections["to-"+c.name], snap, of))
			for _, f := range w.passed(c.name, snap, want) {
				raised[f.GetCode()] = true
			}
		}
	})
	for _, e := range fault.All() {
		if e.Raised == "transform" && !slices.Contains(elsewhere, e.Code) {
			require.True(t, raised[e.Code], "no case raises %s: add one", e.Code)
		}
	}
}

// passed sends a snapshot through the stage on a connection of its own, compares
// what came out with want, and returns the faults.
func (w *workbench) passed(name string, snap *snapshot, want transform.Result) []*tradepostv1.Fault {
	t := w.t
	t.Helper()
	k := record.Key{Account: name, InvoiceID: snap.GetInvoice().GetId()}
	to := bus.Subject{Stage: bus.StageReceived, Connection: "to-" + name, InvoiceID: k.InvoiceID}
	hash, err := st.Hash(snap.GetInvoice())
	require.NoError(t, err)
	e, err := w.store.Get(t.Context(), k)
	require.NoError(t, err)
	e, err = w.store.Change(t.Context(), e, record.OpenSend(record.Opens{
		Key: k, Connection: to.Connection, SnapshotHash: hash, HashVersion: 1, StartStatus: "pending_accounting", Total: snap.GetInvoice().GetTotalPrice(),
	}))
	require.NoError(t, err, name)
	body, err := bus.Encode(&tradepostv1.InvoiceReceived{Send: e.Record.GetSend(), SnapshotHash: hash, HashVersion: 1, Snapshot: snap})
	require.NoError(t, err)
	m := bus.Message{Subject: to, Body: body, Stream: bus.StreamReceived, Sequence: 1, Published: time.Now(), Delivered: 1}
	require.NoError(t, w.stage.Handle(t.Context(), m), name)
	if len(want.Faults) > 0 {
		require.Equal(t, string(faultsJSON(t, want.Faults)), string(faultsJSON(t, w.told(to.To(bus.StageOutcome)).GetFaults())), name)
		return want.Faults
	}
	ready := &tradepostv1.InvoiceReady{}
	w.last(bus.StreamReady, to.To(bus.StageReady), ready)
	require.Equal(t, hashes(t, want), hashes(t, transform.Result{Documents: ready.GetDocuments(), Explanations: ready.GetExplanations()}), name)
	return nil
}

func (w *workbench) told(s bus.Subject) *tradepostv1.Rejected {
	w.t.Helper()
	o := &tradepostv1.InvoiceOutcome{}
	w.last(bus.StreamOutcome, s, o)
	return o.GetOutcome().GetRejected()
}

// last decodes the last message of a subject.
func (w *workbench) last(stream string, subject bus.Subject, into proto.Message) {
	w.t.Helper()
	s, err := w.deps.JS.Stream(w.t.Context(), stream)
	require.NoError(w.t, err)
	raw, err := s.GetLastMsgForSubject(w.t.Context(), subject.String())
	require.NoError(w.t, err, subject)
	require.NoError(w.t, bus.Decode(bus.Message{Subject: subject, Body: raw.Data}, into))
}
