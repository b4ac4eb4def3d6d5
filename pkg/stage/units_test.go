package stage_test

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
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/pkg/stage"
)

// plug is what is attached: at most once for each id, at any time.
type plug struct {
	mu    sync.Mutex
	has   map[string]string // version by id
	fails map[string]error
	slow  map[string]time.Duration
	twice []string
}

func (p *plug) unit(id, version string) stage.Unit {
	return stage.Unit{ID: id, Fingerprint: version, Attach: func(context.Context) (func() error, error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if err := p.fails[id]; err != nil {
			return nil, err
		}
		if was, has := p.has[id]; has {
			p.twice = append(p.twice, fmt.Sprintf("%s: %s and %s", id, was, version))
		}
		p.has[id] = version
		return func() error {
			p.mu.Lock()
			wait := p.slow[id]
			p.mu.Unlock()
			time.Sleep(wait) // what is in flight ends; fake time
			p.mu.Lock()
			defer p.mu.Unlock()
			delete(p.has, id)
			return nil
		}, nil
	}}
}

func (p *plug) attached() map[string]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.has)
}

// config is a configuration file with one connection per id; its version is its display name.
func config(versions map[string]string) string {
	var accounts, connections strings.Builder
	accounts.WriteString("accounts:\n  none: {time_zone: UTC, servicetrade: {username: u, password: p, invoice_entity_type: 1}}\n")
	connections.WriteString("connections:\n")
	for id, version := range versions {
		fmt.Fprintf(&accounts, "  %s: {time_zone: UTC, servicetrade: {username: %s, password: p, invoice_entity_type: 1}}\n", id, id)
		fmt.Fprintf(&connections, "  %s: {account: %s, connector: hledger, mapping_file: m.yaml, display_name: %s}\n", id, id, version)
	}
	if len(versions) == 0 {
		return accounts.String()
	}
	return accounts.String() + connections.String()
}

// following runs Units behind a configuration file in dir, in a bubble.
func following(t require.TestingT, dir string, p *plug, body func(units *stage.Units, put func(map[string]string))) {
	path := filepath.Join(dir, "tradepost.yaml")
	write := func(versions map[string]string) {
		require.NoError(t, os.WriteFile(path, []byte(config(versions)), 0o600))
	}
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
				all = append(all, p.unit(one.ID, one.DisplayName))
			}
			return all
		})
	})
	body(units, func(versions map[string]string) {
		write(versions)
		live.Reload()
		synctest.Wait()
	})
	cancel()
	work.Wait()
	units.Close()
	require.Empty(t, p.attached(), "Close detaches everything")
	require.Empty(t, p.twice)
}

// Whatever is added, changed, removed and brought back in whatever order, and
// however slow a unit is to end: in the end what is wanted is attached, and nothing
// was ever attached twice.
func TestUnitsBecomeWhatIsWanted(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		p := &plug{has: map[string]string{}, fails: map[string]error{}, slow: map[string]time.Duration{}}
		dir := t.TempDir()
		steps := rapid.SliceOfN(rapid.MapOf(rapid.SampledFrom([]string{"a", "b", "c"}), rapid.SampledFrom([]string{"v1", "v2"})), 1, 8).Draw(r, "steps")
		pauses := rapid.SliceOfN(rapid.IntRange(0, 30), len(steps), len(steps)).Draw(r, "pauses")
		bad := rapid.SampledFrom([]string{"", "a"}).Draw(r, "bad")
		synctest.Test(t, func(t *testing.T) {
			following(t, dir, p, func(_ *stage.Units, put func(map[string]string)) {
				for id := range map[string]int{"a": 1, "b": 1, "c": 1} {
					p.slow[id] = 20 * time.Second
				}
				if bad != "" {
					p.fails[bad] = errors.New("away")
				}
				for i, versions := range steps {
					put(versions)
					time.Sleep(time.Duration(pauses[i]) * time.Second)
				}
				p.mu.Lock()
				clear(p.fails)
				p.mu.Unlock()
				time.Sleep(5 * time.Minute)
				synctest.Wait()
				want := steps[len(steps)-1]
				if want == nil {
					want = map[string]string{}
				}
				require.Equal(t, want, p.attached())
			})
		})
	})
}

func TestOneUnitInTroubleHoldsUpNoOther(t *testing.T) {
	p := &plug{has: map[string]string{}, fails: map[string]error{"a": errors.New("the books are away")}, slow: map[string]time.Duration{}}
	synctest.Test(t, func(t *testing.T) {
		following(t, t.TempDir(), p, func(units *stage.Units, put func(map[string]string)) {
			require.NoError(t, units.Ready(), "nothing is wanted")
			put(map[string]string{"a": "v1"})
			require.ErrorContains(t, units.Ready(), "connection a: the books are away")
			var notice runtime.Notice
			require.False(t, errors.As(units.Ready(), &notice), "none works")
			put(map[string]string{"a": "v1", "b": "v1"})
			require.Equal(t, map[string]string{"b": "v1"}, p.attached())
			require.ErrorAs(t, units.Ready(), &notice, "the process works for the other")
			require.Contains(t, string(notice), "1 of 2 do not work: connection a: the books are away")
			units.Note("b", errors.New("busy"))
			require.False(t, errors.As(units.Ready(), &notice), "none works")
			units.Note("b", nil)
			put(map[string]string{"b": "v1"})
			require.NoError(t, units.Ready(), "what is not wanted is no trouble")
		})
	})
}

func TestAProbeNamesAFew(t *testing.T) {
	troubled := map[string]error{}
	for i := range 1000 {
		troubled[fmt.Sprintf("c%04d", i)] = errors.New("away")
	}
	text := stage.Few("connection", troubled).Error()
	require.Contains(t, text, "connection c0000: away")
	require.Contains(t, text, "and 995 more")
	require.Less(t, len(text), 300)
}
