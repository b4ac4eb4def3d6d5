package pipeline_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/deliver/connectors/remote/remotetest"
)

// newPrinter is a plant whose NATS server can be reached by programs, and whose
// connection posts to paperbooks, the reference connector in JavaScript.
func newPrinter(t *testing.T) (p *plant, books string, start func() *remotetest.Process) {
	t.Helper()
	main := remotetest.Node(t, "../../../../examples/paperbooks")
	p = newPlant(t)
	p.nats = listeningNATS(t, filepath.Join(p.dir, "listening"))
	s := p.add("acme", 7)
	p.connections["acme-books"] = map[string]any{
		"account": "acme", "connector": "remote", "mapping_file": "acme.yaml",
		"settings": map[string]any{"program": "paperbooks", "title": "Paper books", "call_timeout": "5s", "parallel": 4, "atomic_marker": true, "can": []string{"preview"}},
	}
	p.put("acme.yaml", mappingOf(s.API.Book()))
	books = filepath.Join(p.dir, "paper")
	return p, books, func() *remotetest.Process {
		return remotetest.Start(t, remotetest.Options{
			Command: []string{"node", filepath.Join(main, "paperbooks.mjs")}, Program: "paperbooks",
		}, p.nats.ClientURL(), books)
	}
}

func listeningNATS(t *testing.T, dir string) *server.Server {
	t.Helper()
	s, err := server.NewServer(&server.Options{JetStream: true, StoreDir: dir, Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true})
	require.NoError(t, err)
	s.Start()
	require.True(t, s.ReadyForConnections(20*time.Second))
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	return s
}

// The program is killed in the middle of its work, twice: nothing is lost, nothing is
// there twice, and the total is ServiceTrade's.
func TestAProgramIsKilledInTheMiddle(t *testing.T) {
	p, books, start := newPrinter(t)
	program := start()
	p.start()
	var ids []int64
	for _, inv := range p.sandboxes["acme"].API.Invoices("ok") {
		if p.sandboxes["acme"].API.Book().Expected[inv.ID].Posted() {
			ids = append(ids, inv.ID)
		}
	}
	require.Greater(t, len(ids), 20)
	require.NoError(t, p.sandboxes["acme"].API.Send("", ids...))
	for _, printed := range []int{3, 10} {
		p.await("some are printed", func() bool { return len(onPaper(t, books)) >= printed })
		require.Less(t, len(onPaper(t, books)), len(ids), "the program was killed after its work")
		program.Kill(t)
		program.Run(t)
	}
	p.awaitSettled("acme")
	requirePaper(t, p, books, len(ids))
}

// A program that does not run stops its connection, and is told by name.
func TestAProgramThatDoesNotRunIsTold(t *testing.T) {
	p, books, start := newPrinter(t)
	p.startUnready("no program listens")
	start()
	p.await("ready", func() bool { return p.health.Readiness().OK() })
	p.send("acme", 1)
	p.awaitSettled("acme")
	requirePaper(t, p, books, 1)
}

// requirePaper wants each invoice that is processed to be on one sheet.
func requirePaper(t *testing.T, p *plant, books string, want int) {
	t.Helper()
	total := decimal.Zero
	processed := p.sandboxes["acme"].API.Invoices("processed")
	require.Len(t, processed, want)
	for _, inv := range processed {
		amount, err := decimal.NewFromString(inv.Total.String())
		require.NoError(t, err)
		total = total.Add(amount)
	}
	sheets := onPaper(t, books)
	require.Len(t, sheets, want)
	sum := decimal.Zero
	for _, amount := range sheets {
		sum = sum.Add(amount)
	}
	require.Equal(t, total.StringFixed(2), sum.StringFixed(2))
}

// onPaper is the amount of each sheet, by its marker, with ServiceTrade's sign.
func onPaper(t *testing.T, books string) map[string]decimal.Decimal {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(books, "st-*.json"))
	require.NoError(t, err)
	sheets := map[string]decimal.Decimal{}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		require.NoError(t, err)
		var sheet struct {
			Document struct {
				Kind, Marker string
				Totals       struct{ Total string }
			}
		}
		require.NoError(t, json.Unmarshal(raw, &sheet))
		amount, err := decimal.NewFromString(sheet.Document.Totals.Total)
		require.NoError(t, err)
		if strings.Contains(sheet.Document.Kind, "CREDIT") {
			amount = amount.Neg()
		}
		require.NotContains(t, sheets, sheet.Document.Marker)
		sheets[sheet.Document.Marker] = amount
	}
	return sheets
}
