package e2e

import (
	"net/http"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/deliver/connectors/tryton/trytontest"
	"github.com/tradepost/tradepost/services/sandbox"
)

// 200 invoices of a contractor, every third with sales tax of one of five places, credit
// memos among them, go through the four processes into a real Tryton. Its own trial
// balance has ServiceTrade's totals: each customer's, each account's, each tax's.
func TestABookOfTwoHundredInvoicesTiesOutInTryton(t *testing.T) {
	t.Parallel() // Most of the time of the other one is waiting.
	p, company := newTrytonPlant(t, 200)
	ids := p.sendAll()
	require.Len(t, ids, 200)
	p.awaitSettled(10 * time.Minute)
	p.awaitClosed(ids)
	company.tiesOut(ids)
	p.requireNumbersWrittenBack(ids, company)
	puts := map[string]int{}
	for _, r := range p.sandbox.API.Requests(sandbox.RequestFilter{Method: http.MethodPut, Prefix: "/api/invoice/"}) {
		puts[r.Path]++
	}
	for _, id := range ids {
		require.Equal(t, 1, puts["/api/invoice/"+strconv.FormatInt(id, 10)], "PUTs of invoice %d", id)
	}
}

// Tryton is killed with SIGKILL while two replicas of deliver post to it, and a replica
// too: when all run again, each invoice is there once.
func TestTrytonKilledUnderTwoReplicasDoublesAndLosesNothing(t *testing.T) {
	t.Parallel()
	p, company := newTrytonPlant(t, 60)
	listen := freeAddress(t)
	second := &proc{
		name: "deliver", args: []string{"--config", p.path("tradepost.yaml")}, ready: listen,
		env: []string{"TRADEPOST_HTTP_LISTEN=" + listen},
	}
	first := p.procs["deliver"]
	p.add(second)
	second.start()
	second.awaitReady()
	ids := p.sendAll()
	require.Len(t, ids, 60)
	company.awaitPosted(10)
	company.server.Kill()
	first.end(syscall.SIGKILL)
	company.server.Run()
	company.awaitPosted(30)
	company.server.Kill()
	first.start()
	company.server.Run()
	first.awaitReady()
	p.awaitSettled(10 * time.Minute)
	p.awaitClosed(ids)
	company.tiesOut(ids)
}

// trytonPlant is a plant whose connection posts to a database of a real Tryton.
func newTrytonPlant(t *testing.T, invoices int) (*plant, *trytonCompany) {
	t.Helper()
	server := trytontest.Start(t)
	book := sandbox.GenerateBook(sandbox.BookOptions{Seed: 17, Invoices: invoices, TaxShown: true, MaxLines: 6})
	company := &trytonCompany{t: t, server: server, db: server.Database("acme")}
	company.fill(book)
	p := newPlantOf(t, sandbox.Options{Book: book, Configured: true}, func(config map[string]any) {
		c := config["connections"].(map[string]any)[connection].(map[string]any)
		c["connector"] = "tryton"
		c["settings"] = map[string]any{
			"url": server.URL, "database": "acme", "user": trytontest.User, "password": trytontest.Password,
			"number_order": "any_period", "call_timeout": "20s", "settling": "2s",
		}
	}, company.remap)
	company.plant = p
	return p, company
}

// requireNumbersWrittenBack compares the numbers in ServiceTrade with those that Tryton gave.
func (p *plant) requireNumbersWrittenBack(ids []int64, company *trytonCompany) {
	p.t.Helper()
	given := map[string]string{}
	for _, inv := range company.invoices() {
		given[inv.Reference] = inv.Number
	}
	for _, id := range ids {
		inv, err := p.sandbox.API.Invoice(id)
		require.NoError(p.t, err)
		require.Equal(p.t, "processed", inv.Status)
		require.NotEmpty(p.t, inv.Number)
		require.Equal(p.t, given["st-"+account+"-"+strconv.FormatInt(id, 10)], inv.Number, "invoice %d", id)
	}
}
