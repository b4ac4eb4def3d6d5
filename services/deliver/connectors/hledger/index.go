package hledger

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// index knows which journal files hold an entry of which marker, so that an
// entry is found wherever in the directory a bookkeeper moved it. It reads a
// file again only when its size, times or inode changed.
type index struct {
	dir    string
	mu     sync.Mutex
	began  time.Time // when the last complete look began
	files  map[string]indexed
	places map[string]map[string]bool // marker -> paths
}

type indexed struct {
	stamp   stamp
	markers []string
}

// stamp tells whether a file is still the one that was read.
type stamp struct {
	inode           uint64
	size            int64
	modified, moved syscall.Timespec
}

// racy is how long after a change a file is read again all the same: two changes
// within one tick of the file system's clock have the same stamp.
const racy = 50 * time.Millisecond

func newIndex(dir string) *index {
	return &index{dir: dir, files: map[string]indexed{}, places: map[string]map[string]bool{}}
}

// find returns the paths of the files that hold an entry of marker now. A file
// that cannot be read is an error: the entry could be in it.
func (x *index) find(ctx context.Context, marker string) ([]string, error) {
	asked := time.Now()
	x.mu.Lock()
	defer x.mu.Unlock()
	// A look that began after this call answers it too.
	if began := time.Now(); !x.began.After(asked) {
		if err := x.refresh(ctx); err != nil {
			return nil, fmt.Errorf("look through the journals in %s: %w", x.dir, err)
		}
		x.began = began
	}
	paths := make([]string, 0, len(x.places[marker]))
	for p := range x.places[marker] {
		paths = append(paths, p)
	}
	return paths, nil
}

func (x *index) refresh(ctx context.Context) error {
	seen := make(map[string]bool, len(x.files))
	temp := filepath.Join(x.dir, tempDir)
	err := filepath.WalkDir(x.dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && path != x.dir && os.IsNotExist(err):
			return nil // removed while we looked
		case err != nil:
			return err
		case d.IsDir() && (path == temp || (path != x.dir && strings.HasPrefix(d.Name(), "."))):
			return fs.SkipDir
		case d.IsDir() || !isJournal(d.Name()):
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		}
		seen[path] = true
		return x.look(path)
	})
	if err != nil {
		return err
	}
	for path := range x.files {
		if !seen[path] {
			x.forget(path)
		}
	}
	return nil
}

// look reads the file if it is new or changed.
func (x *index) look(path string) error {
	info, err := os.Stat(path)
	if os.IsNotExist(err) {
		x.forget(path)
		return nil
	}
	if err != nil || info.IsDir() {
		return err
	}
	now := stampOf(info)
	if x.files[path].stamp == now {
		return nil
	}
	raw, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		x.forget(path)
		return nil
	}
	if err != nil {
		return err
	}
	x.forget(path)
	if time.Since(time.Unix(now.moved.Unix())) < racy {
		now = stamp{}
	}
	x.learn(path, indexed{stamp: now, markers: markersIn(string(raw))})
	return nil
}

func (x *index) learn(path string, f indexed) {
	x.files[path] = f
	for _, m := range f.markers {
		if x.places[m] == nil {
			x.places[m] = map[string]bool{}
		}
		x.places[m][path] = true
	}
}

func (x *index) forget(path string) {
	for _, m := range x.files[path].markers {
		delete(x.places[m], path)
		if len(x.places[m]) == 0 {
			delete(x.places, m)
		}
	}
	delete(x.files, path)
}

func stampOf(info fs.FileInfo) stamp {
	s := stamp{size: info.Size()}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		s.inode, s.modified, s.moved = st.Ino, st.Mtim, st.Ctim
	}
	return s
}

func markersIn(content string) []string {
	if !strings.Contains(content, "stid:") {
		return nil
	}
	var markers []string
	for _, e := range readJournal(content) {
		if m := e.tags["stid"]; m != "" {
			markers = append(markers, m)
		}
	}
	return markers
}

func isJournal(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".journal", ".j", ".hledger", ".ledger":
		return !strings.HasPrefix(name, ".")
	}
	return false
}
