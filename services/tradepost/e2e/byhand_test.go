package e2e

import (
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/record"
)

// holdAtSend has an invoice sent while deliver is away, and held for a message that
// nobody can read.
func (r *replaying) holdAtSend(send func(), id int64) {
	r.t.Helper()
	r.procs["deliver"].end(syscall.SIGTERM)
	send()
	is := func(want tradepostv1.RecordState) func() bool {
		return func() bool { return r.record(id).GetState() == want }
	}
	require.Eventually(r.t, is(record.Opened), time.Minute, 50*time.Millisecond)
	r.publish(r.subject(bus.StageReceived, id), []byte("rubbish"), nil)
	require.Eventually(r.t, is(record.Held), time.Minute, 50*time.Millisecond)
	r.procs["deliver"].start()
	r.procs["deliver"].awaitReady()
	r.awaitAcked(bus.StreamReady, "deliver-"+connection)
	require.True(r.t, is(record.Held)(), "it waits for a person")
}

// The record of a posted invoice is lost, it is sent again and held: an operator settles
// it with the document that is in the books, and with no other.
func settleByHand(t *testing.T, r *replaying) {
	id := r.posted()
	before := r.standing()
	kv, err := r.js.KeyValue(t.Context(), bus.BucketInvoices)
	require.NoError(t, err)
	require.NoError(t, kv.Purge(t.Context(), record.Key{Account: account, InvoiceID: id}.String()))
	r.holdAtSend(func() { require.NoError(t, r.sandbox.API.SetStatus(id, "pending_accounting")) }, id)
	dead := r.dead()
	r.shell("tradepost settle $ID --document st-acme-1", id)
	r.awaitDead(dead + 1)
	require.Equal(t, record.Held, r.record(id).GetState())
	r.shell("tradepost settle $ID --document st-acme-$ID", id)
	r.awaitPosted(id, 1)
	r.quiet()
	require.Equal(t, before, r.standing(), "nothing was posted")
}
