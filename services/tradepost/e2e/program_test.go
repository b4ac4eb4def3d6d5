package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/services/deliver/connectors/remote/remotetest"
	"github.com/tradepost/tradepost/services/sandbox"
)

// One program works for two replicas of deliver. It is killed with SIGKILL in the middle,
// and so is a replica: when all run again, each invoice is on one sheet.
func TestAProgramOfTwoReplicasOfDeliverIsKilled(t *testing.T) {
	t.Parallel() // Most of the time is waiting for claims that are over.
	p := newProgramPlant(t, 1)
	listen := bustest.FreeAddress(t)
	second := &proc{
		name: "deliver", args: []string{"--config", p.path("tradepost.yaml")}, ready: listen,
		env: []string{"TRADEPOST_HTTP_LISTEN=" + listen},
	}
	first := p.procs["deliver"]
	p.add(second)
	second.start()
	second.awaitReady()
	ids := p.sendAll()
	p.whilePrinting(15, len(ids), func() { p.copies[0].Kill(t) })
	p.copies[0].Run(t)
	p.whilePrinting(30, len(ids), func() { first.end(syscall.SIGKILL) })
	p.whilePrinting(45, len(ids), func() { p.copies[0].Kill(t) })
	first.start()
	p.copies[0].Run(t)
	p.requirePrinted(ids)
}

// Two copies of a program share the calls of one deliver by their queue group. One is
// killed, then deliver, then the other one: each invoice is on one sheet.
func TestTwoCopiesOfAProgramAreKilled(t *testing.T) {
	t.Parallel()
	p := newProgramPlant(t, 2)
	ids := p.sendAll()
	p.whilePrinting(15, len(ids), func() { p.copies[0].Kill(t) })
	p.whilePrinting(30, len(ids), func() { p.procs["deliver"].end(syscall.SIGKILL) })
	p.copies[0].Run(t)
	p.procs["deliver"].start()
	p.whilePrinting(45, len(ids), func() { p.copies[1].Kill(t) })
	p.copies[1].Run(t)
	p.requirePrinted(ids)
}

// A copy that stands still is asked all the same, by turns. What it was asked to make is
// made by the other one; it wakes up with late calls in its hands, and writes nothing.
func TestACopyThatWakesUpLateWritesNothing(t *testing.T) {
	t.Parallel()
	p := newProgramPlant(t, 2)
	late := p.copies[0]
	late.Signal(t, syscall.SIGSTOP)
	ids := p.sendAll()
	require.Eventually(t, func() bool {
		return slices.ContainsFunc(ids, func(id int64) bool { return p.record(id).GetWaiting().GetReason() == "no_answer" })
	}, 3*time.Minute, 50*time.Millisecond, "the copy that stands still was asked to make a document")
	late.Signal(t, syscall.SIGCONT)
	require.Eventually(t, func() bool { return strings.Contains(late.Output(), tooLate) }, time.Minute, 10*time.Millisecond)
	p.requirePrinted(ids)
}

// printer is a plant whose connection posts through copies of paperbooks, the reference
// program, made so that it prints whatever it is told to, as often as it is told: nothing
// but Tradepost keeps a second sheet of an invoice away.
type printer struct {
	*plant
	books  string
	copies []*remotetest.Process
}

// The reference program refuses a marker that is taken. Printed, it stands still a moment
// before it answers: that is where most of the kills meet it.
const (
	tooLate  = "asked too late"
	refusing = "const made = make(`${marker}.json`, { document, documentHash, seal: digest(document) }, () => Date.now() < deadline);"
	printing = "const made = make(`${marker}~${randomUUID()}.json`, { document, documentHash, seal: digest(document) }, () => Date.now() < deadline);\n" +
		"  if (made === undefined) console.error(\"" + tooLate + "\");\n" +
		"  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60);"
)

func newProgramPlant(t *testing.T, copies int) *printer {
	t.Helper()
	main := filepath.Join(remotetest.Node(t, "../../../examples/paperbooks"), "paperbooks.mjs")
	good, err := os.ReadFile(main)
	require.NoError(t, err)
	require.Contains(t, string(good), refusing)
	careless := strings.NewReplacer(refusing, printing, "atomicMarker: true", "atomicMarker: false").Replace(string(good))
	require.NoError(t, os.WriteFile(main, []byte(careless), 0o600))
	p := &printer{books: t.TempDir()}
	book := sandbox.GenerateBook(sandbox.BookOptions{Seed: 23, Invoices: 60, MaxLines: 6})
	p.plant = newPlantOf(t, sandbox.Options{Book: book, Configured: true}, func(config map[string]any) {
		c := config["connections"].(map[string]any)[connection].(map[string]any)
		c["connector"] = "remote"
		c["settings"] = map[string]any{"program": "paperbooks", "title": "Paper books", "call_timeout": "5s", "parallel": 4}
		url := config["nats"].(map[string]any)["url"].(string)
		for range copies {
			p.copies = append(p.copies, remotetest.Start(t, remotetest.Options{
				Command: []string{"node", main}, Program: "paperbooks", Listening: "paperbooks listens",
			}, url, p.books))
		}
	})
	return p
}

// whilePrinting does something once that many sheets are printed, and before all are.
func (p *printer) whilePrinting(least, all int, do func()) {
	p.t.Helper()
	require.Eventually(p.t, func() bool { return p.sheets() >= least }, 3*time.Minute, 5*time.Millisecond, "%d sheets", least)
	do()
	require.Less(p.t, p.sheets(), all, "all was printed already")
}

func (p *printer) sheets() int {
	names, err := filepath.Glob(filepath.Join(p.books, "st-*.json"))
	require.NoError(p.t, err)
	return len(names)
}

// requirePrinted waits until all is settled, and wants each invoice on one sheet, with
// ServiceTrade's total, and one write to ServiceTrade.
func (p *printer) requirePrinted(ids []int64) {
	p.t.Helper()
	p.awaitSettled(10 * time.Minute) // a pause, and a killed claim, take their time
	p.awaitClosed(ids)
	p.requireOneWriteEach(ids)
	for _, id := range ids {
		inv, err := p.sandbox.API.Invoice(id)
		require.NoError(p.t, err)
		require.Equal(p.t, "processed", inv.Status)
		names, err := filepath.Glob(filepath.Join(p.books, "st-"+account+"-"+strconv.FormatInt(id, 10)+"~*.json"))
		require.NoError(p.t, err)
		require.Len(p.t, names, 1, "sheets of invoice %d", id)
		want, err := decimal.NewFromString(inv.Total.String())
		require.NoError(p.t, err)
		require.Equal(p.t, want.StringFixed(2), p.amount(names[0]), "invoice %d", id)
	}
	require.Equal(p.t, len(ids), p.sheets(), "sheets of all invoices")
}

// amount is that of a sheet, with ServiceTrade's sign.
func (p *printer) amount(name string) string {
	p.t.Helper()
	raw, err := os.ReadFile(name)
	require.NoError(p.t, err)
	var sheet struct {
		Document struct {
			Kind   string
			Totals struct{ Total string }
		}
	}
	require.NoError(p.t, json.Unmarshal(raw, &sheet))
	amount, err := decimal.NewFromString(sheet.Document.Totals.Total)
	require.NoError(p.t, err)
	if strings.Contains(sheet.Document.Kind, "CREDIT") {
		amount = amount.Neg()
	}
	return amount.StringFixed(2)
}
