package stage_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/stage"
)

// followBy follows a file; attach is what every unit does.
func followBy(t *testing.T, attach func(id string, ctx context.Context) error, body func(put func(map[string]string))) {
	dir := t.TempDir()
	path := filepath.Join(dir, "tradepost.yaml")
	write := func(v map[string]string) { require.NoError(t, os.WriteFile(path, []byte(config(v)), 0o600)) }
	require.NoError(t, os.WriteFile(filepath.Join(dir, "m.yaml"), []byte(connection.ExampleMapping()), 0o600))
	write(nil)
	c, err := connection.Load(path, nil)
	require.NoError(t, err)
	live := connection.NewLive(c, connection.LiveOptions{})
	units := stage.NewUnits("connection", slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() { live.Run(ctx) })
	work.Go(func() {
		_ = units.Follow(ctx, live, func(c *connection.Config) []stage.Unit {
			var all []stage.Unit
			for _, one := range c.EnabledConnections() {
				all = append(all, stage.Unit{ID: one.ID, Fingerprint: one.DisplayName, Attach: func(ctx context.Context) (func() error, error) {
					return func() error { return nil }, attach(one.ID, ctx)
				}})
			}
			return all
		})
	})
	defer work.Wait()
	defer cancel()
	body(func(v map[string]string) { write(v); live.Reload(); synctest.Wait() })
}

// The books of 32 connections are on a mount that does not answer: the connector's New
// or Company does not return. A healthy connection that is added later is never attached.
func TestSystemsThatDoNotAnswerHoldUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		fine, mended := false, make(chan struct{})
		followBy(t, func(id string, ctx context.Context) error {
			if strings.HasPrefix(id, "asleep") {
				<-mended
				return nil
			}
			mu.Lock()
			fine = true
			mu.Unlock()
			return nil
		}, func(put func(map[string]string)) {
			defer close(mended)
			all := map[string]string{}
			for i := range 32 {
				all[fmt.Sprintf("asleep-%d", i)] = "v1"
			}
			put(all)
			all["fine"] = "v1"
			put(all)
			time.Sleep(24 * time.Hour)
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			require.True(t, fine, "a day later the healthy connection is not attached")
		})
	})
}

// An attach that takes 5 s never ends while others change every 4.5 s, though
// nothing of its own changed.
func TestChangesOfOthersEndNoAttachUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ready := false
		followBy(t, func(id string, ctx context.Context) error {
			if id != "slow" {
				return nil
			}
			select {
			case <-time.After(5 * time.Second):
				ready = true
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}, func(put func(map[string]string)) {
			for i := range 100 {
				put(map[string]string{"slow": "same", "other": fmt.Sprint("v", i)})
				time.Sleep(4500 * time.Millisecond)
			}
			require.True(t, ready, "450 s later the unchanged unit is not attached")
		})
	})
}

// The stage ends although an Attach never returns; should it return later all the
// same, nothing stays attached.
func TestAnAttachThatNeverReturnsDoesNotKeepTheStage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mended, detached := make(chan struct{}), make(chan struct{})
		live := connection.NewLive(&connection.Config{}, connection.LiveOptions{})
		units := stage.NewUnits("connection", slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() {
			ended <- units.Follow(ctx, live, func(*connection.Config) []stage.Unit {
				return []stage.Unit{{ID: "asleep", Fingerprint: "v1", Attach: func(context.Context) (func() error, error) {
					<-mended
					return func() error { close(detached); return nil }, nil
				}}}
			})
		}()
		time.Sleep(2 * time.Minute)
		require.ErrorContains(t, units.Ready(), "its system does not answer")
		cancel()
		select {
		case err := <-ended:
			require.NoError(t, err)
		case <-time.After(time.Minute):
			t.Error("Follow did not return")
		}
		units.Close()
		close(mended)
		<-detached
	})
}
