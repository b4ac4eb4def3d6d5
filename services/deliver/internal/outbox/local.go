package outbox

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// tempDir holds files that are being written; it is swept by nobody but their writers,
// who die seldom and leave little.
const tempDir = "ledger/tmp"

// Local is a directory of this machine, or one that is mounted here.
type Local struct{ root string }

// NewLocal returns the folder at a path. It touches nothing.
func NewLocal(root string) *Local { return &Local{root: root} }

func (l *Local) path(name string) string { return filepath.Join(l.root, filepath.FromSlash(name)) }

// Place implements Folder: the path, with links followed where it exists already.
func (l *Local) Place() string {
	dir, err := filepath.Abs(l.root)
	if err != nil {
		return filepath.Clean(l.root)
	}
	if followed, err := filepath.EvalSymlinks(dir); err == nil {
		return followed
	}
	return dir
}

// Publish implements Folder.
func (l *Local) Publish(ctx context.Context, name string, content []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	temp := l.path(tempDir + "/" + rand.Text())
	if err := writeSynced(temp, content); err != nil {
		return errors.Join(err, ignoreMissing(os.Remove(temp)))
	}
	defer os.Remove(temp)
	if err := exclusive(temp, l.path(name)); err != nil {
		return fmt.Errorf("publish %s: %w", name, err)
	}
	return syncDir(filepath.Dir(l.path(name)))
}

// Stage implements Folder.
func (l *Local) Stage(ctx context.Context, name string, content []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := writeSynced(l.path(name), content); err != nil {
		return err
	}
	return syncDir(filepath.Dir(l.path(name)))
}

func writeSynced(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o664)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Sync(), f.Close())
}

// exclusive gives a file its name where that is free. What a file system cannot do by a
// link it may do by a rename that replaces nothing.
func exclusive(temp, to string) error {
	err := os.Link(temp, to)
	if err == nil || !noLinks(err) {
		return err
	}
	if renamed := unix.Renameat2(unix.AT_FDCWD, temp, unix.AT_FDCWD, to, unix.RENAME_NOREPLACE); renamed != nil {
		return &fs.PathError{Op: "rename", Path: to, Err: renamed}
	}
	return nil
}

// noLinks tells that a file system has no hard links.
func noLinks(err error) bool {
	return errors.Is(err, unix.EPERM) || errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EMLINK)
}

// Take implements Folder.
func (l *Local) Take(ctx context.Context, from, to string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := unix.Renameat2(unix.AT_FDCWD, l.path(from), unix.AT_FDCWD, l.path(to), unix.RENAME_NOREPLACE)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) {
		err = l.takeByLink(from, to)
	}
	if err != nil {
		return &fs.PathError{Op: "move", Path: from, Err: err}
	}
	return errors.Join(syncDir(filepath.Dir(l.path(to))), syncDir(filepath.Dir(l.path(from))))
}

// takeByLink is for file systems whose rename replaces (NFS). A staged file that has a
// second link was moved already, by one that died before it removed the first: a person
// may have moved it on since, so that it must not appear again.
func (l *Local) takeByLink(from, to string) error {
	var st unix.Stat_t
	if err := unix.Stat(l.path(from), &st); err != nil {
		return err
	}
	if st.Nlink > 1 {
		return errors.Join(fs.ErrNotExist, ignoreMissing(os.Remove(l.path(from))))
	}
	if err := os.Link(l.path(from), l.path(to)); err != nil {
		return err
	}
	return ignoreMissing(os.Remove(l.path(from)))
}

// Read implements Folder.
func (l *Local) Read(ctx context.Context, name string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return os.ReadFile(l.path(name))
}

// List implements Folder.
func (l *Local) List(ctx context.Context, dir string) ([]File, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(l.path(dir))
	if err != nil {
		return nil, err
	}
	files := make([]File, 0, len(entries))
	for _, e := range entries {
		info, err := e.Info()
		switch {
		case errors.Is(err, fs.ErrNotExist): // Removed while we looked.
		case err != nil:
			return nil, err
		case !info.IsDir() && !strings.HasPrefix(e.Name(), "."):
			files = append(files, File{Name: e.Name(), Size: info.Size(), Modified: info.ModTime()})
		}
	}
	return files, nil
}

// Remove implements Folder.
func (l *Local) Remove(ctx context.Context, name string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return os.Remove(l.path(name))
}

// Make implements Folder.
func (l *Local) Make(ctx context.Context, dir string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return os.MkdirAll(l.path(dir), 0o777)
}

// Writable implements Folder. The system lets its administrator try anywhere, so that a
// directory which nobody may write to counts as one that cannot be written.
func (l *Local) Writable(context.Context) error {
	dir := l.root
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		// It may be made; one above it that is missing too is a typing mistake, or a volume
		// that is not mounted.
		dir = filepath.Dir(dir)
		info, err = os.Stat(dir)
	}
	switch {
	case err != nil:
		return err
	case !info.IsDir():
		return &fs.PathError{Op: "open", Path: dir, Err: unix.ENOTDIR}
	case info.Mode().Perm()&0o222 == 0:
		return &fs.PathError{Op: "write", Path: dir, Err: fs.ErrPermission}
	}
	return unix.Access(dir, unix.W_OK|unix.X_OK)
}

// Close implements Folder: nothing stays open between calls.
func (l *Local) Close() error { return nil }

// syncDir makes the names in a directory survive a power cut.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
