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
	"time"
)

var errLate = errors.New("the call's time was over before the write")

// make gives the document its file: whole, or not at all, and never a second time. That
// rests on link(2), which refuses a name that is taken, whoever else tries. made is false
// where the name was taken.
func (r *Receiver) make(marker string, c call) (made bool, err error) {
	if !markers.MatchString(marker) {
		return false, fmt.Errorf("%q is no marker", marker)
	}
	draft, err := os.CreateTemp(r.Dir, ".draft-")
	if err != nil {
		return false, err
	}
	defer os.Remove(draft.Name())
	e := json.NewEncoder(draft)
	e.SetEscapeHTML(false) // else the document would not be as it was sealed
	e.SetIndent("", "  ")
	err = e.Encode(kept{Key: c.Create.Key, DocumentHash: c.Create.DocumentHash, Document: c.Create.Document, Seal: digest(c.Create.Document)})
	if err = errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return false, err
	}
	if !time.Now().Before(c.Deadline) {
		return false, errLate // Another worker may have taken over.
	}
	err = os.Link(draft.Name(), filepath.Join(r.Dir, marker+".json"))
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, r.sync()
}

// sync has the disk keep the names of the folder.
func (r *Receiver) sync() error {
	dir, err := os.Open(r.Dir)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
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

// shown is what is told of a file. The hash is that of what was posted: of a document that
// somebody changed since, there is none.
func (k kept) shown() object {
	var d document
	if err := json.Unmarshal(k.Document, &d); err != nil {
		return object{}
	}
	o := object{
		"kind": d.Kind, "id": d.Marker, "number": d.Number, "issueDate": d.IssueDate, "total": d.Totals.Total,
		"customerName": d.Customer.Name, "version": digest(k.Document),
	}
	if !k.changed() {
		o["documentHash"] = k.DocumentHash
	}
	return o
}
