package outbox

import (
	"context"
	"errors"
	"io/fs"
)

// appear moves staged files to where people see them, once each: the customers before the
// documents that name them. What is not staged any more appeared before.
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
	for _, m := range files {
		for _, move := range [][2]string{{m.StagedCustomers, m.CustomerFile}, {m.Staged, m.File}} {
			if !there[move[0]] {
				continue
			}
			if err := b.noteFiled(ctx, m); err != nil {
				return err
			}
			err := b.folder.Take(ctx, move[0], move[1])
			if errors.Is(err, fs.ErrExist) {
				// It appeared, and its mover died before it was off the list.
				err = b.folder.Remove(ctx, move[0])
			}
			if ignoreMissing(err) != nil {
				return err
			}
		}
	}
	return nil
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
