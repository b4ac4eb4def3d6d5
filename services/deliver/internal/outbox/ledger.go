package outbox

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// ledger reads what was written once and never changes, and so remembers it. What is not
// there yet is asked for each time.
type ledger struct {
	folder Folder

	mu        sync.Mutex
	manifests []*Manifest    // by sequence, from 1
	places    map[string]int // entry id -> sequence of its manifest
	entries   map[string]*Entry
	verdicts  map[string]*Verdict // by file name in the ledger
}

func (l *ledger) init(folder Folder) {
	l.folder, l.places, l.entries, l.verdicts = folder, map[string]int{}, map[string]*Entry{}, map[string]*Verdict{}
}

// refresh reads the manifests that came since, and returns them all.
func (l *ledger) refresh(ctx context.Context) ([]*Manifest, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		m := &Manifest{}
		err := l.read(ctx, manifestFile(len(l.manifests)+1), m)
		if errors.Is(err, fs.ErrNotExist) {
			return slices.Clone(l.manifests), nil
		}
		if err != nil {
			return nil, err
		}
		if m.Sequence != len(l.manifests)+1 {
			return nil, fmt.Errorf("%w: %s says that it is number %d", errBroken, manifestFile(len(l.manifests)+1), m.Sequence)
		}
		for _, d := range m.Documents {
			l.places[entryID(d.Marker, d.N)] = m.Sequence
		}
		l.manifests = append(l.manifests, m)
	}
}

// count is how many manifests were read so far.
func (l *ledger) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.manifests)
}

// manifestOf is the manifest of the file that an entry is in; nil while it is in none.
func (l *ledger) manifestOf(ctx context.Context, id string) (*Manifest, error) {
	l.mu.Lock()
	at := l.places[id]
	l.mu.Unlock()
	file := ""
	if at == 0 {
		var err error
		// The note first: a manifest is written before it.
		if file, err = l.filed(ctx, id); err != nil {
			return nil, err
		}
		if _, err := l.refresh(ctx); err != nil {
			return nil, err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if at = l.places[id]; at != 0 {
		return l.manifests[at-1], nil
	}
	if file != "" {
		return nil, fmt.Errorf("%w: %s was written to %s, and no manifest in ledger/manifests names that file", errBroken, id, file)
	}
	return nil, nil
}

// filed is the file that an entry was noted to be in; "" while it is in none.
func (l *ledger) filed(ctx context.Context, id string) (string, error) {
	marker, n, ok := readID(id)
	if !ok {
		return "", nil
	}
	raw, err := l.folder.Read(ctx, filedFile(marker, n))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return cmp.Or(strings.TrimSpace(string(raw)), "a file"), err
}

// entriesOf returns the entries of a marker in their order.
func (l *ledger) entriesOf(ctx context.Context, marker string) ([]*Entry, error) {
	if !isMarker(marker) {
		return nil, nil // Nothing of that name was ever given away.
	}
	files, err := l.folder.List(ctx, entryDir(marker))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []*Entry
	for _, f := range files {
		n, err := strconv.Atoi(strings.TrimSuffix(f.Name, ".json"))
		if err != nil {
			continue // A verdict.
		}
		e, err := l.entry(ctx, marker, n)
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b *Entry) int { return a.N - b.N })
	return all, nil
}

// entry reads one entry; fs.ErrNotExist where there is none.
func (l *ledger) entry(ctx context.Context, marker string, n int) (*Entry, error) {
	id := entryID(marker, n)
	l.mu.Lock()
	e := l.entries[id]
	l.mu.Unlock()
	if e != nil {
		return e, nil
	}
	e = &Entry{}
	if err := l.read(ctx, entryFile(marker, n), e); err != nil {
		return nil, err
	}
	if e.Marker != marker || e.N != n {
		return nil, fmt.Errorf("%w: %s is that of %s", errBroken, entryFile(marker, n), e.id())
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.entries) >= mostEntries {
		clear(l.entries)
	}
	l.entries[id] = e
	return e, nil
}

// mostEntries bounds what is remembered of the entries, which hold the rows.
const mostEntries = 2000

// verdict reads what is known of a file or document; nil while nothing is.
func (l *ledger) verdict(ctx context.Context, name string) (*Verdict, error) {
	l.mu.Lock()
	v := l.verdicts[name]
	l.mu.Unlock()
	if v != nil {
		return v, nil
	}
	v = &Verdict{}
	err := l.read(ctx, name, v)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.verdicts[name] = v
	return v, nil
}

// note writes a verdict down; where there is one already, that one counts and is returned.
func (l *ledger) note(ctx context.Context, name string, v Verdict) (*Verdict, error) {
	err := l.write(ctx, name, v)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return l.verdict(ctx, name)
}

// errBroken means that a file of the ledger is not what Tradepost wrote.
var errBroken = errors.New("the ledger of the outbox is damaged")

func (l *ledger) read(ctx context.Context, name string, into any) error {
	raw, err := l.folder.Read(ctx, name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("%w: %s: %w", errBroken, name, err)
	}
	return nil
}

func (l *ledger) write(ctx context.Context, name string, v any) error {
	raw, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return l.folder.Publish(ctx, name, append(raw, '\n'))
}
