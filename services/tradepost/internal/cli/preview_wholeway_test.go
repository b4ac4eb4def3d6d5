package cli

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/services/deliver"
	"github.com/tradepost/tradepost/services/sandbox"
	"github.com/tradepost/tradepost/services/tradepost/internal/embedded"
	"github.com/tradepost/tradepost/services/tradepost/internal/pipeline"
	"github.com/tradepost/tradepost/services/tradepost/internal/preview"
)

// runPipeline runs all four stages until nothing is pending any more.
func (d *desk) runPipeline() {
	d.t.Helper()
	config, err := connection.Load(filepath.Join(d.dir, "tradepost.yaml"), nil)
	require.NoError(d.t, err)
	server, err := embedded.Start(filepath.Join(d.t.TempDir(), "nats"), embedded.Off)
	require.NoError(d.t, err)
	defer server.Stop()
	ctx, stop := context.WithCancel(d.t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() {
		ended <- pipeline.Run(ctx, pipeline.Options{
			Config: config, NATS: server, FirstInstall: true, Log: slog.New(slog.DiscardHandler), Health: runtime.NewHealth(), Metrics: runtime.NewMetrics(),
		})
	}()
	require.NoError(d.t, d.sandbox.API.Await(ctx, func(a *sandbox.API) bool { return a.Counts()["pending_accounting"] == 0 }))
	stop()
	require.NoError(d.t, <-ended)
}

// From pressing Send to the comment: what preview said of each invoice before is
// what ServiceTrade shows afterwards, word for word, and the books hold the very
// documents that were shown.
func TestPreviewSaysWhatServiceTradeShowsAfterwards(t *testing.T) {
	d := newDesk(t)
	d.setUpBooks()
	before, _ := d.report("--pending")
	require.Len(t, before.Invoices, 40)
	d.runPipeline()

	status := map[preview.Verdict]string{preview.Postable: "processed", preview.Faulty: "failed"}
	for _, view := range before.Invoices {
		now, err := d.sandbox.API.Invoice(view.InvoiceID)
		require.NoError(t, err)
		require.Equal(t, status[view.Verdict], now.Status, view.InvoiceNumber)
		var told []string
		for _, c := range d.sandbox.API.Comments(view.InvoiceID) {
			told = append(told, c.Content)
		}
		for _, f := range view.Faults {
			require.Contains(t, strings.Join(told, "\n"), f.Text, view.InvoiceNumber)
		}
		require.Equal(t, view.Verdict == preview.Faulty, len(told) > 0, view.InvoiceNumber)
	}
	posted := 0
	for path, text := range d.files() {
		if filepath.Base(filepath.Dir(path)) == "invoices" && strings.Contains(text, "sthash:") {
			posted++
			require.True(t, shownBefore(before, text), path)
		}
	}
	require.Equal(t, before.Postable, posted)

	// What is posted is found by its marker, also without NATS.
	for _, view := range before.Invoices {
		if view.Verdict == preview.Postable {
			d.sandbox.API.ForgetRequests() // those of the pipeline, which writes
			again, code := d.report(fmt.Sprint(view.InvoiceID))
			require.Zero(t, code)
			require.Equal(t, deliver.StepAdopt, again.Invoices[0].Documents[0].Step)
			require.Contains(t, strings.Join(again.Invoices[0].Notes, " "), "its status is processed")
			return
		}
	}
}

func shownBefore(r *preview.Report, journal string) bool {
	for _, view := range r.Invoices {
		for _, p := range view.Documents {
			if strings.Contains(journal, "sthash:"+p.Hash) {
				return true
			}
		}
	}
	return false
}
