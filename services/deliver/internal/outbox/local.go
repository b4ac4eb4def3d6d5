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
type Local struct {
	root string
	// link and rename are what the file system is asked for: rename replaces nothing.
	link, rename func(from, to string) error
}

// NewLocal returns the folder at a path. It touches nothing.
func NewLocal(root string) *Local { return &Local{root: root, link: os.Link, rename: renameNew} }

// renameNew renames, and fails where the name is taken.
func renameNew(from, to string) error {
	return unix.Renameat2(unix.AT_FDCWD, from, unix.AT_FDCWD, to, unix.RENAME_NOREPLACE)
}

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
	if err := l.exclusive(temp, l.path(name)); err != nil {
		return fmt.Errorf("publish %s: %w", name, err)
	}
	if err := syncDir(filepath.Dir(l.path(name))); err != nil {
		// It is there: what hides the directory from us must not pass for why it is not.
		return fmt.Errorf("publish %s: it may not survive a power cut: %v", name, err) //nolint:errorlint // see above
	}
	return nil
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
// link it may do by a rename that replaces nothing. There is no third way: a name that is
// taken first and written then shows half a file to whoever looks, or after a crash.
func (l *Local) exclusive(temp, to string) error {
	err := l.link(temp, to)
	if err == nil || !lacksLinks(err) {
		return err
	}
	if err = l.rename(temp, to); lacks(err) {
		return fmt.Errorf("%w (%w)", errNoExclusive, err)
	}
	if err != nil {
		return &fs.PathError{Op: "rename", Path: to, Err: err}
	}
	return nil
}

// lacksLinks tells that a file system has no hard links, or none that Tradepost may make.
func lacksLinks(err error) bool {
	return lacks(err) || errors.Is(err, unix.EPERM) || errors.Is(err, unix.EMLINK)
}

// lacks tells that a file system does not have what it was asked for.
func lacks(err error) bool {
	return errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EOPNOTSUPP)
}

// Take implements Folder.
func (l *Local) Take(ctx context.Context, from, to string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := l.take(l.path(from), l.path(to)); err != nil {
		return &fs.PathError{Op: "move", Path: from, Err: err}
	}
	return errors.Join(syncDir(filepath.Dir(l.path(to))), syncDir(filepath.Dir(l.path(from))))
}

func (l *Local) take(from, to string) error {
	err := l.rename(from, to)
	if !lacks(err) {
		return err
	}
	if err = l.takeByLink(from, to); lacksLinks(err) {
		return fmt.Errorf("%w (%w)", errNoExclusive, err)
	}
	return err
}

// takeByLink is for file systems whose rename replaces (NFS). A staged file that has a
// second link was moved already, by one that died before it removed the first: a person
// may have moved it on since, so that it must not appear again.
func (l *Local) takeByLink(from, to string) error {
	var st unix.Stat_t
	if err := unix.Stat(from, &st); err != nil {
		return err
	}
	if st.Nlink > 1 {
		return errors.Join(fs.ErrNotExist, ignoreMissing(os.Remove(from)))
	}
	if err := l.link(from, to); err != nil {
		return err
	}
	return ignoreMissing(os.Remove(from))
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
	if err := os.MkdirAll(l.path(dir), 0o777); err != nil {
		return err
	}
	// An entry is lost with its directory.
	return syncDir(filepath.Dir(l.path(dir)))
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
