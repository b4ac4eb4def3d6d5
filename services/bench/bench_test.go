package bench_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/bench/internal/run"
)

// TestHarness runs both sides small. It looks at counts only: times and ratios are
// the machine's, and no test may pass or fail by them.
func TestHarness(t *testing.T) {
	bin := t.TempDir()
	_, file, _, _ := runtime.Caller(0)
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", bin+"/", "./services/bench/cmd/bench", "./services/tradepost/cmd/bench-stages")
	cmd.Dir = filepath.Join(filepath.Dir(file), "..", "..")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	r, err := run.Run(ctx, run.Options{
		Invoices: 40, Waves: 2, PerWave: 3, Dir: t.TempDir(),
		Stages: filepath.Join(bin, "bench-stages"), Self: filepath.Join(bin, "bench"),
	})
	require.NoError(t, err)
	for name, side := range map[string]run.Result{"pipeline": r.Pipeline, "bare": r.Bare} {
		require.Equal(t, 40, side.Invoices, name)
		require.Positive(t, side.PerSecond, name)
		require.Positive(t, side.CPU, name)
		require.Greater(t, side.Allocations, 100.0, name)
		for _, p := range []run.Percentiles{side.Busy, side.Quiet} {
			require.Positive(t, p.P50, name)
			require.GreaterOrEqual(t, p.P95, p.P50, name)
			require.GreaterOrEqual(t, p.P99, p.P95, name)
		}
	}
	require.InDelta(t, 6, r.Pipeline.RecordWrites, 0.5, "opening, open, claimed, outcome, settling, closed, and a few of the census")
	require.InDelta(t, 6, r.Bare.RecordWrites, 0, "as often as the pipeline")
	require.InDelta(t, 4, r.Bare.Messages, 0, "received, ready, outcome, settled")
	require.InDelta(t, 6, r.Pipeline.Messages, 0.5, "the same, and two attempts")
	requireTold(t, r)
}

func requireTold(t *testing.T, r *run.Report) {
	t.Helper()
	var table bytes.Buffer
	require.NoError(t, r.Table(&table))
	require.Contains(t, table.String(), "invoices/s, burst")
	path := filepath.Join(t.TempDir(), "report.json")
	require.NoError(t, r.WriteJSON(path))
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var back run.Report
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, *r, back)
	require.Len(t, back.Ratios, 12)
}
