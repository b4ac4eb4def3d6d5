package preview_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/canonical"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/pkg/snapshot"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/deliver"
	"github.com/tradepost/tradepost/services/tradepost/internal/embedded"
	"github.com/tradepost/tradepost/services/tradepost/internal/pipeline"
	"github.com/tradepost/tradepost/services/tradepost/internal/preview"
	"github.com/tradepost/tradepost/services/transform"
)

// batch is how many invoices are looked at before they are posted: few enough for
// their snapshots to stay young, since nobody answers for ServiceTrade here.
const batch = 24

type object = map[string]any

// mill is the two stages in the middle, with a real broker and real hledger books,
// and a connection for each mapping of the corpus.
type mill struct {
	t      *testing.T
	config *connection.Config
	server *embedded.Server
	js     jetstream.JetStream
	store  *record.Store
	bus    *bus.Publisher
	// inBooks makes sure that the books hold the very document that was shown.
	inBooks func(i corpusInvoice, p preview.Paper)
}

// accounts that the chart of new books declares. The others that the mappings name
// are missing, so that hledger has something to refuse.
var declared = []string{
	"revenue:service", "revenue:labor", "4000", "4200", "4300", "4900", "2200", "liabilities:salestax:NC", "1200", "1100",
}

func newMill(t *testing.T, invoices []corpusInvoice) *mill {
	t.Helper()
	dir := t.TempDir()
	connections, accounts := object{}, object{}
	for _, i := range invoices {
		mapping, err := filepath.Abs(filepath.Join(transformData, "mapping", i.mapping+".yaml"))
		require.NoError(t, err)
		connections[i.connection()] = object{
			"account": i.connection(), "connector": "hledger", "mapping_file": mapping,
			"settings": object{"journal_dir": "books-" + i.connection(), "declare": declared},
		}
		accounts[i.connection()] = object{"time_zone": i.zone, "servicetrade": object{
			"url": "http://127.0.0.1:1", "app_url": "https://app.servicetrade.com", "username": i.connection(), "password": "p",
			"invoice_entity_type": 13, "external_system": "accounting",
		}}
	}
	refusingBooks(t, filepath.Join(dir, "books-departments-east"))
	m := openMill(t, dir, connections, accounts)
	m.inBooks = m.inJournal
	return m
}

// openMill starts the broker of a configuration in dir.
func openMill(t *testing.T, dir string, connections, accounts object) *mill {
	t.Helper()
	raw, err := yaml.Marshal(object{"data_dir": "data", "http": object{"listen": "off"}, "connections": connections, "accounts": accounts})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "tradepost.yaml"), raw, 0o600))
	m := &mill{t: t}
	m.config, err = connection.Load(filepath.Join(dir, "tradepost.yaml"), nil)
	require.NoError(t, err)
	m.server, err = embedded.Start(filepath.Join(m.config.DataDir, "nats"), embedded.Off)
	require.NoError(t, err)
	t.Cleanup(m.server.Stop)
	_, err = pipeline.Apply(t.Context(), pipeline.Options{Config: m.config, NATS: m.server, FirstInstall: true, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	nc, err := bus.Connect(t.Context(), bus.ConnectOptions{Name: "test", InProcess: m.server})
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	m.js, err = jetstream.New(nc)
	require.NoError(t, err)
	m.store, err = record.Open(t.Context(), m.js)
	require.NoError(t, err)
	m.bus = bus.NewPublisher(m.js, slog.New(slog.DiscardHandler))
	return m
}

// refusingBooks leaves a chart that has the accounts, but not the currency: the
// program itself refuses what is posted there.
func refusingBooks(t *testing.T, dir string) {
	t.Helper()
	require.NoError(t, os.Mkdir(dir, 0o755))
	chart := "commodity EUR 1000.00\naccount assets:receivable\naccount revenue\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "chart.journal"), []byte(chart), 0o600))
}

// run starts transform and deliver, until the test ends.
func (m *mill) run() {
	connectors, err := deliver.Connectors()
	require.NoError(m.t, err)
	ctx, stop := context.WithCancel(context.WithoutCancel(m.t.Context()))
	var g errgroup.Group
	health, metrics := runtime.NewHealth(), runtime.NewMetrics()
	for name, build := range map[string]runtime.Build{
		"transform": func(ctx context.Context, d runtime.Deps) (runtime.Service, error) { return transform.New(ctx, d) },
		"deliver": func(ctx context.Context, d runtime.Deps) (runtime.Service, error) {
			return deliver.New(ctx, d, connectors)
		},
	} {
		g.Go(func() error {
			return runtime.Run(ctx, runtime.Options{
				Name: name, Config: m.config, InProcess: m.server, Log: slog.New(slog.DiscardHandler), Health: health, Metrics: metrics,
			}, build)
		})
	}
	m.t.Cleanup(func() {
		stop()
		require.NoError(m.t, g.Wait())
	})
}

// looked previews a batch. withNATS false is a preview on a machine that has none.
func (m *mill) looked(invoices []corpusInvoice, withNATS bool) []*preview.View {
	m.t.Helper()
	connectors, err := deliver.Connectors()
	require.NoError(m.t, err)
	viewers := map[string]*preview.Viewer{}
	for _, i := range invoices {
		if viewers[i.connection()] != nil {
			continue
		}
		o := preview.Options{Config: m.config, Connectors: connectors, Connection: m.config.Connections[i.connection()], Log: slog.New(slog.DiscardHandler)}
		if o.JS = m.js; !withNATS {
			o.JS, o.NoNATS = nil, "NATS was not reached"
		}
		v, err := preview.Open(m.t.Context(), o)
		require.NoError(m.t, err)
		defer func() { require.NoError(m.t, v.Close(m.t.Context())) }()
		viewers[i.connection()] = v
	}
	views := make([]*preview.View, len(invoices))
	var g errgroup.Group
	g.SetLimit(4)
	for n, i := range invoices {
		i.snapshot.TakenAt = timestamppb.Now()
		g.Go(func() error {
			views[n] = viewers[i.connection()].Snapshot(m.t.Context(), i.snapshot)
			return nil
		})
	}
	require.NoError(m.t, g.Wait())
	return views
}

func (m *mill) key(i corpusInvoice) record.Key {
	return record.Key{Account: m.config.Connections[i.connection()].AccountID, InvoiceID: i.snapshot.GetInvoice().GetId()}
}

// send opens a send of an invoice, or of its void, and publishes it, as ingest does.
func (m *mill) send(i corpusInvoice) {
	m.t.Helper()
	hash, err := snapshot.Hash(i.snapshot.GetInvoice())
	require.NoError(m.t, err)
	e, err := m.store.Get(m.t.Context(), m.key(i))
	require.NoError(m.t, err)
	start := "pending_accounting"
	if i.snapshot.GetInvoice().GetStatus() == "void" {
		start = "void"
	}
	e, err = m.store.Change(m.t.Context(), e, record.OpenSend(record.Opens{
		Key: m.key(i), Connection: i.connection(), SnapshotHash: hash, HashVersion: canonical.HashVersion,
		StartStatus: start, Total: i.snapshot.GetInvoice().GetTotalPrice(), Now: time.Now(),
	}))
	require.NoError(m.t, err)
	to := bus.Subject{Stage: bus.StageReceived, Connection: i.connection(), InvoiceID: m.key(i).InvoiceID}
	require.NoError(m.t, m.bus.Send(m.t.Context(), to, "", &tradepostv1.InvoiceReceived{
		Send: e.Record.GetSend(), SnapshotHash: hash, HashVersion: canonical.HashVersion, Snapshot: i.snapshot,
	}))
}

// outcome waits until it is known how the send ended, and returns that as published.
func (m *mill) outcome(i corpusInvoice) *tradepostv1.Outcome {
	m.t.Helper()
	var last record.Entry
	require.Eventually(m.t, func() bool {
		var err error
		last, err = m.store.Get(m.t.Context(), m.key(i))
		return err == nil && last.State() == record.Outcome
	}, 2*time.Minute, 20*time.Millisecond, "%s never ended", i.name)
	o := &tradepostv1.InvoiceOutcome{}
	require.Eventually(m.t, func() bool { // the record is written first
		return m.last(i, bus.StreamOutcome, bus.StageOutcome, o) && o.GetSend() == last.Record.GetSend()
	}, time.Minute, 20*time.Millisecond)
	return o.GetOutcome()
}

// last reads the invoice's last message of a stage, if there is one.
func (m *mill) last(i corpusInvoice, stream string, stage bus.Stage, into proto.Message) bool {
	m.t.Helper()
	s, err := m.js.Stream(m.t.Context(), stream)
	require.NoError(m.t, err)
	of := bus.Subject{Stage: stage, Connection: i.connection(), InvoiceID: m.key(i).InvoiceID}
	raw, err := s.GetLastMsgForSubject(m.t.Context(), of.String())
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return false
	}
	require.NoError(m.t, err)
	require.NoError(m.t, bus.Decode(bus.Message{Subject: of, Body: raw.Data}, into))
	return true
}
