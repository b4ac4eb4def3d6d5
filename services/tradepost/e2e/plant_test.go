package e2e

import (
	"bytes"
	"context"
	"encoding/base64"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/services/deliver/connectors/hledger"
	"github.com/tradepost/tradepost/services/sandbox"
)

const (
	account    = "acme"
	connection = "acme-books"
)

// plant is the four binaries as processes of their own, a separate NATS server,
// hledger books, and a ServiceTrade sandbox in the test.
type plant struct {
	t       *testing.T
	dir     string
	sandbox *sandbox.Sandbox
	procs   map[string]*proc
	natsURL string
	js      jetstream.JetStream
	nc      *nats.Conn
	// tune changes the configuration before it is written; nil leaves it.
	tune func(config map[string]any)
	// remap changes the mapping before it is written.
	remap []func(mapping map[string]any)
}

func newPlant(t *testing.T, book *sandbox.Book) *plant {
	t.Helper()
	return newPlantOf(t, sandbox.Options{Book: book, Configured: true}, nil)
}

func newPlantOf(t *testing.T, o sandbox.Options, tune func(config map[string]any), remap ...func(mapping map[string]any)) *plant {
	t.Helper()
	p := &plant{t: t, dir: t.TempDir(), procs: map[string]*proc{}, tune: tune, remap: remap}
	p.sandbox = sandbox.New(o)
	book := o.Book
	web := httptest.NewServer(p.sandbox)
	t.Cleanup(web.Close)
	p.startNATS()
	p.writeConfig(web.URL, book)
	p.tradepost("nats", "apply", "--first-install")
	for _, s := range stages {
		listen := bustest.FreeAddress(t)
		p.add(&proc{
			name: s, args: []string{"--config", p.path("tradepost.yaml")}, ready: listen,
			env: []string{"TRADEPOST_HTTP_LISTEN=" + listen},
		})
		p.procs[s].start()
	}
	p.awaitReady()
	return p
}

func (p *plant) add(one *proc) {
	one.t, one.log = p.t, &lockedBuffer{}
	p.procs[one.name] = one
	p.t.Cleanup(func() {
		one.end(syscall.SIGKILL)
		if p.t.Failed() {
			text := one.log.String()
			p.t.Logf("--- %s\n%s", one.name, text[max(0, len(text)-2000):])
		}
	})
}

func (p *plant) awaitReady() {
	p.t.Helper()
	for _, s := range stages {
		p.procs[s].awaitReady()
	}
}

func (p *plant) path(name string) string { return filepath.Join(p.dir, name) }

func (p *plant) startNATS() {
	p.t.Helper()
	listen := bustest.FreeAddress(p.t)
	host, port, err := net.SplitHostPort(listen)
	require.NoError(p.t, err)
	config := "host: " + host + "\nport: " + port + "\njetstream { store_dir: " + strconv.Quote(p.path("nats")) + ", sync_interval: always }\n"
	require.NoError(p.t, os.WriteFile(p.path("nats.conf"), []byte(config), 0o600))
	p.add(&proc{name: "nats-server", args: []string{"-c", p.path("nats.conf")}, ready: listen})
	p.procs["nats-server"].start()
	p.procs["nats-server"].awaitReady()
	p.natsURL = "nats://" + listen
	p.nc, err = nats.Connect(p.natsURL, nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond))
	require.NoError(p.t, err)
	p.t.Cleanup(p.nc.Close)
	p.js, err = jetstream.New(p.nc)
	require.NoError(p.t, err)
}

func (p *plant) writeConfig(url string, book *sandbox.Book) {
	p.t.Helper()
	key := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32))
	require.NoError(p.t, os.WriteFile(p.path("secrets.key"), []byte(key), 0o600))
	config := map[string]any{
		"nats":     map[string]any{"url": p.natsURL},
		"secrets":  map[string]any{"key_file": "secrets.key"},
		"accounts": map[string]any{account: accountOf(url, book)},
		"connections": map[string]any{connection: map[string]any{
			"account": account, "connector": "hledger", "mapping_file": "mapping.yaml",
			"settings": map[string]any{"journal_dir": "books"},
		}},
	}
	if p.tune != nil {
		p.tune(config)
	}
	p.write("tradepost.yaml", config)
	mapping := mappingOf(book)
	for _, change := range p.remap {
		change(mapping)
	}
	p.write("mapping.yaml", mapping)
}

func (p *plant) write(name string, content any) {
	p.t.Helper()
	writeYAML(p.t, p.path(name), content)
}

// tradepost runs a command of the one binary to its end.
func (p *plant) tradepost(args ...string) {
	p.t.Helper()
	one := &proc{t: p.t, name: "tradepost", args: append(args, "--config", p.path("tradepost.yaml")), log: &lockedBuffer{}}
	one.start()
	<-one.done
	require.True(p.t, one.cmd.ProcessState.Success(), one.log.String())
}

// sendAll presses Send on every invoice that can be sent.
func (p *plant) sendAll() []int64 {
	p.t.Helper()
	ids, err := p.sandbox.API.SendAll("")
	require.NoError(p.t, err)
	return ids
}

// awaitSettled waits until nothing is pending any more. The records are closed a moment
// later: see awaitClosed.
func (p *plant) awaitSettled(within time.Duration) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), within)
	defer cancel()
	err := p.sandbox.API.Await(ctx, func(a *sandbox.API) bool { return a.Counts()["pending_accounting"] == 0 })
	require.NoError(p.t, err, "%v", p.sandbox.API.Counts())
}

// awaitClosed waits until the record of every invoice is closed: the last write
// to ServiceTrade comes a moment before.
func (p *plant) awaitClosed(ids []int64) {
	p.t.Helper()
	for _, id := range ids {
		require.Eventually(p.t, func() bool { return p.record(id).GetState() == record.Closed }, 2*time.Minute, 100*time.Millisecond)
	}
}

func (p *plant) record(id int64) *tradepostv1.Record {
	p.t.Helper()
	return p.recordOf(account, id)
}

func (p *plant) recordOf(account string, id int64) *tradepostv1.Record {
	p.t.Helper()
	store, err := record.Open(p.t.Context(), p.js)
	require.NoError(p.t, err)
	e, err := store.Get(p.t.Context(), record.Key{Account: account, InvoiceID: id})
	require.NoError(p.t, err)
	return e.Record
}

// requireRight compares every invoice with what its book expects, ServiceTrade's
// request log with the promises, and the books with ServiceTrade.
func (p *plant) requireRight(ids []int64) {
	p.t.Helper()
	total, posted := decimal.Zero, 0
	for _, id := range ids {
		inv, err := p.sandbox.API.Invoice(id)
		require.NoError(p.t, err)
		want := p.sandbox.API.Book().Expected[id]
		if !want.Posted() {
			require.Equal(p.t, "failed", inv.Status, "invoice %d", id)
			require.Len(p.t, p.sandbox.API.Comments(id), 1, "comments of invoice %d", id)
			require.Empty(p.t, p.sandbox.API.Comments(id)[0].Visibility, "the comment is private")
			continue
		}
		require.Equal(p.t, "processed", inv.Status, "invoice %d", id)
		require.Empty(p.t, p.sandbox.API.Comments(id), "invoice %d", id)
		amount, err := decimal.NewFromString(inv.Total.String())
		require.NoError(p.t, err)
		total, posted = total.Add(amount), posted+1
	}
	tie, err := hledger.TieOut(p.t.Context(), p.path("books"), "")
	require.NoError(p.t, err)
	require.Equal(p.t, posted, tie.Count, "documents in the books")
	require.Equal(p.t, total.StringFixed(2), tie.Total.StringFixed(2), "total of the books")
}

// publish puts raw bytes onto a subject, as the nats CLI does.
func (p *plant) publish(subject bus.Subject, body []byte, header nats.Header) {
	p.t.Helper()
	_, err := p.js.PublishMsg(p.t.Context(), &nats.Msg{Subject: subject.String(), Data: body, Header: header})
	require.NoError(p.t, err)
}
