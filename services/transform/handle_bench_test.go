package transform_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/runtime"
	st "github.com/tradepost/tradepost/pkg/snapshot"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/transform"
)

// workbench is the stage with a real broker and one open send.
type workbench struct {
	t     *testing.T
	deps  runtime.Deps
	store *record.Store
	bus   *bus.Publisher
	stage *transform.Service
	// limits are the accounting system's.
	limits connector.Limits
	// snapshot is what the send was opened with.
	snapshot *snapshot
	// read runs when the stage has read the record, before it does anything.
	read func()
}

// inFakeTime runs a test with everything that transform needs.
func inFakeTime(t *testing.T, test func(t *testing.T, w *workbench)) {
	t.Helper()
	m := mappingOf(t, "")
	bustest.FakeTime(t, func(t *testing.T, b *bustest.Broker) {
		w := &workbench{t: t, snapshot: base()}
		account := &connection.Account{ID: "acme", TimeZone: "America/New_York", ServiceTrade: connection.ServiceTrade{
			ExternalSystem: "accounting", AppURL: "https://app.servicetrade.com",
		}}
		w.deps = runtime.Deps{
			NC: b.Conn(t), JS: b.JS(t), Log: slog.New(reading{w}), Metrics: runtime.NewMetrics(), Health: runtime.NewHealth(), Instance: "a",
			Config: &connection.Config{
				Accounts: map[string]*connection.Account{"acme": account},
				Connections: map[string]*connection.Connection{"acme-hledger": {
					ID: "acme-hledger", AccountID: "acme", Account: account, Connector: "some-books", Enabled: true, Mapping: m,
				}},
			},
		}
		var err error
		w.store, err = record.Open(t.Context(), w.deps.JS)
		require.NoError(t, err)
		w.bus = bus.NewPublisher(w.deps.JS, slog.New(slog.DiscardHandler))
		w.stage, err = transform.NewWithLimits(t.Context(), w.deps, func(kind string) connector.Limits {
			require.Equal(t, "some-books", kind)
			return w.limits
		})
		require.NoError(t, err)
		test(t, w)
	})
}

// reading is a log that nobody reads. The stage turns to it right after it has read
// the record, which is the moment when others may change it.
type reading struct{ w *workbench }

func (reading) Enabled(context.Context, slog.Level) bool  { return false }
func (reading) Handle(context.Context, slog.Record) error { return nil }
func (r reading) WithGroup(string) slog.Handler           { return r }
func (r reading) WithAttrs([]slog.Attr) slog.Handler {
	if r.w.read != nil {
		r.w.read()
	}
	return r
}

func (w *workbench) key() record.Key {
	return record.Key{Account: "acme", InvoiceID: base().GetInvoice().GetId()}
}

func (w *workbench) subject(s bus.Stage) bus.Subject {
	return bus.Subject{Stage: s, Connection: "acme-hledger", InvoiceID: w.key().InvoiceID}
}

func (w *workbench) entry() record.Entry {
	w.t.Helper()
	e, err := w.store.Get(w.t.Context(), w.key())
	require.NoError(w.t, err)
	return e
}

// change takes the record through steps.
func (w *workbench) change(steps ...record.Transition) {
	w.t.Helper()
	e := w.entry()
	for _, s := range steps {
		var err error
		e, err = w.store.Change(w.t.Context(), e, s)
		require.NoError(w.t, err)
	}
}

// open opens a send of the snapshot, and returns its message as a consumer gets it.
func (w *workbench) open() bus.Message {
	w.t.Helper()
	hash, err := st.Hash(w.snapshot.GetInvoice())
	require.NoError(w.t, err)
	w.change(record.OpenSend(record.Opens{
		Key: w.key(), Connection: "acme-hledger", SnapshotHash: hash, HashVersion: 1,
		StartStatus: "pending_accounting", Total: w.snapshot.GetInvoice().GetTotalPrice(),
	}))
	return w.received(hash)
}

// received publishes the snapshot under a hash.
func (w *workbench) received(hash string) bus.Message {
	w.t.Helper()
	require.NoError(w.t, w.bus.Send(w.t.Context(), w.subject(bus.StageReceived), "", &tradepostv1.InvoiceReceived{
		Send: w.entry().Record.GetSend(), SnapshotHash: hash, HashVersion: 1, Snapshot: w.snapshot,
	}))
	all := w.all(bus.StreamReceived)
	return all[len(all)-1]
}

// all returns what a stream holds, as a consumer gets it.
func (w *workbench) all(stream string) []bus.Message {
	w.t.Helper()
	s, err := w.deps.JS.Stream(w.t.Context(), stream)
	require.NoError(w.t, err)
	info, err := s.Info(w.t.Context())
	require.NoError(w.t, err)
	var all []bus.Message
	for seq := max(info.State.FirstSeq, 1); seq <= info.State.LastSeq; seq++ {
		raw, err := s.GetMsg(w.t.Context(), seq)
		require.NoError(w.t, err)
		subject, err := bus.ParseSubject(raw.Subject)
		require.NoError(w.t, err)
		all = append(all, bus.Message{Subject: subject, Body: raw.Data, Stream: stream, Sequence: seq, Published: raw.Time, Delivered: 1})
	}
	return all
}

// decoded is the only message that a stream holds.
func decoded[M proto.Message](w *workbench, stream string, into M) M {
	w.t.Helper()
	all := w.all(stream)
	require.Len(w.t, all, 1)
	require.NoError(w.t, bus.Decode(all[0], into))
	return into
}
