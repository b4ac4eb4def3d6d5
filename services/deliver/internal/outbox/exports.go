package outbox

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"sync"
)

// exports reads what the accounting system exported, and remembers it until the file
// changes.
type exports struct {
	folder Folder
	parse  func([]byte) ([]Exported, error)
	log    *slog.Logger

	mu    sync.Mutex
	files map[string]parsed
}

type parsed struct {
	file File
	docs []Exported
}

func (x *exports) init(folder Folder, parse func([]byte) ([]Exported, error), log *slog.Logger) {
	x.folder, x.parse, x.log, x.files = folder, parse, log, map[string]parsed{}
}

// find is what the newest export that has the document shows of it; nil where none does.
// An export shows a range of days, so that one which has it not says nothing.
func (x *exports) find(ctx context.Context, e *Entry) (*Exported, error) {
	if x.parse == nil || e.Number == "" {
		return nil, nil
	}
	files, err := x.folder.List(ctx, exportsDir)
	if errors.Is(err, fs.ErrNotExist) || len(files) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(files, func(a, b File) int { return b.Modified.Compare(a.Modified) })
	for _, f := range files {
		docs, err := x.read(ctx, f)
		if err != nil {
			return nil, err
		}
		for i := range docs {
			if docs[i].is(e) {
				return &docs[i], nil
			}
		}
	}
	return nil, nil
}

func (d Exported) is(e *Entry) bool {
	return d.Number == e.Number && (d.Customer == "" || d.Customer == e.Customer) &&
		(d.CreditMemo == nil || *d.CreditMemo == (e.Kind == creditMemo))
}

func (x *exports) read(ctx context.Context, f File) ([]Exported, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if have, ok := x.files[f.Name]; ok && have.file == f {
		return have.docs, nil
	}
	raw, err := x.folder.Read(ctx, exportsDir+"/"+f.Name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // Removed while we looked.
	}
	if err != nil {
		return nil, err
	}
	docs, err := x.parse(raw)
	if err != nil {
		x.log.WarnContext(ctx, "an export cannot be read, and is no evidence", "file", f.Name, "err", err)
	}
	x.files[f.Name] = parsed{f, docs}
	return docs, nil
}

func joined(differences []string) string { return strings.Join(differences, "; ") }
