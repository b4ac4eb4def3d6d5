package e2e

import (
	"maps"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/services/deliver/connectors/tryton/trytontest"
	"github.com/tradepost/tradepost/services/sandbox"
)

// Tryton is killed with SIGKILL while two replicas of deliver post to it, and a replica
// too: when all run again, each invoice is there once. At least one kill strikes between a
// draft and its posting, where whoever does not look would make another.
func TestTrytonKilledUnderTwoReplicasDoublesAndLosesNothing(t *testing.T) {
	t.Parallel()
	p, company := newTrytonPlant(t)
	first := p.procs["deliver"]
	p.startSecondDeliver()
	ids := p.sendAll()
	require.Len(t, ids, 60)
	struck := 0
	for round := 1; round <= 2 || (round <= 4 && struck == 0); round++ {
		company.awaitMiddle(12 * round)
		company.server.Kill()
		struck += company.db.Drafts()
		switch round {
		case 1:
			first.end(syscall.SIGKILL)
		case 2:
			first.start()
		}
		company.server.Run()
	}
	require.Positive(t, struck, "no kill came between a draft and its posting")
	first.awaitReady()
	p.awaitSettled(10 * time.Minute)
	p.awaitClosed(ids)
	requireSame(t, ledger{"ServiceTrade", expected(t, p.sandbox.API, ids)}, ledger{"Tryton", company.totals()})
	company.requireOnce(len(ids))
}

// startSecondDeliver runs another replica.
func (p *plant) startSecondDeliver() {
	p.t.Helper()
	listen := bustest.FreeAddress(p.t)
	second := &proc{
		name: "deliver", args: []string{"--config", p.path("tradepost.yaml")}, ready: listen,
		env: []string{"TRADEPOST_HTTP_LISTEN=" + listen},
	}
	p.add(second)
	second.start()
	second.awaitReady()
}

// trytonPlant is a plant whose connection posts to a database of a real Tryton.
func newTrytonPlant(t *testing.T) (*plant, *trytonCompany) {
	t.Helper()
	server := trytontest.Start(t)
	book := sandbox.GenerateBook(sandbox.BookOptions{Seed: 17, Invoices: 60, TaxShown: true, MaxLines: 6})
	company := &trytonCompany{t: t, server: server, db: server.Database("acme")}
	company.fill(book)
	p := newPlantOf(t, sandbox.Options{Book: book, Configured: true}, func(config map[string]any) {
		c := config["connections"].(map[string]any)[connection].(map[string]any)
		maps.Copy(c, company.connection())
	}, company.remap)
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
