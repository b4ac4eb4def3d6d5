package outbox

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
)

// exports reads what the accounting system exported. People copy exports into the folder,
// which takes time, and half of one shows totals that never were: one is read only once it
// is whole.
type exports struct {
	folder Folder
	parse  func([]byte) ([]Exported, error)
	log    *slog.Logger
	now    func() time.Time
	// apart is how long an export has to stay as it is.
	apart time.Duration

	reading sync.Mutex // one export is read at a time

	mu      sync.Mutex         // guards what follows
	watched bool               // this process looks again and again
	files   map[string]*export // those of the latest look, by name
}

// export is one file of the folder exports, as long as it stays as it is.
type export struct {
	file  File
	since time.Time // when this process saw it like that for the first time
	whole bool

	docs []Exported
	hash string // of its content; "" before it was read
	bad  error  // why it is no evidence; nil where it can be read
}

const (
	// leastApart keeps a copy that pauses for a moment from being taken for a whole file.
	leastApart = 5 * time.Second
	// longAgo is after how long a process that looks once takes an export for whole.
	longAgo = time.Minute
)

func (x *exports) init(folder Folder, o Options) {
	x.folder, x.parse, x.log, x.now, x.files = folder, o.ReadExport, o.Log, o.Now, map[string]*export{}
	// A tenth less than the interval: a look may come a little early.
	x.apart = max(o.LookEvery*9/10, leastApart)
}

// watch says that this process looks again and again, so that it need not go by the
// server's clock to tell whether an export is whole.
func (x *exports) watch() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.watched = true
}

// look lists the exports, the newest first, and forgets those that are gone.
func (x *exports) look(ctx context.Context) ([]export, error) {
	files, err := x.folder.List(ctx, exportsDir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	seen, all := make(map[string]*export, len(files)), make([]export, 0, len(files))
	for _, f := range files {
		e := x.files[f.Name]
		if e == nil || !e.file.same(f) {
			e = &export{file: f, since: x.now()}
		}
		e.whole = e.whole || x.now().Sub(e.since) >= x.apart || !x.watched && x.now().Sub(f.Modified) >= longAgo
		seen[f.Name], all = e, append(all, *e)
	}
	x.files = seen
	slices.SortStableFunc(all, func(a, b export) int { return b.file.Modified.Compare(a.file.Modified) })
	return all, nil
}

func (f File) same(other File) bool {
	return f.Name == other.Name && f.Size == other.Size && f.Modified.Equal(other.Modified)
}

// read fills in what an export shows. It fails with errMoved where that changed since the
// look.
func (x *exports) read(ctx context.Context, e export) (export, error) {
	x.reading.Lock()
	defer x.reading.Unlock()
	if have, ok := x.known(e); ok && have.hash != "" {
		return have, nil
	}
	raw, err := x.folder.Read(ctx, exportsDir+"/"+e.file.Name)
	if errors.Is(err, fs.ErrNotExist) {
		return e, errMoved
	}
	if err != nil {
		return e, err
	}
	if _, err := x.look(ctx); err != nil {
		return e, err
	}
	if _, ok := x.known(e); !ok {
		return e, errMoved // Somebody wrote to it while it was read.
	}
	if e.docs, e.bad = x.parse(raw); e.bad != nil {
		x.log.WarnContext(ctx, "an export cannot be read, and is no evidence", "file", e.file.Name, "err", e.bad)
		e.docs = nil
	}
	e.hash = hashOf(raw)
	x.mu.Lock()
	defer x.mu.Unlock()
	if have := x.files[e.file.Name]; have != nil && have.file.same(e.file) {
		have.docs, have.hash, have.bad = e.docs, e.hash, e.bad
	}
	return e, nil
}

// unreadable tells of the exports that are whole and cannot be read.
func (x *exports) unreadable(ctx context.Context) ([]string, error) {
	all, err := x.look(ctx)
	if err != nil {
		return nil, err
	}
	var bad []string
	for _, e := range all {
		if !e.whole {
			continue
		}
		switch e, err := x.read(ctx, e); {
		case errors.Is(err, errMoved):
		case err != nil:
			return nil, err
		case e.bad != nil:
			bad = append(bad, exportsDir+"/"+e.file.Name+": "+e.bad.Error())
		}
	}
	return bad, nil
}

// errMoved means that an export is not what it was a moment ago.
var errMoved = errors.New("the export was changed while it was read")

// known is an export as the latest look found it; not ok where it found another one, or none.
func (x *exports) known(e export) (export, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	have := x.files[e.file.Name]
	if have == nil || !have.file.same(e.file) {
		return export{}, false
	}
	return *have, true
}

func (e export) shows(entry *Entry) *Exported {
	for i := range e.docs {
		if e.docs[i].is(entry) {
			return &e.docs[i]
		}
	}
	return nil
}

func (d Exported) is(e *Entry) bool {
	return d.Number == e.Number && (d.Customer == "" || d.Customer == e.Customer) &&
		(d.CreditMemo == nil || *d.CreditMemo == (e.Kind == creditMemo))
}

func joined(differences []string) string { return strings.Join(differences, "; ") }
