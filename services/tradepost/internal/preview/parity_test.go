package preview_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/canonical"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/fault"
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
			"url": "http://127.0.0.1:1", "app_url": "https://app.servicetrade.com", "username": "u", "password": "p",
			"invoice_entity_type": 13, "external_system": "accounting",
		}}
	}
	raw, err := yaml.Marshal(object{"data_dir": "data", "http": object{"listen": "off"}, "connections": connections, "accounts": accounts})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "tradepost.yaml"), raw, 0o600))
	m := &mill{t: t}
	m.config, err = connection.Load(filepath.Join(dir, "tradepost.yaml"), nil)
	require.NoError(t, err)
	m.server, err = embedded.Start(filepath.Join(m.config.DataDir, "nats"), embedded.Off)
	require.NoError(t, err)
	t.Cleanup(m.server.Stop)
	_, err = pipeline.Apply(t.Context(), pipeline.Options{Config: m.config, NATS: m.server, Log: slog.New(slog.DiscardHandler)})
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

// send opens a send of an invoice and publishes it, as ingest does.
func (m *mill) send(i corpusInvoice) {
	m.t.Helper()
	hash, err := snapshot.Hash(i.snapshot.GetInvoice())
	require.NoError(m.t, err)
	e, err := m.store.Get(m.t.Context(), m.key(i))
	require.NoError(m.t, err)
	e, err = m.store.Change(m.t.Context(), e, record.OpenSend(record.Opens{
		Key: m.key(i), Connection: i.connection(), SnapshotHash: hash, HashVersion: canonical.HashVersion,
		StartStatus: "pending_accounting", Total: i.snapshot.GetInvoice().GetTotalPrice(), Now: time.Now(),
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
	require.Eventually(m.t, func() bool { return m.last(i, bus.StreamOutcome, bus.StageOutcome, o) }, time.Minute, 20*time.Millisecond)
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

// same compares what preview said with how the send ended, and the documents byte
// for byte with those that transform published.
func (m *mill) same(i corpusInvoice, view *preview.View, o *tradepostv1.Outcome) {
	t := m.t
	t.Helper()
	ready := &tradepostv1.InvoiceReady{}
	require.Equal(t, m.last(i, bus.StreamReady, bus.StageReady, ready), len(view.Documents) > 0, i.name)
	require.Len(t, view.Documents, len(ready.GetDocuments()), i.name)
	for n, d := range ready.GetDocuments() {
		shown := &tradepostv1.Document{}
		require.NoError(t, protojson.Unmarshal(view.Documents[n].Document, shown))
		require.Equal(t, bytesOf(t, d), bytesOf(t, shown), i.name)
		require.Len(t, view.Documents[n].Explanation, len(ready.GetExplanations()[n].GetFields()), i.name)
	}
	if posted := o.GetPosted(); posted != nil {
		require.Equal(t, preview.Postable, view.Verdict, "%s was posted; preview: %v %s", i.name, view.Faults, view.Why)
		require.Len(t, posted.GetDocuments(), len(view.Documents))
		for _, p := range view.Documents {
			m.inBooks(i, p)
		}
		return
	}
	require.NotNil(t, o.GetRejected(), "%s: %v", i.name, o)
	require.Equal(t, preview.Faulty, view.Verdict, "%s was rejected for %v; preview: %s", i.name, o.GetRejected().GetFaults(), view.Why)
	require.Len(t, view.Faults, len(o.GetRejected().GetFaults()), i.name)
	for n, f := range o.GetRejected().GetFaults() {
		require.Equal(t, f.GetCode(), view.Faults[n].Code, i.name)
		require.Equal(t, fault.Text(f), view.Faults[n].Text, "%s: what the comment says", i.name)
	}
}

// inBooks makes sure that the books hold the very document that was shown.
func (m *mill) inBooks(i corpusInvoice, p preview.Paper) {
	m.t.Helper()
	shown := &tradepostv1.Document{}
	require.NoError(m.t, protojson.Unmarshal(p.Document, shown))
	raw, err := os.ReadFile(filepath.Join(m.config.Dir(), "books-"+i.connection(), "invoices", shown.GetMarker()+".journal"))
	require.NoError(m.t, err, i.name)
	require.Contains(m.t, string(raw), "sthash:"+p.Hash, i.name)
}

func bytesOf(t *testing.T, m proto.Message) string {
	t.Helper()
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	require.NoError(t, err)
	return string(raw)
}

// untouched is everything that a preview must leave as it is: the streams, the
// records and the files of the books.
func (m *mill) untouched() map[string]string {
	m.t.Helper()
	seen := map[string]string{}
	for s := range m.js.ListStreams(m.t.Context()).Info() {
		seen[s.Config.Name] = fmt.Sprint(s.State.LastSeq, s.State.Msgs, s.State.Consumers)
	}
	require.NoError(m.t, filepath.WalkDir(m.config.Dir(), func(path string, e os.DirEntry, err error) error {
		if err == nil && path == m.config.DataDir {
			return filepath.SkipDir
		}
		if err == nil && !e.IsDir() {
			var raw []byte
			raw, err = os.ReadFile(path)
			seen[path] = string(raw)
		}
		return err
	}))
	return seen
}

// What preview says of an invoice is what becomes of it: same verdict, same faults
// in the same words, same documents to the byte. Over the whole corpus, through the
// real stages and real hledger books; and a preview leaves everything as it was.
func TestPreviewSaysWhatThePipelineDoes(t *testing.T) {
	invoices := corpus(t)
	require.GreaterOrEqual(t, len(invoices), 300)
	m := newMill(t, invoices)
	tally, rules, codes := map[preview.Verdict]int{}, map[string]bool{}, map[string]bool{}
	for from := 0; from < len(invoices); from += batch {
		these := invoices[from:min(from+batch, len(invoices))]
		before := m.untouched()
		views := m.looked(these, from != 2*batch)
		require.Equal(t, before, m.untouched(), "a preview writes nothing")
		if from == 0 { // the first ones were looked at before there were books
			m.run()
		}
		for _, i := range these {
			m.send(i)
		}
		for n, i := range these {
			m.same(i, views[n], m.outcome(i))
			tally[views[n].Verdict]++
			note(views[n], rules, codes)
		}
	}
	t.Logf("%d invoices: %v; %d rules, %d codes", len(invoices), tally, len(rules), len(codes))
	require.Greater(t, tally[preview.Postable], 100)
	require.Greater(t, tally[preview.Faulty], 100)
	for rule := range goldenRules(t) {
		assert.True(t, rules[rule], "no invoice of the corpus is posted by rule %q", rule)
	}
	for _, e := range fault.All() {
		if e.Raised == "transform" && !slices.Contains(elsewhere, e.Code) {
			assert.True(t, codes[e.Code], "no invoice of the corpus has %s", e.Code)
		}
	}
	require.True(t, codes["account.not_in_books"], "the books themselves refuse some")
}

// elsewhere are faults that no invoice of the corpus can have: those of limits that
// hledger does not have, of messages, and of mappings that no file can hold. The
// tests of transform raise them through its stage.
var elsewhere = []string{"lines.too_many", "number.too_long", "message.wrong_invoice", "message.too_large", "connection.mapping_wrong"}

// note gathers by which rules an invoice was made that can be posted, and which
// faults one has that cannot.
func note(v *preview.View, rules, codes map[string]bool) {
	for _, p := range v.Documents {
		for _, r := range p.Explanation {
			rules[r.Rule] = rules[r.Rule] || v.Verdict == preview.Postable
		}
	}
	for _, f := range v.Faults {
		codes[f.Code] = true
	}
}

// goldenRules are all rules that the hand-made cases of transform were made by.
func goldenRules(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(transformData, "make", "*", "explanation*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	rules := map[string]bool{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, m := range rule.FindAllStringSubmatch(string(raw), -1) {
			rules[m[1]] = true
		}
	}
	return rules
}

var rule = regexp.MustCompile(`"rule": "([^"]+)"`)
