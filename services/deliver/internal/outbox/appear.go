package outbox

import (
	"context"
	"errors"
	"io/fs"
)

// appear moves staged files to where people see them, once each: the customers before the
// documents that name them. What is not staged any more appeared before. A server may give
// a file its new name before it takes the old one away (OpenSSH does), and die in between:
// what people have dealt with, under its new name, does not come to their eyes again.
func (b *Box) appear(ctx context.Context) error {
	staged, err := b.folder.List(ctx, stagedDir)
	if err != nil || len(staged) == 0 {
		return err
	}
	there := map[string]bool{}
	for _, f := range staged {
		there[stagedDir+"/"+f.Name] = true
	}
	files, err := b.ledger.refresh(ctx)
	if err != nil {
		return err
	}
	put, err := b.putAwayFiles(ctx)
	if err != nil {
		return err
	}
	for _, m := range files {
		for _, move := range [][2]string{{m.StagedCustomers, m.CustomerFile}, {m.Staged, m.File}} {
			if !there[move[0]] {
				continue
			}
			if err := b.noteFiled(ctx, m); err != nil {
				return err
			}
			if err := b.show(ctx, m, move[0], move[1], put); err != nil {
				return err
			}
		}
	}
	return nil
}

// show moves one staged file. One that appeared before is only taken off the list.
func (b *Box) show(ctx context.Context, m *Manifest, staged, name string, put map[string]bool) error {
	v, err := b.ledger.verdict(ctx, verdictFile(m.Sequence))
	if err != nil {
		return err
	}
	if v == nil && !put[name] {
		if err = b.folder.Take(ctx, staged, name); !errors.Is(err, fs.ErrExist) {
			return ignoreMissing(err)
		}
	}
	return ignoreMissing(b.folder.Remove(ctx, staged))
}

// putAwayFiles are the names of the files that people put away.
func (b *Box) putAwayFiles(ctx context.Context) (map[string]bool, error) {
	put := map[string]bool{}
	for _, dir := range []string{importedDir, rejectedDir} {
		files, err := b.folder.List(ctx, dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		for _, f := range files {
			put[f.Name] = true
		}
	}
	return put, nil
}

// noteFiled notes with each document of a file that it is in this one.
func (b *Box) noteFiled(ctx context.Context, m *Manifest) error {
	for _, d := range m.Documents {
		err := b.folder.Publish(ctx, filedFile(d.Marker, d.N), []byte(m.File+"\n"))
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}
