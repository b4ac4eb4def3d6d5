package stage_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/stage"
)

// A unit that this process cannot work for is detached, told in readiness, and attached
// again as soon as that works; others feel nothing.
func TestAUnitThatIsLeftIsAttachedAgainOnceThatWorks(t *testing.T) {
	p := &plug{has: map[string]string{}, fails: map[string]error{}, slow: map[string]time.Duration{}}
	synctest.Test(t, func(t *testing.T) {
		following(t, t.TempDir(), p, func(units *stage.Units, put func(map[string]string)) {
			put(map[string]string{"a": "v1", "b": "v1"})
			require.Len(t, p.attached(), 2)
			why := errors.New("the key is missing")
			p.mu.Lock()
			p.fails["a"] = why
			p.mu.Unlock()
			for range 3 { // it may be met many times before it is detached
				units.Leave("a", why)
			}
			units.Leave("c", why) // it is not wanted
			synctest.Wait()
			require.Equal(t, map[string]string{"b": "v1"}, p.attached())
			require.ErrorContains(t, units.Ready(), "1 of 2 do not work: connection a: the key is missing")
			units.Leave("a", why)
			time.Sleep(10 * time.Minute)
			require.Equal(t, map[string]string{"b": "v1"}, p.attached())
			p.mu.Lock()
			clear(p.fails)
			p.mu.Unlock()
			time.Sleep(5 * time.Minute)
			synctest.Wait()
			require.Equal(t, map[string]string{"a": "v1", "b": "v1"}, p.attached())
			require.NoError(t, units.Ready())
		})
	})
}
