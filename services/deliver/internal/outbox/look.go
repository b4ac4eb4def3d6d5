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
			put[f.Name] = put[f.Name] || dir == importedDir || dir == rejectedDir
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
		if put[f.Name] { // A copy that is still among those to import contradicts the other one.
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

// WaitingFiles lists the files of which it is not known what became of them. What came to
// its end once is not looked at again.
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
	var waiting []connector.HandedFile
	for _, m := range manifests {
		if b.hasEnded(m.Sequence) {
			continue
		}
		// The verdict of the whole file spares the look at each document.
		v, err := b.ledger.verdict(ctx, verdictFile(m.Sequence))
		if err != nil {
			return nil, err
		}
		if v == nil {
			f, err := b.handedFile(ctx, m, there)
			if err != nil {
				return nil, err
			}
			if !f.Ended() {
				waiting = append(waiting, f)
				continue
			}
		}
		b.mu.Lock()
		b.ended[m.Sequence] = true
		b.mu.Unlock()
	}
	return waiting, nil
}

func (b *Box) hasEnded(sequence int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ended[sequence]
}
