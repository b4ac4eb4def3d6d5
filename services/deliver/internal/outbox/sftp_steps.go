package outbox

import (
	"errors"
	"io/fs"
	"os"

	"github.com/pkg/sftp"
)

// write makes a new file and has the server write it to its disk, where it can.
func write(c *sftp.Client, name string, content []byte) error {
	f, err := c.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
		var status *sftp.StatusError
		if errors.As(err, &status) && status.FxCode() == sftp.ErrSSHFxOpUnsupported {
			err = nil
		}
	}
	return errors.Join(err, f.Close())
}

// moved moves a file, and tells by what is there afterwards why it did not: the protocol
// has one word for every failure.
func moved(c *sftp.Client, from, to string) error {
	err := c.Rename(from, to)
	if _, answered := errors.AsType[*sftp.StatusError](err); !answered {
		return err
	}
	if _, there := c.Lstat(from); errors.Is(there, fs.ErrNotExist) {
		return &fs.PathError{Op: "move", Path: from, Err: fs.ErrNotExist}
	}
	if _, there := c.Lstat(to); there == nil {
		return &fs.PathError{Op: "move", Path: to, Err: fs.ErrExist}
	}
	return err
}
