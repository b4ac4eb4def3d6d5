package pipeline_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox"
)

// invoicesAway is how many invoices wait when ServiceTrade comes back; `make torture`
// asks for 3,000.
func invoicesAway(t *testing.T) int {
	t.Helper()
	text := os.Getenv("TRADEPOST_TEST_INVOICES")
	if text == "" {
		return 300
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, "TRADEPOST_TEST_INVOICES")
	require.GreaterOrEqual(t, n, 100, "TRADEPOST_TEST_INVOICES: fewer are done before anything goes wrong")
	return n
}

// ServiceTrade goes away for an hour while invoices are on their way, with the answers
// of three PUTs that it made, and comes back with lists whose pages drift: all are
// settled, and none twice.
func TestServiceTradeAwayForAnHour(t *testing.T) {
	all := invoicesAway(t)
	book := sandbox.GenerateBook(sandbox.BookOptions{Seed: 21, Invoices: all, MaxLines: 6})
	inBubble(t, sandbox.Options{Book: book}, 1, func(b *bubble) {
		b.order(sandbox.Order{
			Fault: sandbox.FaultDrift, Resource: "invoice", PageSize: max(all/30, 5), Skip: 0.25, Repeat: 0.25, Rows: 5, Seed: 3,
		})
		b.order(sandbox.Order{Fault: sandbox.FaultLatency, Delay: 100 * time.Millisecond})
		var ids []int64
		for _, inv := range b.sandbox.API.Invoices("ok") {
			ids = append(ids, inv.ID)
		}
		require.Len(b.t, ids, all)
		early := all / 10
		require.NoError(b.t, b.sandbox.API.Send("", ids[:early]...))
		b.await(10*time.Minute, func() error {
			if done := b.sandbox.API.Counts()["processed"]; done < early/2 {
				return fmt.Errorf("%d are processed", done)
			}
			return nil
		})
		gone := time.Now()
		lost := b.order(sandbox.Order{Fault: sandbox.FaultCutAfter, Method: http.MethodPut, Next: 3})
		b.await(time.Minute, func() error {
			if b.struck(lost) < 3 {
				return errNotStruck
			}
			return nil
		})
		b.order(sandbox.Order{Fault: sandbox.FaultCutBefore, For: 30 * time.Minute})
		time.Sleep(10 * time.Minute) // fake time
		require.NoError(b.t, b.sandbox.API.Send("", ids[early:]...))
		time.Sleep(20 * time.Minute) // fake time
		b.order(sandbox.Order{Fault: sandbox.FaultServerError, Status: 503, For: 30 * time.Minute})
		time.Sleep(30*time.Minute - time.Second) // fake time
		waiting := b.sandbox.API.Counts()["pending_accounting"]
		require.GreaterOrEqual(b.t, waiting, all-early, "nothing was settled while it was away")
		b.awaitClosed(6*time.Hour, ids)
		total := b.requireOnce(ids)
		b.t.Logf("%d invoices, %d of them pending when ServiceTrade came back: all settled %s after it went away, %s in both books, %d calls",
			all, waiting, time.Since(gone), total.StringFixed(2), len(b.sandbox.API.Requests(sandbox.RequestFilter{})))
	})
}

var errNotStruck = errors.New("the answers of three PUTs are not lost yet")

func (b *bubble) order(o sandbox.Order) int64 {
	b.t.Helper()
	id, err := b.sandbox.API.Order(o)
	require.NoError(b.t, err)
	return id
}

// struck tells how many requests an order has spoiled.
func (b *bubble) struck(id int64) int {
	for _, o := range b.sandbox.API.Orders() {
		if o.ID == id {
			return o.Struck
		}
	}
	return 0
}
