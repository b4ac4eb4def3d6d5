package pipeline_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/services/sandbox"
)

// 100 retries of a connection that is not there (docs/operating.md offers a loop that
// sends them), and then one retry of a connection that is.
func TestCommandsOfAMissingConnectionHoldUpNoOther(t *testing.T) {
	book := sandbox.GenerateBook(sandbox.BookOptions{Seed: 21, Invoices: 4, MaxLines: 3})
	inBubble(t, sandbox.Options{Book: book}, 1, func(b *bubble) {
		ctx := b.t.Context()
		for i := range 100 {
			_, err := b.js.Publish(ctx, fmt.Sprintf("invoice.command.gone.%d", 1000+i), []byte(`{"followsSend":"1","by":"maria","retry":{}}`))
			require.NoError(b.t, err)
		}
		id := b.sandbox.API.Invoices("ok")[0].ID
		_, err := b.js.Publish(ctx, fmt.Sprintf("invoice.command.acme-books.%d", id), []byte(`{"by":"maria","refresh":{}}`))
		require.NoError(b.t, err)
		b.sandbox.API.ForgetRequests()
		began := time.Now()
		b.await(5*time.Hour, func() error {
			if len(b.sandbox.API.Requests(sandbox.RequestFilter{Prefix: invoicePath(id)})) == 0 {
				return fmt.Errorf("not read yet")
			}
			return nil
		})
		require.Less(b.t, time.Since(began), time.Minute)
		b.await(time.Minute, func() error {
			dead, err := b.js.Stream(ctx, bus.StreamDead)
			require.NoError(b.t, err)
			if info, err := dead.Info(ctx); err != nil || info.State.Msgs != 100 {
				return errors.Join(err, errors.New("not all are dead letters yet"))
			}
			return nil
		})
	})
}

// A connection was removed while its sends were on the way to transform (or an operator
// replays some of it): they hold up nobody else.
func TestARemovedConnectionHoldsUpNoOther(t *testing.T) {
	book := sandbox.GenerateBook(sandbox.BookOptions{Seed: 21, Invoices: 20, MaxLines: 3})
	inBubble(t, sandbox.Options{Book: book}, 1, func(b *bubble) {
		ctx := b.t.Context()
		var ids []int64
		for _, inv := range b.sandbox.API.Invoices("ok") {
			ids = append(ids, inv.ID)
		}
		settle := func(some []int64) time.Duration {
			require.NoError(b.t, b.sandbox.API.Send("", some...))
			began := time.Now()
			b.await(5*time.Hour, func() error {
				if n := b.sandbox.API.Counts()["pending_accounting"]; n > 0 {
					return fmt.Errorf("%d are pending", n)
				}
				return nil
			})
			return time.Since(began)
		}
		before := settle(ids[:5])
		stream, err := b.js.Stream(ctx, bus.StreamReceived)
		require.NoError(b.t, err)
		m, err := stream.GetLastMsgForSubject(ctx, fmt.Sprintf("invoice.received.acme-books.%d", ids[0]))
		require.NoError(b.t, err)
		for i := range 320 {
			_, err := b.js.Publish(ctx, fmt.Sprintf("invoice.received.gone.%d", 1000+i), m.Data)
			require.NoError(b.t, err)
		}
		require.Less(b.t, settle(ids[5:10]), before+time.Minute)
	})
}
