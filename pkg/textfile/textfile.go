// Package textfile reads the files that people write for Tradepost: never more of
// one than is useful, never a device or a pipe, and only text in UTF-8.
package textfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrNoFile is the error for what is no regular file: a folder, a device, a pipe.
// Reading one may never end.
var ErrNoFile = errors.New("it is no regular file")

// ErrTooLarge is the error for a file of more bytes than are read.
var ErrTooLarge = errors.New("it is too large")

// Read returns the content of the file at path, which may have limit bytes. More are
// never held in memory. Errors are those of the file system, or an *fs.PathError with
// ErrNoFile or ErrTooLarge.
func Read(path string, limit int64) ([]byte, error) {
	path = filepath.Clean(path)
	// Asked before it is opened: opening a pipe waits for somebody to write.
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, refused(path, nil)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // Nothing was written.
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, refused(path, err)
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("%w: at most %d bytes are read", ErrTooLarge, limit)}
	}
	return data, nil
}

func refused(path string, err error) error {
	if err != nil {
		return err
	}
	return &fs.PathError{Op: "read", Path: path, Err: ErrNoFile}
}
