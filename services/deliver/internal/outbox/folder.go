package outbox

import (
	"context"
	"time"
)

// Folder is a directory tree that several processes share. Names are relative to its
// root, with slashes. What is not there is fs.ErrNotExist.
type Folder interface {
	// Place names the folder so that the same folder has the same name.
	Place() string
	// Publish makes a file of all of content at once, so that it survives a power cut.
	// Where the name is taken it fails with fs.ErrExist, and changes nothing. With the end of
	// ctx (context.Canceled, context.DeadlineExceeded) it fails only where it did nothing yet;
	// after any other error the file may be there.
	Publish(ctx context.Context, name string, content []byte) error
	// Stage writes a file under a name that nobody else uses, so that it survives a power cut.
	Stage(ctx context.Context, name string, content []byte) error
	// Take moves a file. It fails with fs.ErrNotExist where from is not there, and with
	// fs.ErrExist where to is taken.
	Take(ctx context.Context, from, to string) error
	Read(ctx context.Context, name string) ([]byte, error)
	// List returns the files of a directory in the order of their names, directories
	// left out.
	List(ctx context.Context, dir string) ([]File, error)
	Remove(ctx context.Context, name string) error
	// Make makes a directory, and those above it that are missing.
	Make(ctx context.Context, dir string) error
	// Writable tells why nothing can be written to the folder; nil where it can be.
	Writable(ctx context.Context) error
	Close() error
}

// File is one file of a directory.
type File struct {
	Name     string
	Size     int64
	Modified time.Time
}
