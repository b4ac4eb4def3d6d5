package pipeline_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/canonical"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/services/sandbox"
)

// Ingest dies between writing a void's record and publishing its message. No poll lists
// what is void, and nobody tells of it again: the process that is started in its place
// finds it at once, and not with its first whole sweep.
func TestAVoidWhoseIngestDiedIsPublishedByTheNextOne(t *testing.T) {
	inBubbleWith(t, sandbox.Options{Book: voidBook()}, map[string]string{"voided": "credit_memo"}, 0, func(b *bubble) {
		ctx, cancel := context.WithCancel(b.t.Context())
		defer cancel()
		dying, kill := context.WithCancel(ctx)
		defer kill()
		b.start(dying, "ingest", "ingest")
		for _, name := range []string{"transform", "deliver", "reconcile"} {
			b.start(ctx, name, name)
		}
		id := b.sandbox.API.Invoices("ok")[0].ID
		require.NoError(t, b.sandbox.API.Send("", id))
		b.awaitClosed(10*time.Minute, []int64{id})
		kill()
		time.Sleep(time.Minute) // fake time
		require.NoError(t, b.sandbox.API.Void(id))
		store, err := record.Open(b.t.Context(), b.js)
		require.NoError(t, err)
		e := b.entry(id)
		_, err = store.Change(b.t.Context(), e, record.OpenSend(record.Opens{
			Key: e.Key, Connection: "acme-books", SnapshotHash: e.Record.GetSnapshotHash(), HashVersion: canonical.HashVersion,
			StartStatus: "void", Total: e.Record.GetTotal(), Now: time.Now(),
		}))
		require.NoError(t, err)
		b.start(ctx, "ingest", "the next ingest")
		b.awaitVoided(time.Minute, id)
		b.requireTakenBack(id)
		cancel()
	})
}
