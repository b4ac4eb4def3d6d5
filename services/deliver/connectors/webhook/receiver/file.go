package receiver

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

var errLate = errors.New("the call's time was over before the write")

// make gives the document its file: whole, or not at all, and never a second time. That
// rests on link(2), which refuses a name that is taken, whoever else tries. It returns the
// name; made is false where it was taken.
func (r *Receiver) make(marker string, c call) (name string, made bool, err error) {
	if !markers.MatchString(marker) {
		return "", false, fmt.Errorf("%q is no marker", marker)
	}
	if name, err = r.name(marker, c.Create.Generation); err != nil {
		return "", false, err
	}
	draft, err := r.draft(kept{Key: c.Create.Key, DocumentHash: c.Create.DocumentHash, Document: c.Create.Document, Seal: digest(c.Create.Document)})
	if err != nil {
		return "", false, err
	}
	defer os.Remove(draft)
	if !time.Now().Before(c.Deadline) {
		return "", false, errLate // Another worker may have taken over.
	}
	err = os.Link(draft, filepath.Join(r.Dir, name))
	if errors.Is(err, fs.ErrExist) {
		return name, false, nil
	}
	if err != nil {
		return "", false, err
	}
	return name, true, r.sync()
}

// name is that of the file of a marker. Beside a document that is void the next generation
// gets a file of its own, so that the void one keeps its number.
func (r *Receiver) name(marker string, generation int64) (string, error) {
	name := marker + ".json"
	for next := max(generation, 2); ; next++ {
		there, err := r.read(name)
		if errors.Is(err, fs.ErrNotExist) || (err == nil && !there.Void) {
			return name, nil
		}
		if err != nil {
			return "", err
		}
		name = fmt.Sprintf("%s~%d.json", marker, next)
	}
}

// draft writes a file that nobody sees yet, and returns its path.
func (r *Receiver) draft(k kept) (path string, err error) {
	draft, err := os.CreateTemp(r.Dir, ".draft-")
	if err != nil {
		return "", err
	}
	e := json.NewEncoder(draft)
	e.SetEscapeHTML(false) // else the document would not be as it was sealed
	e.SetIndent("", "  ")
	err = e.Encode(k)
	if err = errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return "", errors.Join(err, os.Remove(draft.Name()))
	}
	return draft.Name(), nil
}

// sync has the disk keep the names of the folder.
func (r *Receiver) sync() error {
	dir, err := os.Open(r.Dir)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// find reads the files of a marker: its own, those of later generations, and the copies
// (<marker>~2.json) that a bookkeeper made.
func (r *Receiver) find(marker string) ([]object, error) {
	if !markers.MatchString(marker) {
		return nil, fmt.Errorf("%q is no marker", marker)
	}
	entries, err := fs.ReadDir(os.DirFS(r.Dir), ".")
	if err != nil {
		return nil, err
	}
	found := []object{}
	for _, e := range entries {
		if e.Name() != marker+".json" && !strings.HasPrefix(e.Name(), marker+"~") {
			continue
		}
		k, err := r.read(e.Name())
		if err != nil {
			return nil, err
		}
		found = append(found, k.shown(e.Name()))
	}
	return found, nil
}

func (r *Receiver) read(name string) (kept, error) {
	var k kept
	raw, err := os.ReadFile(filepath.Join(r.Dir, name)) //nolint:gosec // Markers are names of files of this folder.
	if err != nil {
		return k, err
	}
	return k, json.Unmarshal(raw, &k)
}

// digest identifies a document, however it is spaced.
func digest(document json.RawMessage) string {
	var compact bytes.Buffer
	if err := json.Compact(&compact, document); err != nil {
		return ""
	}
	sum := sha256.Sum256(compact.Bytes())
	return hex.EncodeToString(sum[:])
}

func (k kept) changed() bool { return digest(k.Document) != k.Seal }

// version is another one after each change: the count tells those of this program, the
// digest those of a bookkeeper.
func (k kept) version() string { return fmt.Sprintf("%d-%s", k.Revision, digest(k.Document)) }

// shown is what is told of a file. The hash is that of what was posted: of a document that
// somebody changed since, there is none.
func (k kept) shown(name string) object {
	var d document
	if err := json.Unmarshal(k.Document, &d); err != nil {
		return object{}
	}
	o := object{
		"kind": d.Kind, "id": strings.TrimSuffix(name, ".json"), "marker": d.Marker, "number": d.Number, "issueDate": d.IssueDate,
		"total": d.Totals.Total, "customerName": d.Customer.Name, "version": k.version(), "void": k.Void,
	}
	if !k.changed() {
		o["documentHash"] = k.DocumentHash
	}
	return o
}
