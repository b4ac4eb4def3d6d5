package remotetest

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// SkipVariable leaves out, when it is 1, what needs Node.js on a machine that has none.
const SkipVariable = "TRADEPOST_TEST_WITHOUT_NODE"

// Node copies a program in JavaScript, and fetches what its package-lock.json names, by
// exact version and hash; once for each lock file on a machine. It returns the folder.
func Node(t *testing.T, from string) string {
	t.Helper()
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv(SkipVariable) == "1" {
				t.Skipf("%s is not installed and %s=1", program, SkipVariable)
			}
			require.NoError(t, err, "this test needs %s (Debian: apt-get install nodejs npm); %s=1 leaves it out", program, SkipVariable)
		}
	}
	to := t.TempDir()
	require.NoError(t, os.CopyFS(to, os.DirFS(from)))
	_ = os.RemoveAll(filepath.Join(to, "node_modules"))
	require.NoError(t, os.Symlink(modules(t, to), filepath.Join(to, "node_modules")))
	return to
}

// modules is the folder of what the lock file in dir names.
func modules(t *testing.T, dir string) string {
	t.Helper()
	lock, err := os.ReadFile(filepath.Join(dir, "package-lock.json"))
	require.NoError(t, err)
	cache, err := os.UserCacheDir()
	require.NoError(t, err)
	kept := filepath.Join(cache, "tradepost-test", fmt.Sprintf("npm-%x", sha256.Sum256(lock))[:24])
	if _, err := os.Stat(kept); err == nil {
		return filepath.Join(kept, "node_modules")
	}
	require.NoError(t, os.MkdirAll(filepath.Dir(kept), 0o750))
	fresh, err := os.MkdirTemp(filepath.Dir(kept), ".npm-") //nolint:usetesting // It becomes the kept folder, by a rename.
	require.NoError(t, err)
	for _, name := range []string{"package.json", "package-lock.json"} {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(fresh, name), raw, 0o600))
	}
	cmd := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	cmd.Dir = fresh
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "npm ci: %s", out)
	if err := os.Rename(fresh, kept); err != nil { // another test was faster
		require.NoError(t, os.RemoveAll(fresh))
		require.DirExists(t, kept)
	}
	return filepath.Join(kept, "node_modules")
}
