package outbox

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
)

// complete returns all manifests, and makes sure that none is missing, the latest ones
// included: its documents would be written to a second file. What could only exist after a
// manifest (its file, its verdict) is listed before the manifests are, so that what
// another worker makes meanwhile is never taken for a loss.
func (b *Box) complete(ctx context.Context) ([]*Manifest, error) {
	made, err := b.filesMade(ctx)
	if err != nil {
		return nil, err
	}
	before := b.ledger.count()
	listed, err := b.folder.List(ctx, manifestsDir)
	if err != nil {
		return nil, err
	}
	all, err := b.ledger.refresh(ctx)
	if err != nil {
		return nil, err
	}
	for _, f := range listed {
		if f.Name > fmt.Sprintf("%08d.json", len(all)) {
			return nil, fmt.Errorf("%w: %s is missing, and %s is there", errBroken, manifestFile(len(all)+1), f.Name)
		}
	}
	if len(listed) < before {
		return nil, fmt.Errorf("%w: ledger/manifests has %d manifests, and had %d: it is an older copy", errBroken, len(listed), before)
	}
	named := map[string]bool{}
	for _, m := range all {
		named[m.File] = true
	}
	for name, of := range made {
		if of.sequence > len(all) || (of.place != verdictsDir && !named[name]) {
			return nil, fmt.Errorf("%w: %s is there, and no manifest in ledger/manifests names it (the latest one is number %d)", errBroken, of.path(name), len(all))
		}
	}
	return all, nil
}

// madeFile is something that only exists once a manifest does.
type madeFile struct {
	place    string
	sequence int
}

func (m madeFile) path(name string) string {
	if m.place == "" {
		return name
	}
	return m.place + "/" + name
}

var verdictName = regexp.MustCompile(`^([0-9]{8})\.json$`)

// filesMade lists the import files, wherever they are by now, and the verdicts.
func (b *Box) filesMade(ctx context.Context) (map[string]madeFile, error) {
	made := map[string]madeFile{}
	for _, dir := range []string{verdictsDir, rejectedDir, importedDir, ""} {
		pattern := b.fileName
		if dir == verdictsDir {
			pattern = verdictName
		}
		files, err := b.folder.List(ctx, dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			if found := pattern.FindStringSubmatch(f.Name); found != nil {
				n, _ := strconv.Atoi(found[1])
				made[f.Name] = madeFile{dir, n}
			}
		}
	}
	return made, nil
}

// Expect makes the ledger have entries that others remember: from now on nothing is given
// away, and nothing is found to be absent, before it has them all.
func (b *Box) Expect(ctx context.Context, ids []string) error {
	b.mu.Lock()
	b.expected = append(b.expected, ids...)
	b.mu.Unlock()
	return b.upToDate(ctx)
}

// upToDate tells of the first expected entry that is not there. What was there once is
// not looked for again.
func (b *Box) upToDate(ctx context.Context) error {
	for {
		b.mu.Lock()
		if len(b.expected) == 0 {
			b.mu.Unlock()
			return nil
		}
		id := b.expected[0]
		b.mu.Unlock()
		if err := b.has(ctx, id); err != nil {
			return err
		}
		b.mu.Lock()
		if len(b.expected) > 0 && b.expected[0] == id {
			b.expected = b.expected[1:]
		}
		b.mu.Unlock()
	}
}

// has asks the folder, and not the memory, whether an entry is there. What is no id of an
// entry is not asked for.
func (b *Box) has(ctx context.Context, id string) error {
	marker, n, ok := readID(id)
	if !ok {
		return nil
	}
	_, err := b.folder.Read(ctx, entryFile(marker, n))
	if errors.Is(err, fs.ErrNotExist) {
		return behind(marker, n)
	}
	return err
}

func behind(marker string, n int) error {
	return fmt.Errorf("%w: %s was given away, and %s is not there: the folder is an older copy", errBroken, entryID(marker, n), entryFile(marker, n))
}
