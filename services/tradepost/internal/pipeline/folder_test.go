package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/services/sandbox"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// An operator's word is acted on at once, also where the folder is looked at seldom. A
// folder that comes back from an older copy stops the connection, and nothing goes out
// twice.
func TestAnOperatorsWordAndAnOlderFolder(t *testing.T) {
	lay := func(b *bubble) {
		settings := maps.Clone(fileSettings)
		settings["look_every"], settings["wait"] = "1h", "0s"
		b.kind, b.settings = "sage50", settings
		b.mapping = map[string]any{"accounts": map[string]any{"receivable": "11000", "revenue_default": "40000"}}
	}
	inBubbleOf(t, sandbox.Options{Book: sandbox.DemoBook(7)}, 1, lay, func(b *bubble) {
		at := filepath.Join(b.dir, "outbox")
		require.NoError(t, os.CopyFS(at+".old", os.DirFS(at)))
		ids := b.sendable(2)
		b.handOver(ids[:1])
		time.Sleep(61 * time.Minute) // fake time: away from any look
		b.judge(connector.Judgement{File: filepath.Base(b.importFiles()[0]), State: connector.FileImported, By: "test"})
		said := time.Now()
		require.NoError(t, bus.NewPublisher(b.js, slog.New(slog.DiscardHandler)).Send(b.t.Context(),
			bus.Subject{Stage: bus.StageCommand, Connection: "acme-books", InvoiceID: ids[0]}, "", &tradepostv1.InvoiceCommand{
				FollowsSend: 1, By: "test", Command: &tradepostv1.InvoiceCommand_Refresh{Refresh: &tradepostv1.Refresh{}},
			}))
		b.awaitStatuses(ids[:1], map[string]int{"processed": 1})
		require.Less(t, time.Since(said), 10*time.Second)

		// Everything stops, and the folder is put back as it was before all that.
		b.end()
		b.running = sync.WaitGroup{}
		require.NoError(t, os.Rename(at, at+".new"))
		require.NoError(t, os.Rename(at+".old", at))
		ctx, cancel := context.WithCancel(b.t.Context())
		b.stop = cancel
		for _, name := range []string{"ingest", "transform", "reconcile"} {
			b.start(ctx, name, name+"-again")
		}
		health := b.run(ctx, "deliver", "deliver-again")
		require.NoError(t, b.sandbox.API.Send("", ids[1]))
		b.await(time.Hour, func() error {
			if told := fmt.Sprint(health.Readiness().Checks); !strings.Contains(told, "older copy") {
				return errors.New(told)
			}
			return nil
		})
		time.Sleep(2 * time.Hour) // fake time
		require.Empty(t, b.importFiles())
		require.Equal(t, map[string]int{"processed": 1, "pending_accounting": 1}, b.statuses(ids))
		require.NoError(t, os.Rename(at, at+".old"))
		require.NoError(t, os.Rename(at+".new", at))
		b.await(2*time.Hour, func() error {
			if n := len(b.importFiles()); n != 1 {
				return fmt.Errorf("%d files, records %v", n, b.states(ids))
			}
			return nil
		})
		b.putAway(b.importFiles()[0], "imported")
		b.awaitClosed(3*time.Hour, ids)
		require.Equal(t, map[string]int{"processed": 2}, b.statuses(ids))
		b.requireImported(ids)
	})
}

func (b *bubble) handOver(ids []int64) {
	b.t.Helper()
	require.NoError(b.t, b.sandbox.API.Send("", ids...))
	b.await(time.Hour, func() error {
		if states := b.states(ids); states["handed"] != len(ids) {
			return fmt.Errorf("%v", states)
		}
		return nil
	})
}
