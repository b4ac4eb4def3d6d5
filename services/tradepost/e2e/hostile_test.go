package e2e

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/canonical"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/services/sandbox"
)

func (p *plant) subject(stage bus.Stage, id int64) bus.Subject {
	return bus.Subject{Stage: stage, Connection: connection, InvoiceID: id}
}

// Rubbish on every subject becomes dead letters, and the stages go on.
func TestRubbishStopsNobody(t *testing.T) {
	p := newPlant(t, sandbox.DemoBook(5))
	bodies := map[string][]byte{
		"nothing":             nil,
		"no JSON":             []byte("hello"),
		"half JSON":           []byte(`{"send": "1", "snapshotHash": `),
		"a list":              []byte(`[1,2,3]`),
		"another message":     []byte(`{"foo": "bar"}`),
		"breaks the schema":   []byte(`{"send": "-4", "snapshotHash": "not a hash", "hashVersion": 1}`),
		"bytes":               {0xff, 0xfe, 0x00, 0x01},
		"nearly the limit":    bytes.Repeat([]byte("x"), 1000<<10),
		"numbers out of line": []byte(`{"send": 1e400}`),
	}
	var want int
	for _, stage := range []bus.Stage{bus.StageReceived, bus.StageReady, bus.StageOutcome, bus.StageCommand} {
		for _, body := range bodies {
			p.publish(p.subject(stage, 4711), body, nil)
			want++
		}
	}
	ids := p.sendAll()
	p.awaitSettled(time.Minute)
	p.awaitClosed(ids)
	p.requireRight(ids)
	p.requireOneWriteEach(ids)
	p.awaitDead(want)
	require.Nil(t, p.record(4711), "rubbish makes no record")
}

// awaitDead waits for so many dead letters, and looks at one.
func (p *plant) awaitDead(want int) {
	p.t.Helper()
	stream, err := p.js.Stream(p.t.Context(), bus.StreamDead)
	require.NoError(p.t, err)
	var info *jetstream.StreamInfo
	require.Eventually(p.t, func() bool {
		info, err = stream.Info(p.t.Context())
		return err == nil && info.State.Msgs >= uint64(want)
	}, time.Minute, 50*time.Millisecond)
	require.Equal(p.t, uint64(want), info.State.Msgs)
	one, err := stream.GetMsg(p.t.Context(), info.State.FirstSeq)
	require.NoError(p.t, err)
	for _, h := range []string{"Tradepost-Cause", "Tradepost-Origin-Stream", "Tradepost-Origin-Sequence", "Tradepost-Error"} {
		require.NotEmpty(p.t, one.Header.Get(h), h)
	}
}

// An outcome that somebody publishes by hand settles nothing.
func TestAForgedOutcomeSettlesNothing(t *testing.T) {
	p := newPlant(t, sandbox.GenerateBook(sandbox.BookOptions{Seed: 2, Invoices: 10}))
	p.procs["deliver"].end(15)
	ids := p.sendAll()
	for _, id := range ids {
		require.Eventually(t, func() bool { return p.record(id).GetState() == record.Opened }, time.Minute, 50*time.Millisecond)
	}
	for _, id := range ids {
		r := p.record(id)
		forged := &tradepostv1.Outcome{Result: &tradepostv1.Outcome_Posted{Posted: &tradepostv1.Posted{
			NumberAssigned: true, Documents: []*tradepostv1.PostedDocument{{Kind: 1, Id: "666", Number: "FORGED", Total: r.GetTotal()}},
		}}}
		hash, err := canonical.Message(forged)
		require.NoError(t, err)
		body, err := bus.Encode(&tradepostv1.InvoiceOutcome{Send: r.GetSend(), SnapshotHash: r.GetSnapshotHash(), Outcome: forged, OutcomeHash: hash})
		require.NoError(t, err)
		p.publish(p.subject(bus.StageOutcome, id), body, nil)
	}
	p.awaitAcked(bus.StreamOutcome, "reconcile-"+connection)
	for _, id := range ids {
		require.Equal(t, record.Opened, p.record(id).GetState())
	}
	require.Equal(t, len(ids), p.sandbox.API.Counts()["pending_accounting"])
	p.procs["deliver"].start()
	p.awaitSettled(time.Minute)
	p.awaitClosed(ids)
	p.requireRight(ids)
	p.requireOneWriteEach(ids)
}

// awaitAcked waits until a consumer has nothing left to do.
func (p *plant) awaitAcked(stream, durable string) {
	p.t.Helper()
	require.Eventually(p.t, func() bool {
		c, err := p.js.Consumer(p.t.Context(), stream, durable)
		if err != nil {
			return false
		}
		i := c.CachedInfo()
		return i.NumPending == 0 && i.NumAckPending == 0
	}, 4*time.Minute, 50*time.Millisecond, "%s has work left", durable)
}

// Any message can be published again, with any headers: what is posted stays
// posted once, and what failed is tried again.
func TestReplayIsHarmless(t *testing.T) {
	p := newPlant(t, sandbox.DemoBook(9))
	ids := p.sendAll()
	p.awaitSettled(time.Minute)
	p.awaitClosed(ids)
	headers := map[string]nats.Header{
		"none":     nil,
		"repeated": {"A": {"1", "2"}, "_watermill_message_uuid": {"x", "y"}, "Traceparent": {"rubbish", "more"}},
	}
	for _, stream := range []string{bus.StreamReceived, bus.StreamReady, bus.StreamOutcome} {
		for name, header := range headers {
			p.republish(stream, header)
			p.t.Logf("replayed %s with headers %s", stream, name)
		}
	}
	for _, c := range [][2]string{
		{bus.StreamReceived, "transform"},
		{bus.StreamCommand, "ingest-command"},
		{bus.StreamReceived, "transform"},
		{bus.StreamReady, "deliver-" + connection},
		{bus.StreamOutcome, "reconcile-" + connection},
	} {
		p.awaitAcked(c[0], c[1])
	}
	for _, id := range ids {
		want := p.sandbox.API.Book().Expected[id]
		if want.Posted() {
			require.Equal(t, int64(1), p.record(id).GetSend(), "a posted invoice has no second send")
		} else {
			require.Eventually(t, func() bool {
				r := p.record(id)
				return r.GetSend() >= 2 && r.GetState() == record.Closed
			}, time.Minute, 50*time.Millisecond, "a failed invoice is tried again")
		}
	}
	p.requireRight(ids) // one comment each: the same faults make the same comment
}

// republish publishes every message of a stream again.
func (p *plant) republish(name string, header nats.Header) {
	p.t.Helper()
	stream, err := p.js.Stream(p.t.Context(), name)
	require.NoError(p.t, err)
	info, err := stream.Info(p.t.Context())
	require.NoError(p.t, err)
	for seq := info.State.FirstSeq; seq <= info.State.LastSeq; seq++ {
		raw, err := stream.GetMsg(p.t.Context(), seq)
		require.NoError(p.t, err)
		_, err = p.js.PublishMsg(p.t.Context(), &nats.Msg{Subject: raw.Subject, Data: raw.Data, Header: header})
		require.NoError(p.t, err)
	}
}

// An invoice that is too large for the wire is refused with a comment, and holds
// up nobody.
func TestHugeInvoicesAreRefusedWithAComment(t *testing.T) {
	book := sandbox.GenerateBook(sandbox.BookOptions{Seed: 4, Invoices: 10})
	p := newPlant(t, book)
	ids := p.sandbox.API.Invoices("ok")
	many := make([]sandbox.Line, 5000)
	for i := range many {
		many[i] = ids[0].Lines[0]
		many[i].ID = int64(900000 + i)
		many[i].Description = strings.Repeat("sprinkler head ", 10)
	}
	_, err := p.sandbox.API.Edit(ids[0].ID, sandbox.InvoiceEdit{Lines: &many})
	require.NoError(t, err)
	long := ids[1].Lines
	long[0].Description = strings.Repeat("y", 9<<20)
	_, err = p.sandbox.API.Edit(ids[1].ID, sandbox.InvoiceEdit{Lines: &long})
	require.NoError(t, err)

	sent := p.sendAll()
	p.awaitSettled(time.Minute)
	p.awaitClosed(sent)
	for _, inv := range ids[:2] {
		now, err := p.sandbox.API.Invoice(inv.ID)
		require.NoError(t, err)
		require.Equal(t, "failed", now.Status)
		require.Equal(t, []string{"invoice.too_large"}, p.record(inv.ID).GetOutcome().GetFaultCodes())
		require.Contains(t, p.sandbox.API.Comments(inv.ID)[0].Content, "too large")
	}
	p.requireRight(sent[2:])
}

func TestABadConfigurationIsToldAndEndsTheProcess(t *testing.T) {
	p := &plant{t: t, dir: t.TempDir()}
	for name, c := range map[string]struct{ config, want string }{
		"unreadable":        {"accounts: [", "tradepost.yaml:1"},
		"unknown key":       {"acounts: {}", "accounts"},
		"unknown connector": {"", "quickbooks-of-mine"},
	} {
		t.Run(name, func(t *testing.T) {
			p.t = t
			p.natsURL = "nats://127.0.0.1:1"
			p.writeConfig("http://127.0.0.1:1", sandbox.DemoBook(1))
			text := c.config
			if text == "" {
				good, err := os.ReadFile(p.path("tradepost.yaml"))
				require.NoError(t, err)
				text = strings.ReplaceAll(string(good), "hledger", "quickbooks-of-mine")
			}
			require.NoError(t, os.WriteFile(p.path("tradepost.yaml"), []byte(text), 0o600))
			one := &proc{t: t, name: "deliver", args: []string{"--config", p.path("tradepost.yaml")}, log: &lockedBuffer{}}
			one.start()
			<-one.done
			require.Equal(t, 2, one.cmd.ProcessState.ExitCode(), one.log.String())
			require.Contains(t, one.log.String(), c.want)
			require.NotContains(t, one.log.String(), "goroutine")
		})
	}
}

// The office mends the customer; an operator has the failed invoice tried again.
func TestTheOperatorsRetry(t *testing.T) {
	p := newPlant(t, sandbox.DemoBook(6))
	ids := p.sendAll()
	p.awaitSettled(time.Minute)
	p.awaitClosed(ids)
	for _, id := range ids {
		want := p.sandbox.API.Book().Expected[id]
		if len(want.Faults) != 1 || want.Faults[0] != sandbox.FaultCustomer {
			continue
		}
		inv, err := p.sandbox.API.Invoice(id)
		require.NoError(t, err)
		require.NoError(t, p.sandbox.API.SetExternalID("company", inv.CustomerID, p.sandbox.API.Book().ExternalSystem, "C-"+strconv.FormatInt(inv.CustomerID, 10)))
		p.tradepost("retry", connection, strconv.FormatInt(id, 10), "--reason", "customer linked")
		require.Eventually(t, func() bool {
			now, err := p.sandbox.API.Invoice(id)
			return err == nil && now.Status == "processed"
		}, time.Minute, 50*time.Millisecond)
		return
	}
	t.Fatal("the book has no invoice that fails for its customer alone")
}
