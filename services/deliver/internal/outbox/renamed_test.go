package outbox

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
)

// A browser and a Windows share give a file another name: by its content it is the same.
func TestAFileThatWasRenamedIsKnownByItsContent(t *testing.T) {
	for name, rename := range map[string]func(base string) string{
		"a second download":       func(s string) string { return s + " (1).csv" },
		"without a blank":         func(s string) string { return s + "(12).csv" },
		"with a dash":             func(s string) string { return s + "-1.csv" },
		"copied":                  func(s string) string { return s + " - Copy.csv" },
		"in capitals":             func(s string) string { return strings.ToUpper(s) + ".CSV" },
		"in small letters, twice": func(s string) string { return strings.ToLower(s) + " (2).csv" },
	} {
		t.Run(name, func(t *testing.T) {
			for where, want := range map[string]any{"imported": connector.Posted{}, "rejected": connector.Rejected{}} {
				dir := t.TempDir()
				b := opened(t, NewLocal(dir), options(1))
				h := gave(t, b, posting(1, "10.00"))
				was := onlyFile(t, dir)
				is := rename(strings.TrimSuffix(filepath.Base(was), ".csv"))
				require.NoError(t, os.WriteFile(filepath.Join(dir, where, is+".txt"), []byte("no such job"), 0o600))
				require.NoError(t, os.Rename(was, filepath.Join(dir, where, is)))
				files, err := opened(t, NewLocal(dir), options(1)).Files(t.Context())
				require.NoError(t, err)
				require.False(t, files[0].Missing)
				require.NotEqual(t, connector.FileWaiting, files[0].Documents[0].State)
				look(t, b)
				answer := b.Confirm(t.Context(), h)
				require.IsType(t, want, answer)
				if refused, is := answer.(connector.Rejected); is {
					require.Contains(t, refused.Faults[0].GetMessage(), "no such job")
				}
			}
		})
	}
}

// Another content under such a name is another file.
func TestARenamedFileThatWasChangedIsNoEvidence(t *testing.T) {
	for _, where := range []string{"imported", "rejected"} {
		dir := t.TempDir()
		b := opened(t, NewLocal(dir), options(1))
		h := gave(t, b, posting(1, "10.00"))
		was := onlyFile(t, dir)
		require.NoError(t, os.Remove(was))
		is := strings.TrimSuffix(filepath.Base(was), ".csv") + " (1).csv"
		require.NoError(t, os.WriteFile(filepath.Join(dir, where, is), []byte("x"), 0o600))
		look(t, b)
		require.IsType(t, connector.Handed{}, b.Confirm(t.Context(), h))
		waiting, err := b.WaitingFiles(t.Context())
		require.NoError(t, err)
		require.True(t, waiting[0].Missing)
	}
}

// One copy is among the imported ones, the other is called rejected: nothing goes out again.
func TestARenamedCopyContradicts(t *testing.T) {
	dir := t.TempDir()
	b := opened(t, NewLocal(dir), options(1))
	p := posting(1, "10.00")
	h := gave(t, b, p)
	raw, err := os.ReadFile(onlyFile(t, dir))
	require.NoError(t, err)
	look(t, b)
	file := moveTo(t, dir, "rejected")
	copied := strings.TrimSuffix(file, ".csv") + " (1).csv"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "imported", copied), raw, 0o600))
	require.IsType(t, connector.Handed{}, b.Confirm(t.Context(), h), "before anybody looked for new names")
	require.IsType(t, connector.Handed{}, b.Add(t.Context(), p, itemOf(p)))
}

// A copy that is left among those to import is told of a file that is done with.
func TestARenamedCopyAmongThoseToImportIsTold(t *testing.T) {
	dir := t.TempDir()
	b := opened(t, NewLocal(dir), options(1))
	h := gave(t, b, posting(1, "10.00"))
	raw, err := os.ReadFile(onlyFile(t, dir))
	require.NoError(t, err)
	file := moveTo(t, dir, "imported")
	copied := filepath.Join(dir, strings.TrimSuffix(file, ".csv")+" (1).csv")
	require.NoError(t, os.WriteFile(copied, raw, 0o600))
	require.IsType(t, connector.Posted{}, b.Confirm(t.Context(), h))
	files, err := b.Files(t.Context())
	require.NoError(t, err)
	require.True(t, files[0].Misplaced)
}
