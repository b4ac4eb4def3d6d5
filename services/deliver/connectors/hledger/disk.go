package hledger

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// tempPrefix marks the files that may be swept.
const tempPrefix = "candidate-"

// sweepAge is when a temporary file certainly belongs to no call any more.
const sweepAge = 30 * callTimeout

// writeTemp writes a file beside the books, on their file system, and flushes
// it: what is linked later is complete even after a power cut.
func (l *Ledger) writeTemp(name, content string) (path string, err error) {
	if err := l.reached(stepWrite); err != nil {
		return "", err
	}
	f, err := os.CreateTemp(l.path(tempDir), tempPrefix+filepath.Base(name)+"-*")
	if err != nil {
		return "", err
	}
	defer func() {
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
		if err != nil && !errors.Is(err, errDied) {
			os.Remove(f.Name())
		}
	}()
	if _, err := f.WriteString(content); err != nil {
		return "", err
	}
	// CreateTemp gives 0600; bookkeepers read and mend these files.
	if err := f.Chmod(0o664); err != nil {
		return "", err
	}
	if err := l.reached(stepSync); err != nil {
		return "", err
	}
	return f.Name(), f.Sync()
}

// errDied stands for the death of the process in tests: nothing is cleaned up.
var errDied = errors.New("the process died")

// discard removes a temporary file; what cannot be removed is swept later.
func discard(temp string, err error) {
	if !errors.Is(err, errDied) {
		_ = os.Remove(temp)
	}
}

// syncDir makes the names in a directory survive a power cut.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// settle flushes the directory of the documents. It precedes every answer that
// says that a document is there.
func (l *Ledger) settle() error {
	if err := l.reached(stepSettle); err != nil {
		return err
	}
	return syncDir(l.path(invoiceDir))
}

// sweep removes what dead processes left in the temporary directory, at most
// once in a while. A failure only leaves files for the next time.
func (l *Ledger) sweep(now time.Time) {
	l.mu.Lock()
	due := now.Sub(l.swept) > sweepAge
	if due {
		l.swept = now
	}
	l.mu.Unlock()
	if !due {
		return
	}
	files, err := os.ReadDir(l.path(tempDir))
	if err != nil {
		return
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil || !strings.HasPrefix(f.Name(), tempPrefix) || now.Sub(info.ModTime()) < sweepAge {
			continue
		}
		if err := os.Remove(l.path(tempDir, f.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			l.log.Warn("cannot sweep a temporary file", "file", f.Name(), "error", err)
		}
	}
}
