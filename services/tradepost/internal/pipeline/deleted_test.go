package pipeline_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/services/sandbox"
)

// forgetful is ServiceTrade in front of a sandbox that does not have one invoice any more.
type forgetful struct {
	http.Handler
	gone atomic.Int64
}

func (f *forgetful) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if id := f.gone.Load(); id != 0 && strings.HasPrefix(r.URL.Path, fmt.Sprintf("/api/invoice/%d", id)) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"messages":{"error":["not found"]}}`))
		return
	}
	f.Handler.ServeHTTP(w, r)
}

func (b *bubble) awaitState(id int64, want tradepostv1.RecordState) {
	b.t.Helper()
	b.await(2*time.Hour, func() error {
		if r := b.entry(id).Record; r.GetState() != want {
			return fmt.Errorf("the record of invoice %d is %s", id, record.StateName(r.GetState()))
		}
		return nil
	})
}

// An invoice is deleted in ServiceTrade while its send waits for deliver: the send ends,
// and nobody asks for it any more. One that is only away for a while is posted in the end,
// and nobody is told that it was moved.
func TestAnInvoiceThatIsDeletedInServiceTrade(t *testing.T) {
	for name, back := range map[string]bool{"for good": false, "for a while": true} {
		t.Run(name, func(t *testing.T) {
			office := &forgetful{}
			inBubbleOf(t, sandbox.Options{Book: voidBook()}, 0, func(b *bubble) {
				office.Handler = b.sandbox
				b.hosts = map[string]http.Handler{"servicetrade.test": office}
			}, func(b *bubble) {
				ctx, cancel := context.WithCancel(b.t.Context())
				defer cancel()
				b.start(ctx, "ingest", "ingest")
				b.start(ctx, "transform", "transform")
				id := b.sandbox.API.Invoices("ok")[0].ID
				require.NoError(t, b.sandbox.API.Send("", id))
				b.awaitState(id, record.Opened)
				office.gone.Store(id)
				b.awaitState(id, record.Outcome)
				if back {
					office.gone.Store(0)
				}
				b.start(ctx, "deliver", "deliver")
				b.start(ctx, "reconcile", "reconcile")
				if back {
					b.await(2*time.Hour, func() error {
						if inv, err := b.sandbox.API.Invoice(id); err != nil || inv.Status != "processed" {
							return fmt.Errorf("invoice %d is %s: %w", id, inv.Status, err)
						}
						return nil
					})
				}
				b.awaitState(id, record.Closed)
				require.Equal(t, !back, b.entry(id).Record.GetOutcome().GetInvoiceGone())
				require.Equal(t, back, record.Live(b.entry(id).Record, tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE) != nil)
				send := b.entry(id).Record.GetSend()
				time.Sleep(6 * time.Hour) // fake time
				require.Equal(t, send, b.entry(id).Record.GetSend(), "no send is opened any more")
				require.Empty(t, b.sandbox.API.Comments(id))
			})
		})
	}
}
