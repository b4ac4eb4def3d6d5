package outbox

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
)

// A bookkeeper mends what stopped an import and imports the file after all, although it
// was called rejected: its documents do not go out again until somebody says which is so.
func TestARejectedFileThatIsImportedAfterAllDoesNotGoOutAgain(t *testing.T) {
	dir := t.TempDir()
	b := opened(t, NewLocal(dir), options(1))
	p := posting(1, "10.00")
	h := gave(t, b, p)
	file := filepath.Base(onlyFile(t, dir))
	require.NoError(t, b.Judge(t.Context(), connector.Judgement{File: file, State: connector.FileRejected, Reason: "bad customer"}))
	require.Equal(t, []string{"file.rejected"}, codesOf(b.Confirm(t.Context(), h)))
	imported, rejected := filepath.Join(dir, importedDir, file), filepath.Join(dir, rejectedDir, file)
	require.NoError(t, os.Rename(rejected, imported))

	require.Equal(t, h.Token, gave(t, b, p).Token, "it is the one that was given before")
	require.Len(t, wholeFiles(t, dir), 1, "no second file")
	files, err := b.Files(t.Context())
	require.NoError(t, err)
	require.Contains(t, files[0].Documents[0].Why, "lies in the folder imported now")

	require.NoError(t, os.Rename(imported, rejected))
	require.Equal(t, []string{"file.rejected"}, codesOf(b.Confirm(t.Context(), h)), "back again, it is rejected as before")
	require.NoError(t, os.Rename(rejected, imported))
	require.NoError(t, b.Judge(t.Context(), connector.Judgement{File: file, Documents: []string{"1001"}, State: connector.FileImported}))
	require.Equal(t, "10.00", b.Confirm(t.Context(), h).(connector.Posted).Document.Total)
}

// It came back when its documents had gone out again already: the later file is what the
// invoice waits for, and the first one is told.
func TestARejectedFileThatComesBackTooLateIsTold(t *testing.T) {
	dir := t.TempDir()
	b := opened(t, NewLocal(dir), options(1))
	p := posting(1, "10.00")
	h := gave(t, b, p)
	file := filepath.Base(onlyFile(t, dir))
	require.NoError(t, b.Judge(t.Context(), connector.Judgement{File: file, State: connector.FileRejected}))
	require.Equal(t, []string{"file.rejected"}, codesOf(b.Confirm(t.Context(), h)))
	next := gave(t, b, p)
	require.Equal(t, "st-acme-1.2", next.Token)
	require.NoError(t, os.Rename(filepath.Join(dir, rejectedDir, file), filepath.Join(dir, importedDir, file)))
	require.Equal(t, next.Token, gave(t, b, p).Token)
	files, err := b.Files(t.Context())
	require.NoError(t, err)
	require.Contains(t, files[0].Documents[0].Why, "lies in the folder imported now")
	importAll(t, dir)
	require.Equal(t, "10.00", b.Confirm(t.Context(), next).(connector.Posted).Document.Total)
}
