package outbox

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// without is a folder whose file system lacks hard links (nil: has them), or the rename
// that replaces nothing.
func without(dir string, link, rename error) *Local {
	l := NewLocal(dir)
	if link != nil {
		l.link = func(string, string) error { return &os.LinkError{Op: "link", Err: link} }
	}
	if rename != nil {
		l.rename = func(string, string) error { return rename }
	}
	return l
}

func TestWhatAFileSystemLacks(t *testing.T) {
	for name, c := range map[string]struct {
		link, rename error
		unfit        bool
	}{
		"neither lacks":                  {nil, nil, false},
		"no hard links (exFAT, SMB)":     {unix.EPERM, nil, false},
		"no hard links (FUSE)":           {unix.ENOSYS, nil, false},
		"a rename that replaces (NFS)":   {nil, unix.EINVAL, false},
		"neither (sshfs)":                {unix.EPERM, unix.EINVAL, true},
		"neither (an old kernel's FUSE)": {unix.EOPNOTSUPP, unix.ENOSYS, true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			l := without(dir, c.link, c.rename)
			if c.unfit {
				f := New(l, options(1)).Check(t.Context())[0]
				require.Equal(t, "file.folder_unfit", f.GetCode())
				require.Contains(t, f.GetMessage(), "neither hard links nor a rename")
				require.ErrorIs(t, l.Publish(t.Context(), "x", nil), fs.ErrNotExist, "it was not even set up")
				require.NoError(t, os.MkdirAll(filepath.Join(dir, tempDir), 0o755))
				require.ErrorIs(t, l.Publish(t.Context(), "x", []byte("x")), ErrUnfit)
				require.NoFileExists(t, filepath.Join(dir, "x"))
				return
			}
			requireExclusive(t, l)
			require.Empty(t, New(l, options(1)).Check(t.Context()))
		})
	}
}

// A file system that takes the flag and replaces all the same.
func TestARenameThatReplacesIsFound(t *testing.T) {
	dir := t.TempDir()
	l := without(dir, unix.EPERM, nil)
	l.rename = os.Rename
	f := New(l, options(1)).Check(t.Context())[0]
	require.Equal(t, "file.folder_unfit", f.GetCode())
	require.Contains(t, f.GetMessage(), "replaces a file that is there")
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
}

// requireExclusive wants the steps that the outbox rests on, and that nothing is left of them.
func requireExclusive(t *testing.T, l *Local) {
	t.Helper()
	require.NoError(t, l.Make(t.Context(), tempDir))
	require.NoError(t, l.Publish(t.Context(), "x", []byte("first")))
	require.ErrorIs(t, l.Publish(t.Context(), "x", []byte("second")), fs.ErrExist)
	raw, err := l.Read(t.Context(), "x")
	require.NoError(t, err)
	require.Equal(t, "first", string(raw))
	require.NoError(t, l.Stage(t.Context(), "y", []byte("y")))
	require.ErrorIs(t, l.Take(t.Context(), "y", "x"), fs.ErrExist)
	require.ErrorIs(t, l.Take(t.Context(), "z", "w"), fs.ErrNotExist)
	require.NoError(t, l.Take(t.Context(), "y", "w"))
	require.ErrorIs(t, l.Take(t.Context(), "y", "v"), fs.ErrNotExist)
	require.NoError(t, l.Writable(t.Context()))
	left, err := l.List(t.Context(), tempDir)
	require.NoError(t, err)
	require.Empty(t, left)
}

// mounted is a file system of its own, made by a command; where nobody may mount, the test
// says that it showed nothing.
func mounted(t *testing.T, kind string, mkfs func(image string) *exec.Cmd, options string) string {
	t.Helper()
	at, image := t.TempDir(), "none"
	if mkfs != nil {
		image = filepath.Join(t.TempDir(), "image")
		require.NoError(t, os.WriteFile(image, nil, 0o600))
		require.NoError(t, os.Truncate(image, 8<<20))
		if out, err := mkfs(image).CombinedOutput(); err != nil {
			t.Skipf("SKIPPED, AND NOTHING SHOWS HOW A REAL %s BEHAVES: it cannot be made: %v %s", kind, err, out)
		}
	}
	if out, err := exec.Command("mount", "-t", kind, "-o", options, image, at).CombinedOutput(); err != nil {
		t.Skipf("SKIPPED, AND NOTHING SHOWS HOW A REAL %s BEHAVES: it cannot be mounted: %v %s", kind, err, out)
	}
	t.Cleanup(func() { _ = exec.Command("umount", at).Run() })
	return at
}

func TestARealFAT(t *testing.T) {
	dir := mounted(t, "vfat", func(image string) *exec.Cmd { return exec.Command("mkfs.vfat", image) }, "loop")
	requireExclusive(t, NewLocal(filepath.Join(dir, "outbox")))
}

// A disk that fills up in the middle stops everything, and loses and doubles nothing once
// there is room again.
func TestARealDiskThatIsFull(t *testing.T) {
	dir := mounted(t, "tmpfs", nil, "size=1m")
	at := filepath.Join(dir, "outbox")
	b := opened(t, NewLocal(at), options(1))
	ballast := filepath.Join(dir, "ballast")
	answers, given := map[string]int{}, 0
	for fill := 1 << 20; fill > 1<<10; fill -= 32 << 10 {
		_ = os.WriteFile(ballast, make([]byte, fill), 0o600) // As much of it as there is room for.
		p := posting(given, "10.00")
		a := deliver(t.Context(), b, p)
		answers[nameOf(a)]++
		remove(t, ballast)
		given++
	}
	require.Positive(t, answers["wait"], "%v", answers)
	require.Zero(t, answers["uncertain"], "%v", answers)
	for id := range given {
		require.Equal(t, "handed", nameOf(deliver(t.Context(), b, posting(id, "10.00"))))
	}
	require.NoError(t, b.Cut(t.Context(), true))
	require.Len(t, appeared(t, at), given)
	require.Empty(t, b.Check(t.Context()))
	staged, err := os.ReadDir(filepath.Join(at, stagedDir))
	require.NoError(t, err)
	require.Empty(t, staged)
}
