package outbox

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// stuck is a folder whose files cannot be moved to the folder rejected.
type stuck struct {
	Folder
	is bool
}

func (s *stuck) Take(ctx context.Context, from, to string) error {
	if s.is && strings.HasPrefix(to, rejectedDir+"/") {
		return &fs.PathError{Op: "move", Path: from, Err: fs.ErrPermission}
	}
	return s.Folder.Take(ctx, from, to)
}

// What an operator rejects is not left among the files to import, where it would be
// imported beside the one that its documents go out in next.
func TestARejectedFileDoesNotStayAmongThoseToImport(t *testing.T) {
	dir := t.TempDir()
	folder := &stuck{Folder: NewLocal(dir), is: true}
	b := opened(t, folder, options(1))
	p := posting(1, "10.00")
	gave(t, b, p)
	file := filepath.Base(onlyFile(t, dir))
	rejected := connector.Judgement{File: file, State: connector.FileRejected, Reason: "the period is closed"}
	err := b.Judge(t.Context(), rejected)
	require.ErrorContains(t, err, "nothing is noted")
	require.ErrorContains(t, err, "Move "+file+" to rejected/ yourself")
	require.IsType(t, connector.Handed{}, b.Add(t.Context(), p, itemOf(p)))
	require.Len(t, wholeFiles(t, dir), 1, "no second file while the first one may be imported")

	folder.is = false
	require.NoError(t, b.Judge(t.Context(), rejected))
	require.FileExists(t, filepath.Join(dir, rejectedDir, file))
	require.NoFileExists(t, filepath.Join(dir, file))
	require.Equal(t, "st-acme-1.2", gave(t, b, p).Token)
}

// Between the move and the word the folder says the same, reason and all.
func TestWhoDiesBeforeTheWordIsNotedLeavesItInTheFolder(t *testing.T) {
	for step := 1; step <= 3; step++ {
		for _, after := range []bool{false, true} {
			dir := t.TempDir()
			b := opened(t, NewLocal(dir), options(1))
			h := gave(t, b, posting(1, "10.00"))
			rejected := connector.Judgement{File: filepath.Base(onlyFile(t, dir)), State: connector.FileRejected, Reason: "the period is closed"}
			dying := New(&mortal{Folder: NewLocal(dir), left: step, after: after}, options(1))
			require.ErrorIs(t, dying.Judge(t.Context(), rejected), errDied)
			lies, err := filepath.Glob(filepath.Join(dir, "SALES-*.csv"))
			require.NoError(t, err)
			heir := opened(t, NewLocal(dir), options(1))
			if len(lies) > 0 {
				require.IsType(t, connector.Handed{}, heir.Confirm(t.Context(), h), "step %d", step)
			} else {
				answer := heir.Confirm(t.Context(), h)
				require.Equal(t, []string{"file.rejected"}, codesOf(answer), "step %d", step)
				require.Contains(t, answer.(connector.Rejected).Faults[0].GetMessage(), "the period is closed")
			}
			require.NoError(t, heir.Judge(t.Context(), rejected), "and it can be said again")
			require.Equal(t, []string{"file.rejected"}, codesOf(heir.Confirm(t.Context(), h)))
		}
	}
}

// A person put a copy away: the other one goes too, if it is the same.
func TestACopyOfAJudgedFileGoes(t *testing.T) {
	dir := t.TempDir()
	b := opened(t, NewLocal(dir), options(1))
	gave(t, b, posting(1, "10.00"))
	file := onlyFile(t, dir)
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	put := filepath.Join(dir, rejectedDir, filepath.Base(file))
	rejected := connector.Judgement{File: filepath.Base(file), State: connector.FileRejected, Reason: "x"}
	require.NoError(t, os.WriteFile(put, []byte("another"), 0o600))
	require.ErrorContains(t, b.Judge(t.Context(), rejected), "another file of that name")
	require.FileExists(t, file)
	require.NoError(t, os.WriteFile(put, raw, 0o600))
	require.NoError(t, b.Judge(t.Context(), rejected))
	require.NoFileExists(t, file)
	require.FileExists(t, put)
}

// A file of which everything is known, and that lies among those to import, is told.
func TestAJudgedFileThatLiesAmongThoseToImportIsTold(t *testing.T) {
	dir := t.TempDir()
	b := opened(t, NewLocal(dir), options(1))
	gave(t, b, posting(1, "10.00"))
	file := onlyFile(t, dir)
	misplaced := func() bool {
		files, err := b.Files(t.Context())
		require.NoError(t, err)
		require.Len(t, files, 1)
		return files[0].Misplaced
	}
	require.False(t, misplaced(), "nobody has imported it")
	require.NoError(t, b.Judge(t.Context(), connector.Judgement{File: filepath.Base(file), Documents: []string{"1001"}, State: connector.FileImported}))
	require.True(t, misplaced())
	importAll(t, dir)
	require.False(t, misplaced())
}

// Two customers have one number in a file: whoever judges by it is asked which one is meant.
func TestANumberOfTwoCustomersNamesNeither(t *testing.T) {
	dir := t.TempDir()
	o := options(2)
	o.Wait = time.Hour
	b := opened(t, NewLocal(dir), o)
	for id, customer := range map[int]string{1: "C100", 2: "C200"} {
		p := posting(id, "10.00")
		p.Document.Number = "1042"
		a := b.Add(t.Context(), p, func() (Item, []*tradepostv1.Fault) {
			item, faults := itemOf(p)()
			item.Customer = customer
			return item, faults
		})
		require.IsType(t, connector.Handed{}, a)
	}
	rejected := connector.Judgement{File: filepath.Base(onlyFile(t, dir)), Documents: []string{"1042"}, State: connector.FileRejected, Reason: "no such customer"}
	err := b.Judge(t.Context(), rejected)
	require.ErrorContains(t, err, "2 documents with the number 1042")
	require.ErrorContains(t, err, "st-acme-1.1 (invoice of customer C100, 10.00)")
	require.ErrorContains(t, err, "st-acme-2.1 (invoice of customer C200, 10.00)")
	states := func() map[string]connector.FileState {
		files, err := b.Files(t.Context())
		require.NoError(t, err)
		all := map[string]connector.FileState{}
		for _, d := range files[0].Documents {
			all[d.Customer] = d.State
		}
		return all
	}
	require.Equal(t, map[string]connector.FileState{"C100": connector.FileWaiting, "C200": connector.FileWaiting}, states())
	rejected.Documents = []string{"st-acme-2.1"}
	require.NoError(t, b.Judge(t.Context(), rejected))
	require.Equal(t, map[string]connector.FileState{"C100": connector.FileWaiting, "C200": connector.FileRejected}, states())
}
