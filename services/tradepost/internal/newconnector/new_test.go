package newconnector

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const root = "../../../.."

// What is written compiles in a checkout, and passes the kit as it is. The checkout is
// this one, with the new folder laid over it.
func TestANewConnectorPassesTheKit(t *testing.T) {
	const name = "mybooks2"
	dir, err := Write(name, t.TempDir(), "")
	require.NoError(t, err)
	out := filepath.Join(t.TempDir(), "kit.test")
	top, err := filepath.Abs(root)
	require.NoError(t, err)
	overlay := map[string]map[string]string{"Replace": {}}
	files, err := Files(name)
	require.NoError(t, err)
	for file := range files {
		overlay["Replace"][filepath.Join(top, connectors, name, file)] = filepath.Join(dir, file)
	}
	raw, err := json.Marshal(overlay)
	require.NoError(t, err)
	over := filepath.Join(t.TempDir(), "overlay.json")
	require.NoError(t, os.WriteFile(over, raw, 0o600))
	build := exec.Command("go", "test", "-c", "-vet=off", "-o", out, "-overlay", over, "./"+connectors+"/"+name)
	build.Dir = top
	text, err := build.CombinedOutput()
	require.NoError(t, err, "build it: %s", text)
	cmd := exec.Command(out, "-test.v")
	cmd.Dir = t.TempDir()
	text, err = cmd.CombinedOutput()
	require.NoError(t, err, "%s", text)
	require.Contains(t, string(text), "--- PASS: TestConformance/concurrent_creates_make_one_document")
	require.NotContains(t, string(text), example)
}

func TestItIsWrittenWhereConnectorsAre(t *testing.T) {
	top := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(top, connectors), 0o750))
	deep := filepath.Join(top, "docs", "decisions")
	require.NoError(t, os.MkdirAll(deep, 0o750))
	dir, err := Write("books", "", deep)
	require.NoError(t, err)
	require.Equal(t, filepath.Join(top, connectors, "books"), dir)
	_, err = Write("books", "", deep)
	require.ErrorContains(t, err, "nothing was written")
	_, err = Write("books", "", t.TempDir())
	require.ErrorContains(t, err, "in no checkout of Tradepost")
	for _, bad := range []string{"", "a", "My", "my-books", "2books", "main", "../x", strings.Repeat("a", 41)} {
		_, err := Write(bad, top, "")
		require.ErrorContains(t, err, "cannot be the name of a connector", bad)
	}
}

// The tutorial shows the very files, whole, so that what the other test builds and runs
// is what people type.
func TestTheTutorialBuildsTheSameInLessThan400Lines(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(root, "docs/connector-tutorial.md"))
	require.NoError(t, err)
	shown, lines := map[string]string{}, 0
	for section := range strings.SplitSeq(string(raw), "\n## ") {
		_, rest, found := strings.Cut(section, "```go\n")
		if !found {
			continue
		}
		code, rest, _ := strings.Cut(rest, "```\n")
		require.NotContains(t, rest, "```go\n", "one file in each section")
		heading, _, _ := strings.Cut(section, "\n")
		file := heading[strings.LastIndex(heading, " ")+1:]
		shown[file] = code
		lines += strings.Count(code, "\n")
	}
	files, err := Files(example)
	require.NoError(t, err)
	require.Equal(t, slices.Sorted(maps.Keys(files)), slices.Sorted(maps.Keys(shown)))
	for name, text := range files {
		require.Equal(t, text, shown[name], name)
	}
	require.Less(t, lines, 400)
}
