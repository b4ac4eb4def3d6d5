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

// A person moves the file, and drops the export in the same minute: what the books show
// counts, and not what the file says.
func TestAMovedFileWaitsForTheExportThatIsBeingCopied(t *testing.T) {
	for name, shows := range map[string]string{"the same total": "10.00", "another total": "99.00"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			clock, o := exporting()
			b := opened(t, NewLocal(dir), o)
			h := gave(t, b, posting(1, "10.00"))
			clock.drop(t, dir, "today.csv", shows)
			moveTo(t, dir, "imported")
			came := look(t, b)
			require.IsType(t, connector.Handed{}, b.Confirm(t.Context(), h))
			require.IsType(t, connector.Wait{}, deliver(t.Context(), b, posting(1, "10.00")))
			require.IsType(t, connector.Wait{}, b.Add(t.Context(), posting(1, "10.00"), itemOf(posting(1, "10.00"))))
			clock.pass(o.LookEvery)
			require.NotEqual(t, came, look(t, b), "it is asked again")
			require.Equal(t, shows, b.Confirm(t.Context(), h).(connector.Posted).Document.Total)
		})
	}
}

// The export comes when the invoice is processed already, and shows another total.
func TestAnExportThatContradictsAMovedFileIsTold(t *testing.T) {
	dir := t.TempDir()
	clock, o := exporting()
	var log strings.Builder
	o.Log = slog.New(slog.NewTextHandler(&log, nil))
	b := opened(t, NewLocal(dir), o)
	h := gave(t, b, posting(1, "10.00"))
	moveTo(t, dir, "imported")
	require.Equal(t, "10.00", b.Confirm(t.Context(), h).(connector.Posted).Document.Total)
	toSee := func() []connector.HandedFile {
		files, err := b.WaitingFiles(t.Context())
		require.NoError(t, err)
		return files
	}
	require.Empty(t, toSee())
	export := clock.export(t, dir, "today.csv", "99.00")
	files := toSee()
	require.Len(t, files, 1)
	require.True(t, files[0].Contradicted())
	require.True(t, files[0].Ended())
	require.Equal(t, "the export today.csv shows 99.00", files[0].Documents[0].Shown)
	require.Contains(t, log.String(), "the export today.csv shows 99.00")
	told := strings.Count(log.String(), "shows 99.00")
	toSee()
	require.Equal(t, told, strings.Count(log.String(), "shows 99.00"), "once a day is enough")
	clock.pass(25 * time.Hour)
	require.True(t, toSee()[0].Contradicted())
	require.Equal(t, told+1, strings.Count(log.String(), "shows 99.00"))
	clock.export(t, dir, "tomorrow.csv", "10.00") // the books were mended
	require.Empty(t, toSee())
	require.NoError(t, os.Remove(filepath.Join(dir, "exports", "tomorrow.csv")))
	require.Len(t, toSee(), 1)
	require.NoError(t, os.Remove(export))
	require.Empty(t, toSee())
}

// What failed because an export showed another total is no contradiction: it was told.
func TestATotalThatWasToldIsNoContradiction(t *testing.T) {
	dir := t.TempDir()
	clock, o := exporting()
	b := opened(t, NewLocal(dir), o)
	h := gave(t, b, posting(1, "10.00"))
	clock.export(t, dir, "today.csv", "99.00")
	require.Equal(t, "99.00", b.Confirm(t.Context(), h).(connector.Posted).Document.Total)
	clock.export(t, dir, "tomorrow.csv", "99.00")
	files, err := b.WaitingFiles(t.Context())
	require.NoError(t, err)
	require.Empty(t, files)
	clock.export(t, dir, "later.csv", "98.00")
	files, err = b.WaitingFiles(t.Context())
	require.NoError(t, err)
	require.Len(t, files, 1)
}
