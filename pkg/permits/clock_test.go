package permits

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// However the looks fall, the server's time is where the clock says, to within its error.
func TestTheClockIsRightToWithinItsError(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		offset := micros(rapid.Int64Range(1e15, 2e15).Draw(t, "offset"))
		wrong := rapid.Float64Range(-1.0/drift/2, 1.0/drift/2).Draw(t, "wrong")
		var at time.Duration
		c := &clock{elapsed: func() time.Duration { return at }}
		server := func(e time.Duration) micros { return offset + span(e+time.Duration(float64(e)*wrong)) }
		for range rapid.IntRange(1, 30).Draw(t, "looks") {
			before := at
			there := before + time.Duration(rapid.IntRange(0, 50).Draw(t, "there"))*time.Millisecond
			at = there + time.Duration(rapid.IntRange(0, 50).Draw(t, "back"))*time.Millisecond
			require.False(t, c.look(before, at, server(there)))
			at += time.Duration(rapid.IntRange(0, 60).Draw(t, "pause")) * time.Second
			now, off, known := c.now()
			require.True(t, known)
			require.InDelta(t, float64(server(at)), float64(now), float64(span(off))+3)
		}
	})
}

func TestAClockThatWasSetIsNoticed(t *testing.T) {
	for _, by := range []time.Duration{time.Second, -time.Second} {
		var at time.Duration
		c := &clock{elapsed: func() time.Duration { return at }}
		require.True(t, c.due())
		require.False(t, c.look(0, time.Millisecond, 1_000_000_000))
		at = 4 * time.Second
		require.False(t, c.due())
		require.True(t, c.believes(1_004_000_000))
		require.False(t, c.believes(1_004_500_000), "written half a second from now")
		require.True(t, c.due())
		at = 10 * time.Second
		require.True(t, c.look(at, at+time.Millisecond, 1_010_000_000+span(by)))
		now, off, _ := c.now()
		require.InDelta(t, 1_010_000_000+by.Microseconds(), int64(now), 2000)
		require.Less(t, off, 2*time.Millisecond)
		require.True(t, c.believes(now+span(time.Second)), "asked just now: another server is ahead")
		require.False(t, c.due())
	}
}
