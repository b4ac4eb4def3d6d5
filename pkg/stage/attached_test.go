package stage_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/stage"
)

// A sweep took the unit just before it was detached: its connector is closed, and its
// client given back, only when the sweep is through with it.
func TestAUnitIsRemovedWhenNobodyUsesIt(t *testing.T) {
	for name, c := range map[string]struct {
		takes time.Duration // what the use needs where nobody stops it
		heeds bool          // its context
		after time.Duration // Remove returns
	}{
		"unused":            {0, true, 0},
		"soon done":         {3 * time.Second, true, 3 * time.Second},
		"stopped":           {time.Hour, true, 10 * time.Second},
		"cannot be stopped": {time.Hour, false, 20 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var a stage.Attached[string]
				a.Put("acme-books", "poster")
				done := make(chan error, 1)
				go func() {
					_, err := a.Use(t.Context(), "acme-books", func(ctx context.Context, p string) error {
						require.Equal(t, "poster", p)
						var stopped <-chan struct{}
						if c.heeds {
							stopped = ctx.Done()
						}
						select {
						case <-time.After(c.takes):
							return nil
						case <-stopped:
							return ctx.Err()
						}
					})
					done <- err
				}()
				if synctest.Wait(); c.takes == 0 {
					time.Sleep(time.Millisecond)
				}
				began := time.Now()
				a.Remove("acme-books")
				require.Equal(t, c.after, time.Since(began))
				used, err := a.Use(t.Context(), "acme-books", func(context.Context, string) error { panic("it is gone") })
				require.NoError(t, err)
				require.False(t, used)
				_, there := a.Peek("acme-books")
				require.False(t, there)
				<-done
			})
		})
	}
}
