package outbox

import (
	"context"
	"errors"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// renamed are the import files that lie in a folder under another name: a browser calls a
// second download "name (1).csv", and a Windows share may change capitals. Such a file is
// the one that its name begins with only if its content is the same.
type renamed struct {
	name *regexp.Regexp // the groups are all but the prefix, and the rest of the name

	mu    sync.Mutex
	names map[string]map[string][]string // folder -> name as it was -> names as they are
}

// init takes the names of import files: prefix-day-sequence-hash.ext.
func (r *renamed) init(o Options) {
	r.names = map[string]map[string][]string{}
	r.name = regexp.MustCompile("(?i)^" + regexp.QuoteMeta(o.Prefix) + `(-[0-9]{8}-[0-9]{4,8}-[0-9a-f]{8})(?: ?\([0-9]{1,3}\)|-[0-9]{1,2}| - copy(?: \([0-9]{1,3}\))?)?` + regexp.QuoteMeta(o.Ext) + "$")
}

// original is the name that a file had when it was made; its own where that is none.
func (b *Box) original(name string) string {
	if parts := b.renamed.name.FindStringSubmatch(name); parts != nil {
		return b.o.Prefix + strings.ToLower(parts[1]) + b.o.Ext
	}
	return name
}

// listed remembers the other names of one look at a folder.
func (b *Box) listed(dir string, files []File) {
	found := map[string][]string{}
	for _, f := range files {
		if was := b.original(f.Name); was != f.Name {
			found[was] = append(found[was], f.Name)
		}
	}
	b.renamed.mu.Lock()
	defer b.renamed.mu.Unlock()
	b.renamed.names[dir] = found
}

// lies reads an import file in one of the folders, under its own name or another one that
// the latest look met; nil where it is not there.
func (b *Box) lies(ctx context.Context, dir string, m *Manifest) ([]byte, error) {
	if dir != "" {
		dir += "/"
	}
	raw, err := b.content(ctx, dir+m.File)
	if err != nil || raw != nil {
		return raw, err
	}
	for _, name := range b.otherNames(strings.TrimSuffix(dir, "/"), m.File) {
		raw, err := b.content(ctx, dir+name)
		if err != nil || raw != nil && hashOf(raw) == m.SHA256 {
			return raw, err
		}
	}
	return nil, nil
}

// otherNames are those under which a file was met in a folder last.
func (b *Box) otherNames(dir, file string) []string {
	b.renamed.mu.Lock()
	defer b.renamed.mu.Unlock()
	return slices.Clone(b.renamed.names[dir][file])
}

// liesNow is lies after a new look at the folder.
func (b *Box) liesNow(ctx context.Context, dir string, m *Manifest) ([]byte, error) {
	if _, err := b.lookAt(ctx, dir); err != nil {
		return nil, err
	}
	return b.lies(ctx, dir, m)
}

// lookAt lists a folder, and remembers the other names.
func (b *Box) lookAt(ctx context.Context, dir string) ([]File, error) {
	files, err := b.folder.List(ctx, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		b.listed(dir, files)
	}
	return files, err
}
