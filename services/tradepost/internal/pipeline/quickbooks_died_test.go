package pipeline_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/record"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/tradepost/internal/life"
)

// Deliver is killed while it makes as many documents as it may at once. QuickBooks may go
// on making them for two minutes, so that nobody makes them a second time before. The
// other invoices of the connection do not wait for that.
func TestADeliverThatWasKilledStopsOnlyWhatItWasMaking(t *testing.T) {
	inQuickBooks(t, company{parallel: 2, unstarted: true}, func(o *online) {
		ctx, cancel := context.WithCancel(o.t.Context())
		defer cancel()
		for _, name := range []string{"ingest", "transform", "reconcile"} {
			o.start(ctx, name, name)
		}
		var ids []int64
		for _, inv := range o.sandbox.API.Invoices("ok")[:4] { // one after the other: so are their messages
			ids = append(ids, inv.ID)
			require.NoError(o.t, o.sandbox.API.Send("", inv.ID))
			o.awaitState(inv.ID, record.Opened)
			time.Sleep(time.Minute) // fake time: transform is done
		}
		doomed, others := ids[:2], ids[2:]
		for _, id := range doomed {
			o.claimFor("killed", id)
		}
		sent := time.Now()
		o.start(ctx, "deliver", "the next deliver")

		for _, id := range others {
			o.awaitState(id, record.Closed)
			o.requireStatus(id, "processed")
		}
		require.Less(o.t, time.Since(sent), time.Minute)
		for _, id := range doomed {
			e := o.entry(id)
			require.Equal(o.t, record.Claimed, e.State())
			l, err := life.Of(o.t.Context(), o.js, e, time.UTC)
			require.NoError(o.t, err)
			require.Equal(o.t, fmt.Sprintf("the answer of a call that a stopped process sent at %s; looked for again at %s (killed/%d)",
				e.At.UTC().Format(time.TimeOnly), record.TakeOverAt(e).UTC().Format(time.TimeOnly), id), l.Waits)
		}
		for _, id := range doomed {
			o.awaitState(id, record.Closed)
			o.requireStatus(id, "processed")
			o.document(id)
		}
		require.Greater(o.t, time.Since(sent), 2*time.Minute, "QuickBooks may make it until then")
		require.Less(o.t, time.Since(sent), 4*time.Minute)
		cancel()
	})
}

func (o *online) awaitState(id int64, state tradepostv1.RecordState) {
	o.t.Helper()
	o.await(10*time.Minute, func() error {
		if r := o.entry(id).Record; r.GetState() != state {
			return fmt.Errorf("the record of invoice %d is %s", id, r.GetState())
		}
		return nil
	})
}

// claimFor leaves the record as a process does that dies while it creates the document.
func (o *online) claimFor(owner string, id int64) {
	o.t.Helper()
	store, err := record.Open(o.t.Context(), o.js)
	require.NoError(o.t, err)
	e := o.entry(id)
	_, err = store.Change(o.t.Context(), e, record.Claim(record.Claiming{
		Owner: fmt.Sprintf("%s/%d", owner, id), Lasts: 165 * time.Second, Settling: 35 * time.Second,
	}, &tradepostv1.Unresolved{
		Kind: tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE, Marker: fmt.Sprintf("st-acme-%d", id), Generation: 1, Total: e.Record.GetTotal(),
	}))
	require.NoError(o.t, err)
}
