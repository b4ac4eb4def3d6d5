package pipeline_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/services/deliver/connectors/hledger"
	"github.com/tradepost/tradepost/services/sandbox"
	"github.com/tradepost/tradepost/services/tradepost/internal/pipeline"
)

// plant is the four stages in this process behind a configuration file that tests
// change, an embedded NATS server, books of hledger, and a ServiceTrade for each
// account.
type plant struct {
	t           *testing.T
	dir         string
	nats        *server.Server
	live        *connection.Live
	health      *runtime.Health
	log         *lockedBuffer
	accounts    map[string]any
	connections map[string]any
	sandboxes   map[string]*sandbox.Sandbox
	// more is what the configuration holds besides.
	more map[string]any
	// records are those of all accounts, once somebody looks at them.
	records *record.Store
}

func newPlant(t *testing.T) *plant {
	t.Helper()
	p := &plant{
		t: t, dir: t.TempDir(), log: &lockedBuffer{}, health: runtime.NewHealth(),
		accounts: map[string]any{}, connections: map[string]any{}, sandboxes: map[string]*sandbox.Sandbox{},
	}
	p.nats = startNATS(t, filepath.Join(p.dir, "nats"))
	return p
}

// add adds an account with a ServiceTrade of its own and one connection,
// <account>-books, to what the next write writes.
func (p *plant) add(account string, seed int64) *sandbox.Sandbox {
	p.t.Helper()
	book := sandbox.DemoBook(seed)
	s := sandbox.New(sandbox.Options{Book: book, Configured: true})
	web := httptest.NewServer(s)
	p.t.Cleanup(web.Close)
	p.sandboxes[account] = s
	p.accounts[account] = map[string]any{
		"time_zone": book.TimeZone,
		"servicetrade": map[string]any{
			"url": web.URL + "/api", "username": sandbox.DefaultUsername, "password": sandbox.DefaultPassword,
			"invoice_entity_type": sandbox.DefaultInvoiceEntityType, "poll_interval": "1s", "external_system": book.ExternalSystem,
		},
	}
	p.connect(account, map[string]any{})
	p.put(account+".yaml", mappingOf(book))
	return s
}

// connect writes the connection of an account anew.
func (p *plant) connect(account string, more map[string]any) {
	c := map[string]any{
		"account": account, "connector": "hledger", "mapping_file": account + ".yaml",
		"settings": map[string]any{"journal_dir": "books-" + account, "check": "when_installed"},
	}
	maps.Copy(c, more)
	p.connections[account+"-books"] = c
}

func mappingOf(book *sandbox.Book) map[string]any {
	table := func(rows []sandbox.TableRow) map[string]string {
		m := map[string]string{}
		for _, r := range rows {
			m[strconv.FormatInt(r.ID, 10)] = r.Key
		}
		return m
	}
	return map[string]any{
		"version":              1,
		"customers":            map[string]any{"match": []string{"external_id", "table"}, "table": table(book.CustomerTable)},
		"items":                map[string]any{"match": []string{"external_id", "table"}, "table": table(book.ItemTable)},
		"accounts":             map[string]any{"receivable": "assets:receivable", "revenue_default": "revenue"},
		"tax":                  map[string]any{"mode": "none"},
		"books_closed_through": book.BooksClosedThrough,
	}
}

// write writes the configuration file: whatever runs takes it up.
func (p *plant) write() {
	p.t.Helper()
	c := map[string]any{"data_dir": "data", "accounts": p.accounts, "connections": p.connections}
	maps.Copy(c, p.more)
	p.put("tradepost.yaml", c)
}

func (p *plant) put(name string, content any) {
	p.t.Helper()
	text, ok := content.(string)
	if !ok {
		encoded, err := yaml.Marshal(content)
		require.NoError(p.t, err)
		text = string(encoded)
	}
	require.NoError(p.t, os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o600))
}

// start runs the stages until the test ends.
func (p *plant) start() {
	p.t.Helper()
	p.run()
	p.await("ready", func() bool { return p.health.Readiness().OK() })
}

// startUnready is start for a plant whose connections cannot be attached yet; why is
// part of what readiness says of that.
func (p *plant) startUnready(why string) *connection.Config {
	p.t.Helper()
	config := p.run()
	p.await("attached in vain", func() bool {
		return strings.Contains(strings.ToLower(p.health.Readiness().Checks["deliver/connections"]), strings.ToLower(why))
	})
	return config
}

func (p *plant) run() *connection.Config {
	p.t.Helper()
	p.write()
	key := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32))
	environ := []string{"TRADEPOST_SECRETS_KEY=" + key}
	config, err := connection.Load(filepath.Join(p.dir, "tradepost.yaml"), environ)
	require.NoError(p.t, err)
	log := slog.New(slog.NewTextHandler(p.log, nil))
	o := pipeline.Options{Config: config, NATS: p.nats, FirstInstall: true, Log: log, Health: p.health, Metrics: runtime.NewMetrics()}
	p.live = pipeline.Follow(config, connection.LiveOptions{Environ: environ, Log: log, Every: 50 * time.Millisecond})
	o.Live = p.live
	ctx, cancel := context.WithCancel(p.t.Context())
	var group sync.WaitGroup
	group.Go(func() { require.NoError(p.t, runtime.FollowConfig(ctx, p.live, p.health, o.Metrics)) })
	group.Go(func() { require.NoError(p.t, pipeline.Run(ctx, o)) })
	p.t.Cleanup(func() {
		cancel()
		group.Wait()
		if p.t.Failed() {
			text := p.log.String()
			p.t.Log(text[max(0, len(text)-4000):])
		}
	})
	return config
}

func (p *plant) await(what string, done func() bool) {
	p.t.Helper()
	bustest.EventuallyWithin(p.t, 4*time.Minute, func() error {
		if !done() {
			return fmt.Errorf("%s; %v", what, p.health.Readiness().Checks)
		}
		return nil
	})
}

// taken writes the configuration, and waits until it is in force.
func (p *plant) change() {
	p.t.Helper()
	before := p.live.Status().Taken
	p.write()
	p.await("taken", func() bool { return p.live.Status().Taken > before })
}

// send presses Send on the first n invoices of an account that can be sent.
func (p *plant) send(account string, n int) []int64 {
	p.t.Helper()
	api := p.sandboxes[account].API
	var ids []int64
	for _, inv := range api.Invoices("ok") {
		if len(ids) < n && api.Book().Expected[inv.ID].Posted() {
			ids = append(ids, inv.ID)
		}
	}
	require.Len(p.t, ids, n)
	require.NoError(p.t, api.Send("", ids...))
	return ids
}

func (p *plant) pending(account string) int {
	return p.sandboxes[account].API.Counts()["pending_accounting"]
}

// awaitSettled waits until no invoice of an account is pending and no record of it is
// being settled: ServiceTrade's status turns before the record is closed. The log line,
// the metric and the message of it come after that.
func (p *plant) awaitSettled(account string) {
	p.t.Helper()
	p.await(account+" settled", func() bool { return p.pending(account) == 0 && p.settling(account) == 0 })
}

// settling counts the records of an account whose outcome is known and that are not closed.
func (p *plant) settling(account string) (n int) {
	p.t.Helper()
	if p.records == nil {
		store, err := record.Open(p.t.Context(), p.js())
		require.NoError(p.t, err)
		p.records = store
	}
	require.NoError(p.t, p.records.Each(p.t.Context(), func(e record.Entry) error {
		if s := e.State(); e.Key.Account == account && (s == record.Outcome || s == record.Settling) {
			n++
		}
		return nil
	}))
	return n
}

// requireBooks compares the books of an account with the invoices that are processed:
// each is there once.
func (p *plant) requireBooks(account string) {
	p.t.Helper()
	total, count := decimal.Zero, 0
	for _, inv := range p.sandboxes[account].API.Invoices("processed") {
		amount, err := decimal.NewFromString(inv.Total.String())
		require.NoError(p.t, err)
		total, count = total.Add(amount), count+1
	}
	tie, err := hledger.TieOut(p.t.Context(), filepath.Join(p.dir, fmt.Sprintf("books-%s", account)), "")
	require.NoError(p.t, err)
	require.Equal(p.t, count, tie.Count, "documents in the books of %s", account)
	require.Equal(p.t, total.StringFixed(2), tie.Total.StringFixed(2))
}
