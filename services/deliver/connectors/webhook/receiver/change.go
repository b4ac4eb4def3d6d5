package receiver

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"time"
)

// errChanged means that a document is not in the version any more that was to be changed.
var errChanged = errors.New("the document was changed or removed since it was looked at")

// ids are names of files without their end: a marker, and a generation behind it.
var ids = regexp.MustCompile(`^st-[a-z0-9-]+(~[0-9]+)?$`)

// change puts a document's file in place of the one that was found: the posting where
// there is one, else the same document, void. It is done only once for a key, and only
// while the file has the version that was found.
func (r *Receiver) change(key string, deadline time.Time, was found, posting *create) (now kept, before bool, err error) {
	unlock, err := r.lock()
	if err != nil {
		return now, false, err
	}
	defer unlock()
	if !ids.MatchString(was.ID) {
		return now, false, errChanged
	}
	there, err := r.read(was.ID + ".json")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return now, false, errChanged
	case err != nil:
		return now, false, err
	case there.Key == key && !there.changed():
		return there, true, nil // Its answer was lost.
	case there.version() != was.Version:
		return now, false, errChanged
	}
	now = there
	now.Key, now.Revision = key, there.Revision+1
	if posting == nil {
		now.Void = true
	} else {
		now.DocumentHash, now.Document, now.Seal = posting.DocumentHash, posting.Document, digest(posting.Document)
	}
	return now, false, r.replace(was.ID+".json", now, deadline)
}

// lock keeps other changes away, those of other processes too. Documents that are made
// need no lock.
func (r *Receiver) lock() (unlock func(), err error) {
	file, err := os.OpenFile(filepath.Join(r.Dir, ".lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return func() { _ = file.Close() }, nil
}

// replace puts a file in the place of another one, whole.
func (r *Receiver) replace(name string, k kept, deadline time.Time) error {
	draft, err := r.draft(k)
	if err != nil {
		return err
	}
	defer os.Remove(draft)
	if !time.Now().Before(deadline) {
		return errLate // Another worker may have taken over.
	}
	if err := os.Rename(draft, filepath.Join(r.Dir, name)); err != nil {
		return err
	}
	return r.sync()
}

// list reads a part of what lists.json has of a kind: {"customer": [{"code": "C100"}]}.
func (r *Receiver) list(a askList) (object, error) {
	const most = 500
	all := map[string][]object{}
	raw, err := os.ReadFile(filepath.Join(r.Dir, "lists.json"))
	if err == nil {
		err = json.Unmarshal(raw, &all)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	records := all[a.Kind]
	from, err := strconv.Atoi(cmp.Or(a.After, "0"))
	if err != nil || from < 0 || from > len(records) {
		return nil, fmt.Errorf("no part of the list begins at %q", a.After)
	}
	part, next := records[from:], ""
	if len(part) > most {
		part, next = part[:most], fmt.Sprint(from+most)
	}
	return object{"records": part, "next": next}, nil
}
