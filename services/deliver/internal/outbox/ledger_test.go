package outbox

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
)

// requireBroken wants everything to stop that could give something away twice.
func requireBroken(t *testing.T, dir string, o Options) {
	t.Helper()
	b := opened(t, NewLocal(dir), o)
	p := posting(77, "10.00")
	wait, is := b.Add(t.Context(), p, itemOf(p)).(connector.Wait)
	require.True(t, is)
	require.Equal(t, connector.ReasonBooksBroken, wait.Reason)
	_, err := b.Evidence(t.Context())
	require.ErrorIs(t, err, errBroken)
	require.Equal(t, "file.ledger_broken", b.Check(t.Context())[0].GetCode())
}

func remove(t *testing.T, at ...string) {
	t.Helper()
	for _, one := range at {
		require.NoError(t, os.Remove(one))
	}
}

// The latest manifest is lost, wherever its file is by then. Its document is not taken for
// one that is in no file yet.
func TestALostLastManifestIsNoticed(t *testing.T) {
	for name, file := range map[string]func(t *testing.T, dir string){
		"its file waits":        func(*testing.T, string) {},
		"its file was imported": importAllOf,
		"its file was imported, and a verdict noted": func(t *testing.T, dir string) {
			importAllOf(t, dir)
			b := opened(t, NewLocal(dir), options(1))
			_, err := b.Files(t.Context())
			require.NoError(t, err)
			require.FileExists(t, filepath.Join(dir, verdictFile(2)))
			remove(t, onlyOf(t, filepath.Join(dir, "imported"), "*-0002-*"))
		},
		"its file is gone": func(t *testing.T, dir string) { remove(t, onlyOf(t, dir, "SALES-*-0002-*")) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			b := opened(t, NewLocal(dir), options(1))
			for id := range 2 {
				gave(t, b, posting(id, "10.00"))
			}
			file(t, dir)
			before := len(appeared(t, dir))
			kept := filepath.Join(t.TempDir(), "kept")
			require.NoError(t, os.Rename(filepath.Join(dir, manifestFile(2)), kept))
			_, err := b.Evidence(t.Context())
			require.ErrorIs(t, err, errBroken, "also a process that read it before tells")
			for range 2 {
				again := opened(t, NewLocal(dir), options(1))
				_, is := deliver(t.Context(), again, posting(1, "10.00")).(connector.Wait)
				require.True(t, is)
				_ = again.Cut(t.Context(), true)
				require.Len(t, appeared(t, dir), before, "no second file")
			}
			if name != "its file is gone" { // Then only the document itself tells.
				requireBroken(t, dir, options(1))
			}
			require.NoError(t, os.Rename(kept, filepath.Join(dir, manifestFile(2))))
			again := opened(t, NewLocal(dir), options(1))
			require.Empty(t, again.Check(t.Context()))
			require.NoError(t, again.Cut(t.Context(), true))
			require.Len(t, appeared(t, dir), before)
		})
	}
}

func importAllOf(t *testing.T, dir string) { importAll(t, dir) }

func onlyOf(t *testing.T, dir, pattern string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, pattern))
	require.NoError(t, err)
	require.Len(t, files, 1)
	return files[0]
}

// The whole folder is put back as it was a day ago, while documents were given away and
// imported since. Whoever knows of them (the record of an invoice) is not told that they
// do not exist.
func TestAnOlderCopyOfTheFolderIsNoticed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "outbox")
	b := opened(t, NewLocal(dir), options(1))
	gave(t, b, posting(0, "10.00"))
	require.NoError(t, os.CopyFS(dir+".yesterday", os.DirFS(dir)))
	h := gave(t, b, posting(1, "10.00"))
	require.NoError(t, os.Rename(dir, dir+".today"))
	require.NoError(t, os.Rename(dir+".yesterday", dir))

	_, err := b.Evidence(t.Context())
	require.ErrorIs(t, err, errBroken, "a process that goes on")
	again := opened(t, NewLocal(dir), options(1))
	stopped := func(a connector.Answer) {
		t.Helper()
		wait, is := a.(connector.Wait)
		require.True(t, is, "%#v", a)
		require.Equal(t, connector.ReasonBooksBroken, wait.Reason)
		require.Contains(t, wait.Message, "older copy")
	}
	stopped(again.Confirm(t.Context(), h))
	_, err = again.Find(t.Context(), connector.Query{Marker: "st-acme-1", ID: "st-acme-1.1"})
	a, _ := connector.AnswerOf(err)
	stopped(a)
	require.ErrorIs(t, again.Expect(t.Context(), []string{"st-acme-0.1", "QB-17", h.Token}), errBroken)
	require.Equal(t, "file.ledger_broken", again.Check(t.Context())[0].GetCode())
	stopped(again.Add(t.Context(), posting(1, "10.00"), itemOf(posting(1, "10.00"))))
	require.Len(t, appeared(t, dir), 1)

	// What the manual says for a copy that is lost for good.
	require.NoError(t, os.MkdirAll(filepath.Join(dir, entryDir("st-acme-1")), 0o755))
	for name, text := range map[string]string{
		"1.json":         `{"marker":"st-acme-1","n":1,"kind":"invoice","number":"1042","total":"275.00","customer":"C100"}`,
		"1.verdict.json": `{"verdict":"imported","evidence":"operator","by":"maria","at":"2026-11-22T09:00:00Z"}`,
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, entryDir("st-acme-1"), name), []byte(text), 0o600))
	}
	mended := opened(t, NewLocal(dir), options(1))
	require.NoError(t, mended.Expect(t.Context(), []string{h.Token}))
	found, err := mended.Find(t.Context(), connector.Query{Marker: "st-acme-1", ID: h.Token})
	require.NoError(t, err)
	require.Equal(t, "275.00", found[0].Total)

	require.NoError(t, os.Rename(dir, dir+".yesterday"))
	require.NoError(t, os.Rename(dir+".today", dir))
	require.Empty(t, again.Check(t.Context()), "it goes on by itself")
	require.IsType(t, connector.Handed{}, again.Confirm(t.Context(), h))
}

// Copies that people and programs make beside the files are none of ours.
func TestOtherFilesInTheFolderAreNoLoss(t *testing.T) {
	dir := t.TempDir()
	b := opened(t, NewLocal(dir), options(1))
	gave(t, b, posting(1, "10.00"))
	file := filepath.Base(onlyFile(t, dir))
	for _, name := range []string{"Copy of " + file, file + ".bak", "SALES.CSV", "notes.txt", "imported/" + file + ".txt", "ledger/verdicts/notes.json"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600))
	}
	require.Empty(t, b.Check(t.Context()))
	_, err := b.Evidence(t.Context())
	require.NoError(t, err)
}

// What people do changes the word; what they look at does not.
func TestEvidenceIsSeenByAListing(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	o := options(2)
	o.Wait, o.Now = 15*time.Minute, func() time.Time { return now }
	dir := t.TempDir()
	b := opened(t, NewLocal(dir), o)
	words := map[string]string{}
	word := func(after string, changes bool) {
		t.Helper()
		w, err := b.Evidence(t.Context())
		require.NoError(t, err)
		if _, known := words[w]; known == changes {
			t.Fatalf("after %s the word is that of %q", after, words[w])
		}
		words[w] = after
	}
	word("nothing", true)
	b.Add(t.Context(), posting(1, "10.00"), itemOf(posting(1, "10.00")))
	now = now.Add(16 * time.Minute)
	word("a file became due", false)
	require.Len(t, appeared(t, dir), 1, "and was made")
	first := onlyFile(t, dir)
	require.NoError(t, os.Rename(first, filepath.Join(dir, "imported", filepath.Base(first))))
	word("it was moved to imported", true)
	_, err := b.Files(t.Context())
	require.NoError(t, err)
	word("that was written down", true)
	for id := 2; id < 4; id++ {
		b.Add(t.Context(), posting(id, "10.00"), itemOf(posting(id, "10.00")))
	}
	word("another file", false)
	second := filepath.Base(onlyFile(t, dir))
	require.NoError(t, b.Judge(t.Context(), connector.Judgement{File: second, Documents: []string{"1002"}, State: connector.FileImported}))
	word("an operator spoke of a document", true)
	raw, err := os.ReadFile(filepath.Join(dir, second))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "rejected", second), raw, 0o600))
	word("it was copied to rejected", true)
	remove(t, filepath.Join(dir, second))
	word("and removed from where it was", true)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "exports", "SALES.CSV"), []byte("x"), 0o600))
	word("an export came", true)
	word("nothing", false)
}
