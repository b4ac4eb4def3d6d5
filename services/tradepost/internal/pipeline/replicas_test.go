package pipeline_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox"
)

var errNoPoll = errors.New("ServiceTrade was not polled")

// traffic is what one run asked ServiceTrade for.
type traffic struct {
	total decimal.Decimal
	// polls holds when lists were begun; a poll that meets several pages reads them
	// again in another size.
	polls []time.Time
	// pages counts all pages of lists, reads the single invoices, others the rest
	// but signing in.
	pages, reads, others, logins int
}

// Three replicas of every stage settle the same invoices to the same total, and ask
// ServiceTrade for exactly what one replica of each asks for.
func TestThreeReplicasPollNoMoreThanOne(t *testing.T) {
	one, three := runReplicas(t, 1), runReplicas(t, 3)
	t.Logf("one replica each: %d polls (%d pages), %d reads of invoices, %d others, total %s", len(one.polls), one.pages, one.reads, one.others, one.total)
	t.Logf("three replicas each: %d polls (%d pages), %d reads of invoices, %d others, total %s", len(three.polls), three.pages, three.reads, three.others, three.total)
	require.Equal(t, one.total.StringFixed(2), three.total.StringFixed(2))
	require.Len(t, three.polls, len(one.polls))
	require.Equal(t, one.pages, three.pages)
	require.Equal(t, one.reads, three.reads)
	require.Equal(t, one.others, three.others)
	require.Equal(t, one.logins, three.logins, "all replicas share a session")
}

// runReplicas lets invoices be sent in three batches within ten minutes of polls.
func runReplicas(t *testing.T, replicas int) (seen traffic) {
	t.Helper()
	const invoices, minutes = 120, 10
	book := sandbox.GenerateBook(sandbox.BookOptions{Seed: 8, Invoices: invoices, MaxLines: 6})
	inBubble(t, sandbox.Options{Book: book}, replicas, func(b *bubble) {
		b.order(sandbox.Order{Fault: sandbox.FaultLatency, Delay: 100 * time.Millisecond})
		b.order(sandbox.Order{Fault: sandbox.FaultDrift, Resource: "invoice", PageSize: 15})
		var ids []int64
		for _, inv := range b.sandbox.API.Invoices("ok") {
			ids = append(ids, inv.ID)
		}
		b.awaitPoll()
		b.sandbox.API.ForgetRequests()
		began := time.Now()
		for batch := range 3 {
			require.NoError(b.t, b.sandbox.API.Send("", ids[batch*40:batch*40+40]...))
			time.Sleep(time.Until(began.Add(time.Duration(batch+1) * minutes * time.Minute / 3))) // fake time
		}
		b.awaitClosed(time.Minute, ids)
		seen = b.traffic(ids)
		seen.total = b.requireOnce(ids)
		require.Len(b.t, seen.polls, minutes, "one poll per tick")
		for i := 1; i < len(seen.polls); i++ {
			require.InDelta(b.t, time.Minute.Seconds(), seen.polls[i].Sub(seen.polls[i-1]).Seconds(), 2)
		}
	})
	return seen
}

// awaitPoll waits for a poll and a second more: what comes next is in step with the
// schedule.
func (b *bubble) awaitPoll() {
	b.t.Helper()
	b.sandbox.API.ForgetRequests()
	b.await(2*time.Minute, func() error {
		if len(b.traffic(nil).polls) == 0 {
			return errNoPoll
		}
		return nil
	})
	time.Sleep(10 * time.Second) // fake time
}

// traffic reads the sandbox's request log: every invoice was read as often as is
// needed, once to open its send and once before it is written to.
func (b *bubble) traffic(ids []int64) traffic {
	b.t.Helper()
	var seen traffic
	reads := map[string]int{}
	for _, r := range b.sandbox.API.Requests(sandbox.RequestFilter{}) {
		switch {
		case r.Method == http.MethodPut:
		case strings.HasPrefix(r.Path, "/api/auth"):
			seen.logins++
		case r.Path == "/api/invoice":
			seen.pages++
			if strings.HasPrefix(r.Query, "limit=2000&page=1&") {
				seen.polls = append(seen.polls, r.Time)
			}
		case strings.HasPrefix(r.Path, "/api/invoice/"):
			seen.reads++
			reads[r.Path]++
		default:
			seen.others++
		}
	}
	for _, id := range ids {
		require.Equal(b.t, 2, reads[invoicePath(id)], "reads of invoice %d", id)
	}
	return seen
}
