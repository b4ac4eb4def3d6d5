package record

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// epochNote is what a machine of its own knows of the epoch while no process runs.
type epochNote struct {
	ID       string `json:"id"`
	Revision uint64 `json:"revision"`
}

// RememberIn lets the processes of one machine know in a file what those before them
// saw, so that records which were left alone over a restart are told from an older copy.
// The file must not be part of what is copied with the records; "" keeps none.
func (e *Epochs) RememberIn(path string) (*Epochs, error) {
	e.path = path
	if path == "" {
		return e, nil
	}
	body, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return e, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what was seen of the records: %w", err)
	}
	var n epochNote
	if err := json.Unmarshal(body, &n); err != nil {
		// Torn when the machine lost its power: as if there were none.
		e.log.Warn("what was seen of the records cannot be read", "file", path, "error", err)
		return e, nil
	}
	e.seen = seenEpoch{id: n.ID, revision: n.Revision}
	return e, nil
}

// write keeps what was seen. A file that is behind only makes the next process trust
// less of what it finds, or a copy that is not older than the file.
func (e *Epochs) write(ctx context.Context, now seenEpoch) {
	if e.path == "" {
		return
	}
	body, _ := json.Marshal(epochNote{ID: now.id, Revision: now.revision}) // cannot fail
	err := os.MkdirAll(filepath.Dir(e.path), 0o700)
	if err == nil {
		err = os.WriteFile(e.path+".new", body, 0o600)
	}
	if err == nil {
		err = os.Rename(e.path+".new", e.path)
	}
	if err != nil {
		e.log.WarnContext(ctx, "what is seen of the records cannot be noted; a restart will wait before it posts", "error", err)
	}
}
