package pipeline_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/services/sandbox"
)

func TestAConnectionIsAddedLive(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) }) // the last one, when all is down
	p := newPlant(t)
	p.add("acme", 1)
	p.start()
	p.add("west", 2)
	p.send("west", 5)
	p.send("acme", 5)
	p.awaitSettled("acme")
	require.Equal(t, 5, p.pending("west"))
	p.change()
	p.awaitSettled("west")
	p.requireBooks("acme")
	p.requireBooks("west")
}

func TestAChangedMappingIsUsedForTheNextInvoice(t *testing.T) {
	p := newPlant(t)
	p.add("acme", 1)
	p.start()
	p.send("acme", 1)
	p.awaitSettled("acme")
	mapping := mappingOf(p.sandboxes["acme"].API.Book())
	mapping["numbers"] = map[string]any{"prefix": "NEW-"}
	before := p.live.Status().Taken
	p.put("acme.yaml", mapping)
	p.await("taken", func() bool { return p.live.Status().Taken > before })
	second := p.send("acme", 1)[0]
	p.awaitSettled("acme")
	p.requireBooks("acme")
	inv, err := p.sandboxes["acme"].API.Invoice(second)
	require.NoError(t, err)
	books := p.journal("acme")
	require.Equal(t, 1, strings.Count(books, "NEW-"+inv.Number), "%s", books)
	require.NotContains(t, p.log.String(), "msg=detached", "a mapping needs no new start")
}

// journal is all text of an account's books.
func (p *plant) journal(account string) string {
	p.t.Helper()
	var text strings.Builder
	err := filepath.Walk(filepath.Join(p.dir, "books-"+account), func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() || filepath.Ext(path) != ".journal" {
			return err
		}
		data, err := os.ReadFile(path)
		text.Write(data)
		return err
	})
	require.NoError(p.t, err)
	return text.String()
}

// A connection is removed and brought back again and again while its invoices are
// being posted: they wait, the other connection's go on, nothing is there twice.
func TestAConnectionComesAndGoesInTheMiddleOfItsPostings(t *testing.T) {
	const many = 30 // all that the sandbox has to post
	p := newPlant(t)
	p.add("acme", 1)
	p.add("west", 2)
	p.start()
	west := p.connections["west-books"]
	// Slow enough for a change to be noticed before all are through.
	_, err := p.sandboxes["west"].API.Order(sandbox.Order{Fault: sandbox.FaultLatency, Method: http.MethodPut, Every: 1, Delay: 500 * time.Millisecond})
	require.NoError(t, err)
	ids := p.send("west", many)
	for round := 1; round <= 3; round++ {
		p.await("some are settled", func() bool { return many-p.pending("west") >= round*2 })
		delete(p.connections, "west-books")
		p.change()
		p.await("detached", func() bool { return p.gone("west") })
		p.send("acme", 1)
		p.awaitSettled("acme")
		settled := p.sandboxes["west"].API.Counts()["processed"]
		require.Less(t, settled, many, "the test has to interrupt")
		p.send("acme", 1)
		p.awaitSettled("acme")
		require.Equal(t, settled, p.sandboxes["west"].API.Counts()["processed"], "nobody works for it")
		p.connections["west-books"] = west
		p.change()
	}
	p.awaitSettled("west")
	p.requireBooks("west")
	p.requireBooks("acme")
	for _, id := range ids {
		puts := p.sandboxes["west"].API.Requests(sandbox.RequestFilter{Method: http.MethodPut, Prefix: fmt.Sprintf("/api/invoice/%d", id)})
		require.Len(t, puts, 1, "invoice %d", id)
	}
}

// gone tells whether deliver and reconcile have detached the connection and ingest its
// account. A stage that has not taken up a connection before it is removed again, has
// nothing to detach.
func (p *plant) gone(account string) bool {
	text := p.log.String()
	for service, unit := range map[string]string{
		"deliver": "connection=" + account + "-books", "reconcile": "connection=" + account + "-books", "ingest": "account=" + account,
	} {
		attached, detached := 0, 0
		for line := range strings.Lines(text) {
			if !strings.Contains(line, "service="+service+" ") || !strings.Contains(line, unit) {
				continue
			}
			attached += strings.Count(line, "msg=attached ")
			detached += strings.Count(line, "msg=detached ")
		}
		if attached == 0 || attached != detached {
			return false
		}
	}
	return true
}

func TestARemovedAccountIsPolledNoMore(t *testing.T) {
	p := newPlant(t)
	p.add("acme", 1)
	p.add("west", 2)
	p.start()
	p.send("west", 1)
	p.awaitSettled("west")
	js := p.js()
	stream, err := js.Stream(t.Context(), bus.StreamPolls)
	require.NoError(t, err)
	_, err = stream.GetLastMsgForSubject(t.Context(), bus.PollSchedule("west"))
	require.NoError(t, err)
	delete(p.connections, "west-books")
	delete(p.accounts, "west")
	p.change()
	p.await("the schedule is gone", func() bool {
		_, err := stream.GetLastMsgForSubject(t.Context(), bus.PollSchedule("west"))
		return err != nil
	})
	_, err = stream.GetLastMsgForSubject(t.Context(), bus.PollSchedule("acme"))
	require.NoError(t, err)
	p.await("nobody asks for the removed connection's messages", func() bool {
		c, err := js.Consumer(t.Context(), bus.StreamReady, "deliver-west-books")
		require.NoError(t, err, "the consumer keeps its place")
		return c.CachedInfo().NumWaiting == 0
	})
}

func (p *plant) js() jetstream.JetStream {
	p.t.Helper()
	nc, err := nats.Connect("", nats.InProcessServer(p.nats))
	require.NoError(p.t, err)
	p.t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	require.NoError(p.t, err)
	return js
}

func TestABadConfigurationIsRefusedUntilItIsMended(t *testing.T) {
	p := newPlant(t)
	p.add("acme", 1)
	p.start()
	p.add("west", 2)
	good := p.connections["west-books"]
	for name, c := range map[string]struct {
		change map[string]any
		line   string
	}{
		"unknown connector": {map[string]any{"connector": "ledgers"}, "connector: ledgers"},
		"unknown setting":   {map[string]any{"settings": map[string]any{"journal": "x"}}, "journal: x"},
		"no mapping":        {map[string]any{"mapping_file": "gone.yaml"}, "mapping_file: gone.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			refused := p.live.Status().Refused
			p.connect("west", c.change)
			p.write()
			p.await("refused", func() bool { return p.live.Status().Refused > refused })
			place := fmt.Sprintf("tradepost.yaml:%d:", p.lineOf(c.line))
			require.Contains(t, p.health.Readiness().Checks["configuration"], place)
			require.True(t, p.health.Readiness().OK(), "the process works with the one before")
			p.await("the line is in the log", func() bool { return strings.Contains(p.log.String(), place) })
			require.Contains(t, p.log.String(), "level=ERROR")
			p.send("acme", 1)
			p.awaitSettled("acme")
		})
	}
	p.connections["west-books"] = good
	p.change()
	p.await("told no more", func() bool { return p.health.Readiness().Checks["configuration"] == "ok" })
	p.send("west", 1)
	p.awaitSettled("west")
	p.requireBooks("west")
}

// lineOf finds the line of the configuration that holds text.
func (p *plant) lineOf(text string) int {
	p.t.Helper()
	data, err := os.ReadFile(filepath.Join(p.dir, "tradepost.yaml"))
	require.NoError(p.t, err)
	n := 0
	for line := range strings.Lines(string(data)) {
		n++
		if strings.Contains(line, text) {
			return n
		}
	}
	require.Fail(p.t, "no such line", text)
	return 0
}
