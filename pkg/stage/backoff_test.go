package stage_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/stage"
)

func TestBackoffGrowsAndStops(t *testing.T) {
	for delivered, want := range map[int]time.Duration{
		0: time.Second, 1: time.Second, 2: 2 * time.Second, 5: 16 * time.Second, 9: 256 * time.Second, 10: 5 * time.Minute, 1 << 30: 5 * time.Minute,
	} {
		d := stage.Backoff(delivered)
		require.InDelta(t, float64(want), float64(d), 0.21*float64(want), "delivered %d", delivered)
	}
}
