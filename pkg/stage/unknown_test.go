package stage_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/stage"
)

// A command waits by its age: a hundred of them are over at the same time.
func TestACommandOfAnUnknownConnectionWaitsSecondsOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		published := time.Now()
		m := bus.Message{Subject: bus.Subject{Stage: bus.StageCommand, Connection: "gone", InvoiceID: 1}, Published: published, Delivered: 1}
		_, waits := bus.RetryDelay(stage.Unknown(m, published.Add(-time.Hour)))
		require.True(t, waits, "another process may know it sooner")
		time.Sleep(20 * time.Second)
		code, _ := bus.PoisonCode(stage.Unknown(m, published))
		require.Equal(t, "message.unknown_connection", code)
		_, waits = bus.RetryDelay(stage.Unknown(m, time.Now()))
		require.True(t, waits, "this process began just now")
		_, waits = bus.RetryDelay(stage.NotAttached(m, published))
		require.True(t, waits)
		time.Sleep(time.Minute)
		code, _ = bus.PoisonCode(stage.NotAttached(m, published))
		require.Equal(t, "command.not_attached", code)
		m.Published, m.Delivered = time.Now().Add(time.Hour), 40
		_, poison := bus.PoisonCode(stage.Unknown(m, published))
		require.True(t, poison, "also when the server's clock is ahead")
	})
}

// What was laid aside is handled when its connection comes, one in trouble or not.
func TestStrangersAreHandledWhenTheirConnectionComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		path := filepath.Join(dir, "tradepost.yaml")
		write := func(v map[string]string) { require.NoError(t, os.WriteFile(path, []byte(config(v)), 0o600)) }
		require.NoError(t, os.WriteFile(filepath.Join(dir, "m.yaml"), []byte(connection.ExampleMapping()), 0o600))
		write(nil)
		c, err := connection.Load(path, nil)
		require.NoError(t, err)
		live := connection.NewLive(c, connection.LiveOptions{})
		var mu sync.Mutex
		var handled []int64
		s := stage.NewStrangers(live, quiet(), func(_ context.Context, m bus.Message) error {
			mu.Lock()
			defer mu.Unlock()
			handled = append(handled, m.Subject.InvoiceID)
			switch m.Subject.InvoiceID {
			case 1:
				panic("one in trouble")
			case 2:
				return errors.New("another one")
			}
			return nil
		})
		ctx, cancel := context.WithCancel(context.Background())
		var work sync.WaitGroup
		work.Go(func() { live.Run(ctx) })
		work.Go(func() { _ = s.Run(ctx) })
		defer work.Wait()
		defer cancel()
		for id := range int64(5) {
			s.LayAside(ctx, bus.Message{Subject: bus.Subject{Connection: "new", InvoiceID: id + 1}})
		}
		s.LayAside(ctx, bus.Message{Subject: bus.Subject{Connection: "never", InvoiceID: 9}})
		synctest.Wait()
		require.ErrorContains(t, s.Notice(), "never, new")
		write(map[string]string{"new": "v1"})
		live.Reload()
		synctest.Wait()
		mu.Lock()
		require.Equal(t, []int64{1, 2, 3, 4, 5}, handled)
		mu.Unlock()
		require.NotContains(t, s.Notice().Error(), "new")
		// The configuration changed while the message was under way.
		s.LayAside(ctx, bus.Message{Subject: bus.Subject{Connection: "new", InvoiceID: 6}})
		synctest.Wait()
		mu.Lock()
		require.Len(t, handled, 6)
		mu.Unlock()
	})
}

func TestOnlySoManyAreLaidAside(t *testing.T) {
	live := connection.NewLive(&connection.Config{}, connection.LiveOptions{})
	n := 0
	s := stage.NewStrangers(live, quiet(), func(context.Context, bus.Message) error { n++; return nil })
	for id := range int64(3000) {
		s.LayAside(t.Context(), bus.Message{Subject: bus.Subject{Connection: "gone", InvoiceID: id + 1}})
	}
	live.Use(&connection.Config{Connections: map[string]*connection.Connection{"gone": {}}})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, s.Run(ctx))
	require.Equal(t, 1000, n)
	require.NoError(t, s.Notice())
}
