package pipeline_test

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	plain "github.com/tradepost/tradepost/pkg/connector/connectortest/plainbooks"
	"github.com/tradepost/tradepost/pkg/record"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/deliver/connectors/hledger"
	"github.com/tradepost/tradepost/services/sandbox"
)

func voidBook() *sandbox.Book {
	return sandbox.GenerateBook(sandbox.BookOptions{Seed: 11, Invoices: 6, MaxLines: 4})
}

// sendAll sends all invoices and waits until they are settled.
func (b *bubble) sendAll() []int64 {
	b.t.Helper()
	var ids []int64
	for _, inv := range b.sandbox.API.Invoices("ok") {
		ids = append(ids, inv.ID)
	}
	require.NoError(b.t, b.sandbox.API.Send("", ids...))
	b.awaitClosed(10*time.Minute, ids)
	return ids
}

func (b *bubble) entry(id int64) record.Entry {
	b.t.Helper()
	store, err := record.Open(b.t.Context(), b.js)
	require.NoError(b.t, err)
	e, err := store.Get(b.t.Context(), record.Key{Account: "acme", InvoiceID: id})
	require.NoError(b.t, err)
	return e
}

func (b *bubble) awaitVoided(limit time.Duration, ids ...int64) {
	b.t.Helper()
	for _, id := range ids {
		b.await(limit, func() error {
			if r := b.entry(id).Record; r.GetState() != record.Closed || r.GetSettlement() != tradepostv1.Settlement_SETTLEMENT_VOIDED {
				return fmt.Errorf("invoice %d is %s, %s", id, r.GetState(), r.GetSettlement())
			}
			return nil
		})
	}
}

// requireTakenBack wants each invoice in the journal once, and once what takes it back;
// together they are nothing. ServiceTrade shows each as void, with one comment.
func (b *bubble) requireTakenBack(ids ...int64) {
	b.t.Helper()
	tie, err := hledger.TieOut(b.t.Context(), filepath.Join(b.dir, "books"), "")
	require.NoError(b.t, err)
	require.Equal(b.t, 2*len(ids), tie.Count, "documents in the books")
	require.Equal(b.t, "0.00", tie.Total.StringFixed(2), "total of the books")
	markers := b.markers()
	for _, id := range ids {
		own := fmt.Sprintf("st-acme-%d", id)
		require.Equal(b.t, 1, markers[own], "documents of invoice %d", id)
		require.Equal(b.t, 1, markers[own+"-v"], "what takes invoice %d back", id)
		inv, err := b.sandbox.API.Invoice(id)
		require.NoError(b.t, err)
		require.Equal(b.t, "void", inv.Status, "a user's hand wins")
		comments := b.sandbox.API.Comments(id)
		require.Len(b.t, comments, 1)
		require.Contains(b.t, comments[0].Content, "was voided in ServiceTrade")
		require.Contains(b.t, comments[0].Content, "taken back there by credit memo "+inv.Number+"-V")
	}
}

// replayAll publishes every message of the stages again, without headers.
func (b *bubble) replayAll() {
	b.t.Helper()
	for _, name := range []string{bus.StreamReceived, bus.StreamReady, bus.StreamOutcome} {
		st, err := b.js.Stream(b.t.Context(), name)
		require.NoError(b.t, err)
		info, err := st.Info(b.t.Context())
		require.NoError(b.t, err)
		for seq := max(info.State.FirstSeq, 1); seq <= info.State.LastSeq; seq++ {
			raw, err := st.GetMsg(b.t.Context(), seq)
			require.NoError(b.t, err)
			_, err = b.js.Publish(b.t.Context(), raw.Subject, raw.Data)
			require.NoError(b.t, err)
		}
	}
}

// Invoices are voided in ServiceTrade after they were posted. Nobody tells: the slow
// look finds them, and each is taken back once, however many replicas look, and however
// often every message is published again.
func TestVoidedInvoicesAreTakenBackOnce(t *testing.T) {
	inBubbleWith(t, sandbox.Options{Book: voidBook()}, map[string]string{"voided": "credit_memo"}, 2, func(b *bubble) {
		ids := b.sendAll()
		for _, id := range ids {
			require.NoError(t, b.sandbox.API.Void(id))
		}
		b.awaitVoided(3*time.Hour, ids...)
		b.requireTakenBack(ids...)
		sends := b.entry(ids[0]).Record.GetSend()
		require.Equal(t, int64(2), sends)

		b.replayAll()
		time.Sleep(4 * time.Hour) // fake time: the slow look comes by again
		b.requireTakenBack(ids...)
		require.Equal(t, sends, b.entry(ids[0]).Record.GetSend(), "a void that is settled is not sent again")
		require.Len(t, b.sandbox.API.Requests(sandbox.RequestFilter{Method: http.MethodPut, Prefix: "/api/invoice/"}), len(ids), "no status is written but processed")
	})
}

// Books that can void: the very document is made void there, once, although answers are
// lost and every message is published again, and nothing else is made.
func TestVoidedInvoicesAreMadeVoidInTheBooksOnce(t *testing.T) {
	troubles := []plain.Trouble{"", plain.TroubleLost, plain.TroubleError, plain.TroubleBefore}
	books := plain.New(plain.Options{ID: "1", Hidden: 2 * time.Second, Misbehave: func(_ string, nth int) plain.Trouble {
		return troubles[nth%len(troubles)]
	}})
	inBubbleOn(t, books, sandbox.Options{Book: voidBook()}, map[string]string{"voided": "void"}, 2, func(b *bubble) {
		ids := b.sendAll()
		for _, id := range ids {
			require.NoError(t, b.sandbox.API.Void(id))
		}
		b.awaitVoided(3*time.Hour, ids...)
		b.requireMadeVoid(books, ids...)
		b.replayAll()
		time.Sleep(4 * time.Hour) // fake time: the slow look comes by again
		b.requireMadeVoid(books, ids...)
		require.Equal(t, int64(2), b.entry(ids[0]).Record.GetSend(), "a void that is settled is not sent again")
		require.Len(t, b.sandbox.API.Requests(sandbox.RequestFilter{Method: http.MethodPut, Prefix: "/api/invoice/"}), len(ids), "no status is written but processed")
	})
}

// requireMadeVoid wants each invoice in the books once, void, and one comment that says so.
func (b *bubble) requireMadeVoid(books *plain.Books, ids ...int64) {
	b.t.Helper()
	require.Len(b.t, books.Documents(), len(ids))
	for _, d := range books.Documents() {
		require.True(b.t, d.Void, "%s", d.Marker)
	}
	voids := map[string]int{}
	for _, e := range books.Events() {
		if e.What == plain.Voided {
			voids[e.Marker]++
		}
	}
	for _, id := range ids {
		require.Equal(b.t, 1, voids[fmt.Sprintf("st-acme-%d", id)])
		inv, err := b.sandbox.API.Invoice(id)
		require.NoError(b.t, err)
		require.Equal(b.t, "void", inv.Status, "a user's hand wins")
		comments := b.sandbox.API.Comments(id)
		require.Len(b.t, comments, 1)
		require.Contains(b.t, comments[0].Content, "Made void there: invoice "+inv.Number)
	}
}

// The books are left alone, and the bookkeeper is told what to do, once.
func TestAVoidIsToldWhereTheMappingSaysSo(t *testing.T) {
	inBubble(t, sandbox.Options{Book: voidBook()}, 1, func(b *bubble) {
		ids := b.sendAll()
		id := ids[0]
		require.NoError(t, b.sandbox.API.Void(id))
		b.awaitVoided(3*time.Hour, id)
		b.replayAll()
		time.Sleep(4 * time.Hour) // fake time
		b.awaitVoided(time.Hour, id)
		require.Equal(t, 1, b.markers()[fmt.Sprintf("st-acme-%d", id)])
		require.Len(t, b.markers(), len(ids), "nothing was made in the books")
		comments := b.sandbox.API.Comments(id)
		require.Len(t, comments, 1)
		inv, err := b.sandbox.API.Invoice(id)
		require.NoError(t, err)
		require.Contains(t, comments[0].Content, "What to do (bookkeeper): Void invoice "+inv.Number)
		require.Equal(t, "void", inv.Status)
	})
}

// A user voids the invoice after it was posted and before ServiceTrade was told: the
// send ends as withdrawn, and the void follows at once.
func TestAVoidWhileThePostingIsInFlight(t *testing.T) {
	inBubbleWith(t, sandbox.Options{Book: voidBook()}, map[string]string{"voided": "credit_memo"}, 0, func(b *bubble) {
		ctx, cancel := context.WithCancel(b.t.Context())
		defer cancel()
		for _, name := range []string{"ingest", "transform", "deliver"} {
			b.start(ctx, name, name)
		}
		id := b.sandbox.API.Invoices("ok")[0].ID
		require.NoError(t, b.sandbox.API.Send("", id))
		b.await(10*time.Minute, func() error {
			if e := b.entry(id); e.State() != record.Outcome {
				return fmt.Errorf("it is %s", e.State())
			}
			return nil
		})
		require.NoError(t, b.sandbox.API.Void(id))
		b.start(ctx, "reconcile", "reconcile")
		b.awaitVoided(5*time.Minute, id)
		b.requireTakenBack(id)
		require.Empty(t, b.sandbox.API.Requests(sandbox.RequestFilter{Method: http.MethodPut, Prefix: "/api/invoice/"}))
		cancel()
	})
}

// Voids of invoices that were never posted are nobody's.
func TestAVoidOfWhatWasNeverPostedIsNothing(t *testing.T) {
	inBubbleWith(t, sandbox.Options{Book: voidBook()}, map[string]string{"voided": "credit_memo"}, 2, func(b *bubble) {
		id := b.sandbox.API.Invoices("ok")[0].ID
		require.NoError(t, b.sandbox.API.Void(id))
		b.sandbox.API.ForgetRequests()
		time.Sleep(3 * time.Hour) // fake time
		require.Nil(t, b.entry(id).Record)
		require.Empty(t, b.sandbox.API.Requests(sandbox.RequestFilter{Prefix: invoicePath(id)}), "it is not even read")
		require.Empty(t, b.sandbox.API.Comments(id))
		lists := 0
		for _, r := range b.sandbox.API.Requests(sandbox.RequestFilter{Prefix: "/api/invoice"}) {
			if r.Status == http.StatusOK && strings.Contains(r.Query, "status=void") {
				lists++
			}
		}
		require.GreaterOrEqual(t, lists, 2)
		require.LessOrEqual(t, lists, 4, "a slow look, over both replicas")
	})
}
