package outbox

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

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
	if err := unix.Access(dir, unix.W_OK|unix.X_OK); err != nil || dir != l.root {
		return err
	}
	return l.fit()
}

// fit tries what Publish and Take rest on: a name that is taken is not given again, and
// what lies there stays.
func (l *Local) fit() error {
	dir := l.path(tempDir)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		dir = l.root
	} else if err != nil {
		return err
	}
	one, other := filepath.Join(dir, ".tradepost-"+rand.Text()), filepath.Join(dir, ".tradepost-"+rand.Text())
	defer func() { _, _ = os.Remove(one), os.Remove(other) }()
	for _, step := range []func(from, to string) error{l.exclusive, l.take} {
		_, _ = os.Remove(one), os.Remove(other)
		if err := errors.Join(writeSynced(one, []byte("1")), writeSynced(other, []byte("2"))); err != nil {
			return err
		}
		switch err := step(one, other); {
		case err == nil:
			return errReplaces
		case !errors.Is(err, fs.ErrExist):
			return err
		}
		if left, err := os.ReadFile(other); err != nil || string(left) != "2" {
			return errors.Join(errReplaces, err)
		}
	}
	return nil
}
