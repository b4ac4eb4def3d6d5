// Package e2e tests the four binaries as separate processes against a separate
// NATS server, real hledger books, and a ServiceTrade sandbox.
package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/services/sandbox"
)

func TestFortyInvoicesOverFourProcesses(t *testing.T) {
	p := newPlant(t, sandbox.DemoBook(7))
	ids := p.sendAll()
	require.Len(t, ids, 40)
	p.awaitSettled(time.Minute)
	p.awaitClosed(ids)
	p.requireRight(ids)
	p.requireOneWriteEach(ids)
	for _, id := range ids {
		p.requireTold(id)
	}
	logins := p.sandbox.API.Requests(sandbox.RequestFilter{Method: http.MethodPost, Prefix: "/api/auth"})
	require.Len(t, logins, 1, "all processes share one session")
}

// requireTold looks for what an operator can read about an invoice: every call to
// the accounting system, and how the send was settled.
func (p *plant) requireTold(id int64) {
	p.t.Helper()
	settled := &tradepostv1.InvoiceSettled{}
	p.lastOn(p.subject(bus.StageSettled, id), settled)
	if !p.sandbox.API.Book().Expected[id].Posted() {
		require.Equal(p.t, tradepostv1.Settlement_SETTLEMENT_FAILED, settled.GetSettlement())
		require.NotZero(p.t, settled.GetCommentId())
		return
	}
	require.Equal(p.t, tradepostv1.Settlement_SETTLEMENT_PROCESSED, settled.GetSettlement())
	attempt := &tradepostv1.InvoiceAttempt{}
	p.lastOn(p.subject(bus.StageAttempt, id), attempt)
	require.Equal(p.t, tradepostv1.AttemptOperation_ATTEMPT_OPERATION_CREATE, attempt.GetOperation())
	require.Equal(p.t, p.record(id).GetDocuments()[0].GetHash(), attempt.GetDocumentHash())
	require.Equal(p.t, int64(1), attempt.GetSend())
	require.NotEmpty(p.t, attempt.GetExplanation())
}

// lastOn decodes the last message on a subject, once there is one: what informs is
// published after the record was changed.
func (p *plant) lastOn(s bus.Subject, into proto.Message) {
	p.t.Helper()
	stream, err := p.js.Stream(p.t.Context(), bus.StreamFor(s.Stage))
	require.NoError(p.t, err)
	var raw *jetstream.RawStreamMsg
	bustest.EventuallyWithin(p.t, time.Minute, func() error {
		raw, err = stream.GetLastMsgForSubject(p.t.Context(), s.String())
		return err
	})
	require.NoError(p.t, bus.Decode(bus.Message{Body: raw.Data}, into))
}

// requireOneWriteEach reads ServiceTrade's own log: one PUT per invoice, and a
// failed invoice's private comment before it.
func (p *plant) requireOneWriteEach(ids []int64) {
	p.t.Helper()
	puts, comments := map[string][]sandbox.Request{}, map[string]sandbox.Request{}
	for _, r := range p.sandbox.API.Requests(sandbox.RequestFilter{}) {
		switch {
		case r.Method == http.MethodPut && strings.Contains(r.Path, "/invoice/"):
			id := r.Path[strings.LastIndex(r.Path, "/")+1:]
			puts[id] = append(puts[id], r)
		case r.Method == http.MethodPost && strings.HasSuffix(r.Path, "/comment"):
			require.Contains(p.t, strings.ReplaceAll(r.Body, " ", ""), `"visibility":[]`)
			id := entityOf(p.t, r.Body)
			_, twice := comments[id]
			require.False(p.t, twice, "two comments on %s", id)
			comments[id] = r
		}
	}
	for _, id := range ids {
		key := fmt.Sprint(id)
		require.Len(p.t, puts[key], 1, "PUTs of invoice %d", id)
		if p.sandbox.API.Book().Expected[id].Posted() {
			require.Contains(p.t, puts[key][0].Body, `"processed"`)
			continue
		}
		require.Contains(p.t, puts[key][0].Body, `"failed"`)
		require.Less(p.t, comments[key].Sequence, puts[key][0].Sequence, "the comment comes before failed")
	}
}

func TestStoppingAnyStageOnlyDelays(t *testing.T) {
	p := newPlant(t, sandbox.GenerateBook(sandbox.BookOptions{Seed: 3, Invoices: 40}))
	ids := p.sandbox.API.Invoices("ok")
	var sent []int64
	for i, stage := range stages {
		batch := make([]int64, 0, 10)
		for _, inv := range ids[i*10 : i*10+10] {
			batch = append(batch, inv.ID)
		}
		p.procs[stage].end(syscall.SIGTERM)
		require.Equal(t, 0, p.procs[stage].cmd.ProcessState.ExitCode(), "%s ends cleanly", stage)
		require.NoError(t, p.sandbox.API.Send("", batch...))
		p.procs[stage].start()
		p.procs[stage].awaitReady()
		p.awaitSettled(time.Minute)
		sent = append(sent, batch...)
	}
	p.awaitClosed(sent)
	p.requireRight(sent)
	p.requireOneWriteEach(sent)
}

// Every process is killed in turn, the NATS server too, while 500 invoices are on
// their way: nothing is lost and nothing is there twice.
func TestKillingEveryProcessInTurnLosesAndDoublesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("takes about two minutes: not with -short")
	}
	book := sandbox.GenerateBook(sandbox.BookOptions{Seed: 11, Invoices: 500, Faults: sandbox.DemoFaults()})
	p := newPlant(t, book)
	ids := p.sendAll()
	require.Len(t, ids, 500)
	victims := append([]string{"nats-server"}, stages...)
	kills := 0
	for round := 0; p.sandbox.API.Counts()["pending_accounting"] > 0 && round < 3*len(victims); round++ {
		settled := 500 - p.sandbox.API.Counts()["pending_accounting"]
		victim := p.procs[victims[round%len(victims)]]
		t.Logf("kill %s with %d of 500 settled", victim.name, settled)
		kills++
		victim.end(syscall.SIGKILL)
		victim.start()
		victim.awaitReady()
		p.awaitProgress(settled + 25)
	}
	require.GreaterOrEqual(t, kills, len(victims), "every process was killed while invoices were on their way")
	p.awaitSettled(4 * time.Minute)
	p.awaitClosed(ids)
	p.requireRight(ids)
}

// awaitProgress waits until so many of 500 invoices are settled, or all that can
// be for the moment: a killed process leaves claims that others wait for.
func (p *plant) awaitProgress(settled int) {
	p.t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	require.Eventually(p.t, func() bool {
		return 500-p.sandbox.API.Counts()["pending_accounting"] >= min(settled, 500) || time.Now().After(deadline)
	}, time.Minute, 20*time.Millisecond)
}
