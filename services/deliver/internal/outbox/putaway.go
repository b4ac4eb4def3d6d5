package outbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
)

// putAway moves a file out of sight of those who import, before what became of it is
// noted: a file that is known to be rejected, and lies among those to import, would be
// imported once its documents went out in another one. Who dies in between leaves the file
// where the folder says the same.
func (b *Box) putAway(ctx context.Context, m *Manifest, dir, reason string) error {
	if err := b.move(ctx, m, dir, reason); err != nil {
		return fmt.Errorf("nothing is noted, since %s could not be moved to %s: %w. Move %s to %s/ yourself: that says the same", m.File, dir, err, m.File, dir)
	}
	return nil
}

func (b *Box) move(ctx context.Context, m *Manifest, dir, reason string) error {
	if err := b.folder.Make(ctx, dir); err != nil {
		return err
	}
	if dir == rejectedDir && reason != "" {
		// Whoever meets the file there before the word is noted tells the same reason.
		err := b.folder.Publish(ctx, dir+"/"+m.File+".txt", []byte(reason+"\n"))
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	err := b.folder.Take(ctx, m.File, dir+"/"+m.File)
	switch {
	case errors.Is(err, fs.ErrExist):
		return b.dropCopy(ctx, m, dir)
	case errors.Is(err, fs.ErrNotExist):
		return nil // It was moved before, or is gone.
	}
	return err
}

// dropCopy removes a file of which a person put a copy away. One that is not the same is
// left for people to look at.
func (b *Box) dropCopy(ctx context.Context, m *Manifest, dir string) error {
	left, err := b.content(ctx, m.File)
	if err != nil || left == nil {
		return err
	}
	put, err := b.content(ctx, dir+"/"+m.File)
	if err != nil {
		return err
	}
	if !bytes.Equal(left, put) {
		return errors.New("another file of that name is there")
	}
	return ignoreMissing(b.folder.Remove(ctx, m.File))
}
