package hledger

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// moveEntry takes the document's entry into a journal of the bookkeeper's own.
func moveEntry(t testing.TB, l *Ledger, marker, to string) {
	t.Helper()
	entry := readJournal(readFile(t, l.file(marker)))[0].raw
	before, _ := os.ReadFile(l.path(to))
	writeFile(t, string(before)+"\n"+entry, l.path(to))
	require.NoError(t, os.Remove(l.file(marker)))
}

func TestMovedEntryIsFound(t *testing.T) {
	for _, to := range []string{"2026.journal", "archive/2026/q4.journal", "invoices/renamed.journal", "invoices/st-kit-9.journal"} {
		t.Run(to, func(t *testing.T) {
			dir := t.TempDir()
			l := books(t, dir)
			p := postingOf(t, sample(1))
			mustPost(t, l, p.Document)
			require.Len(t, mustFind(t, l, "st-kit-1"), 1)
			require.NoError(t, os.MkdirAll(filepath.Dir(l.path(to)), 0o755))
			moveEntry(t, l, "st-kit-1", to)
			found := mustFind(t, l, "st-kit-1")
			require.Len(t, found, 1)
			require.Equal(t, p.DocumentHash, found[0].DocumentHash, "moved, not changed")
			require.Equal(t, "275.00", found[0].Total)

			posted, ok := l.Create(t.Context(), p).(connector.Posted)
			require.True(t, ok)
			require.True(t, posted.Adopted, "no second one is made")
			require.Equal(t, 1, countMarkers(t, dir, "st-kit-1"))

			next := sample(1)
			next.PoNumber = "another"
			answer := l.Update(t.Context(), postingOf(t, next), found[0])
			require.IsType(t, connector.Rejected{}, answer)
			require.Equal(t, "document.changed_in_books", answer.(connector.Rejected).Faults[0].GetCode())
		})
	}
}

func TestEntryChangedByHand(t *testing.T) {
	changes := map[string]func(string) string{
		"amounts":    func(s string) string { return strings.ReplaceAll(s, "275.00", "280.00") },
		"an account": func(s string) string { return strings.Replace(s, "revenue ", "revenues", 1) },
		"a tag":      func(s string) string { return strings.Replace(s, "po:PO 77", "po:PO 78", 1) },
		"the hash":   func(s string) string { return strings.Replace(s, "sthash:", "sthash:0", 1) },
		"one space":  func(s string) string { return strings.ReplaceAll(s, "ACME", " ACME") },
		"a posting more": func(s string) string {
			return s + "    expenses:gift  $0\n"
		},
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			l := books(t, t.TempDir())
			p := postingOf(t, sample(1))
			before := mustPost(t, l, p.Document).Document
			require.NotEmpty(t, before.DocumentHash)
			file := l.file("st-kit-1")
			writeFile(t, change(readFile(t, file)), file)
			after := mustFind(t, l, "st-kit-1")[0]
			require.Empty(t, after.DocumentHash)
			require.NotEqual(t, before.Version, after.Version)
		})
	}
}

func TestOddFilesUnderTheMarkersName(t *testing.T) {
	dir := t.TempDir()
	l := books(t, dir)
	p := postingOf(t, sample(1))
	mustPost(t, l, p.Document)
	good := readFile(t, l.file("st-kit-1"))
	refusedWith := func(code string) {
		t.Helper()
		answer, ok := l.Create(t.Context(), p).(connector.Rejected)
		require.True(t, ok)
		require.Equal(t, code, answer.Faults[0].GetCode())
	}

	writeFile(t, "", l.file("st-kit-1"))
	require.Len(t, mustFind(t, l, "st-kit-1"), 1, "an empty file is a document that nobody can read")
	refusedWith("document.different_found")

	writeFile(t, strings.Replace(good, "gen:1", "gen:1, void:", 1), l.file("st-kit-1"))
	require.True(t, mustFind(t, l, "st-kit-1")[0].Void)
	refusedWith("document.void")

	writeFile(t, good, l.file("st-kit-1"))
	writeFile(t, readJournal(good)[0].raw, dir, "copy.journal")
	require.Len(t, mustFind(t, l, "st-kit-1"), 2, "a copy is a second document")
	refusedWith("document.more_than_one")
	require.NoError(t, os.Remove(filepath.Join(dir, "copy.journal")))

	other := sample(1)
	other.PoNumber = "another"
	writeFile(t, good, l.file("st-kit-1"))
	p = postingOf(t, other)
	refusedWith("document.different_found")

	writeFile(t, strings.Replace(good, "stid:st-kit-1", "stid:st-kit-2", 1), l.file("st-kit-1"))
	require.Len(t, mustFind(t, l, "st-kit-1"), 1, "the name counts")
	require.Len(t, mustFind(t, l, "st-kit-2"), 1, "the tag counts")
}

func TestFindIgnoresWhatIsNoEntry(t *testing.T) {
	dir := t.TempDir()
	l := books(t, dir)
	writeFile(t, "; stid:st-kit-1\ncomment\n2026-01-01 x ; stid:st-kit-1\nend comment\n", dir, "notes.journal")
	require.NoError(t, os.Mkdir(filepath.Join(dir, ".git"), 0o755))
	writeFile(t, "2026-01-01 x ; stid:st-kit-1\n", dir, ".git", "old.journal")
	writeFile(t, "2026-01-01 x ; stid:st-kit-1\n", dir, tempDir, "candidate.journal")
	require.Empty(t, mustFind(t, l, "st-kit-1"))
	require.Empty(t, mustFind(t, l, "../company"))
	require.Empty(t, mustFind(t, l, ""))
}

func TestUnreadableJournalIsNoEmptyFind(t *testing.T) {
	dir := t.TempDir()
	l := books(t, dir)
	require.NoError(t, os.Symlink("loop.journal", filepath.Join(dir, "loop.journal")))
	_, err := l.Find(t.Context(), connector.Query{Marker: "st-kit-1"})
	answer, ok := connector.AnswerOf(err)
	require.True(t, ok, "%v", err)
	require.Equal(t, tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION, answer.(connector.Wait).Scope)
}

func BenchmarkFindAmong5000(b *testing.B) {
	l := books(b, b.TempDir(), func(c *Config) { c.Check, c.Program = CheckWhenInstalled, "no-such-program" })
	for i := range 5000 {
		r, faults := l.render(postingOf(b, sample(int64(i+1))))
		require.Empty(b, faults)
		writeFile(b, r.text, l.file(fmt.Sprintf("st-kit-%d", i+1)))
	}
	b.Run("first look", func(b *testing.B) {
		for b.Loop() {
			l.index = newIndex(l.cfg.JournalDir)
			require.Empty(b, mustFind(b, l, "st-kit-9999"))
		}
	})
	b.Run("nothing", func(b *testing.B) {
		for b.Loop() {
			require.Empty(b, mustFind(b, l, "st-kit-9999"))
		}
	})
	b.Run("one", func(b *testing.B) {
		for b.Loop() {
			require.Len(b, mustFind(b, l, "st-kit-2500"), 1)
		}
	})
}
