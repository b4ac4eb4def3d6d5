package outbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"slices"
	"strings"

	"github.com/tradepost/tradepost/pkg/connector"
)

// Evidence makes the files that are due, and returns a word that changes with everything
// that people do in the folder: with a few listings, and without reading any file.
func (b *Box) Evidence(ctx context.Context) (string, error) {
	b.exports.watch()
	if err := b.present(ctx); err != nil {
		return "", err
	}
	if err := b.Cut(ctx, false); err != nil {
		return "", err
	}
	if _, err := b.complete(ctx); err != nil {
		return "", err
	}
	return b.sign(ctx)
}

// sign is the word: the names, sizes and times of the files in the places where evidence
// comes from.
func (b *Box) sign(ctx context.Context) (string, error) {
	sum, put := sha256.New(), map[string]bool{}
	for _, dir := range []string{importedDir, rejectedDir, verdictsDir} {
		files, err := b.folder.List(ctx, dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		for _, f := range files {
			signed(sum, dir, f)
			put[b.original(f.Name)] = put[b.original(f.Name)] || dir == importedDir || dir == rejectedDir
		}
	}
	if err := b.signExports(ctx, sum); err != nil {
		return "", err
	}
	left, err := b.folder.List(ctx, "")
	if err != nil {
		return "", err
	}
	for _, f := range left {
		if put[b.original(f.Name)] { // A copy that is still among those to import contradicts the other one.
			signed(sum, "", f)
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// signExports adds the exports, once as they come and once as they are whole.
func (b *Box) signExports(ctx context.Context, sum hash.Hash) error {
	all, err := b.exports.look(ctx)
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b export) int { return strings.Compare(a.file.Name, b.file.Name) })
	for _, x := range all {
		signed(sum, exportsDir, x.file)
		fmt.Fprintln(sum, x.whole)
	}
	return nil
}

func signed(sum hash.Hash, dir string, f File) {
	fmt.Fprintf(sum, "%s/%s %d %d\n", dir, f.Name, f.Size, f.Modified.UnixNano())
}

// spoken leaves a trace of what an operator said of one document where Evidence looks.
// What he said counts without it.
func (b *Box) spoken(ctx context.Context, e *Entry, verdict string) error {
	err := b.folder.Publish(ctx, verdictsDir+"/"+e.id()+"."+verdict, []byte{})
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

// WaitingFiles lists the files of which it is not known what became of them, and those that
// an export contradicts. What came to its end once is looked at again only for an export
// that may do so.
func (b *Box) WaitingFiles(ctx context.Context) ([]connector.HandedFile, error) {
	if err := b.present(ctx); err != nil {
		return nil, err
	}
	manifests, err := b.ledger.refresh(ctx)
	if err != nil {
		return nil, err
	}
	there, err := b.lying(ctx)
	if err != nil {
		return nil, err
	}
	again, err := b.against(ctx, manifests)
	if err != nil {
		return nil, err
	}
	var waiting []connector.HandedFile
	for _, m := range manifests {
		ended, err := b.hasEnded(ctx, m)
		if err != nil {
			return nil, err
		}
		if ended && !again[m.Sequence] {
			continue
		}
		f, err := b.handedFile(ctx, m, there)
		if err != nil {
			return nil, err
		}
		b.tellShown(ctx, f)
		if !f.Ended() || f.Contradicted() {
			waiting = append(waiting, f)
			continue
		}
		b.mu.Lock()
		b.ended[m.Sequence] = true
		b.mu.Unlock()
	}
	return waiting, nil
}

// hasEnded tells whether it is known what became of all of a file, but for what later
// exports say. The verdict of the whole file spares the look at each document.
func (b *Box) hasEnded(ctx context.Context, m *Manifest) (bool, error) {
	b.mu.Lock()
	ended := b.ended[m.Sequence]
	b.mu.Unlock()
	if ended {
		return true, nil
	}
	v, err := b.ledger.verdict(ctx, verdictFile(m.Sequence))
	return v != nil, err
}
