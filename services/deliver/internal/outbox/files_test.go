package outbox

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
)

// A file that nobody confirms is told after some days, and then once a day.
func TestAFileThatNobodyConfirmsIsTold(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	var log strings.Builder
	o := options(1)
	o.RemindAfter, o.Now, o.Log = 72*time.Hour, func() time.Time { return now }, slog.New(slog.NewTextHandler(&log, nil))
	dir := t.TempDir()
	b := opened(t, NewLocal(dir), o)
	h := gave(t, b, posting(1, "10.00"))
	for _, c := range []struct {
		after   time.Duration
		told    int
		overdue bool
	}{{71 * time.Hour, 0, false}, {time.Hour, 1, true}, {time.Hour, 1, true}, {23 * time.Hour, 2, true}} {
		now = now.Add(c.after)
		require.IsType(t, connector.Handed{}, b.Confirm(t.Context(), h))
		require.Equal(t, c.told, strings.Count(log.String(), "waits to be confirmed"))
		files, err := b.Files(t.Context())
		require.NoError(t, err)
		require.Equal(t, c.overdue, files[0].Overdue)
	}
	importAll(t, dir)
	now = now.Add(48 * time.Hour)
	require.IsType(t, connector.Posted{}, b.Confirm(t.Context(), h))
	files, err := b.Files(t.Context())
	require.NoError(t, err)
	require.False(t, files[0].Overdue)
	require.Equal(t, 2, strings.Count(log.String(), "waits to be confirmed"))
}

// A file that nobody confirmed, and that is nowhere, is told; one on its way, or put away,
// is not.
func TestAFileThatIsNowhereIsTold(t *testing.T) {
	dir := t.TempDir()
	b := opened(t, NewLocal(dir), options(1))
	for id := range 3 {
		gave(t, b, posting(id, "10.00"))
	}
	waiting := func() (missing []bool) {
		files, err := b.WaitingFiles(t.Context())
		require.NoError(t, err)
		for _, f := range files {
			missing = append(missing, f.Missing)
		}
		return missing
	}
	require.Equal(t, []bool{false, false, false}, waiting())
	remove(t, onlyOf(t, dir, "SALES-*-0002-*"))
	require.Equal(t, []bool{false, true, false}, waiting())
	third := onlyOf(t, dir, "SALES-*-0003-*")
	require.NoError(t, os.Rename(third, filepath.Join(dir, "imported", filepath.Base(third))))
	require.Equal(t, []bool{false, true}, waiting())
	all, err := b.Files(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 3)
	require.True(t, all[1].Missing)
	require.Empty(t, b.Check(t.Context()), "and keeps nothing else from being posted")
}
