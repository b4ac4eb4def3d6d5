package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// shown is what the exports tell of an entry whose file was made.
type shown struct {
	// doc is what the newest export shows that has the document; nil where none does. An
	// export shows a range of days, so that one which has it not says nothing.
	doc *Exported
	by  *Source
	// unsure says that there is an export which may show it, and is not whole yet.
	unsure bool
}

// Source is the export that an entry was judged by.
type Source struct {
	File     string    `json:"file"`
	Modified time.Time `json:"modified"` // by the clock of the folder's machine
	SHA256   string    `json:"sha256"`
}

// shownOf looks for an entry in the exports that were written after its file. An older one
// shows what was in the books before: an invoice that was taken out of them since, and is
// sent again, is in it with the same number.
func (b *Box) shownOf(ctx context.Context, e *Entry, m *Manifest) (s shown, err error) {
	if b.exports.parse == nil || e.Number == "" {
		return s, nil
	}
	all, err := b.exports.look(ctx)
	if err != nil {
		return s, err
	}
	return b.shownIn(ctx, all, e, m)
}

// shownIn is shownOf in the exports of one look, so that a whole file needs one only.
func (b *Box) shownIn(ctx context.Context, all []export, e *Entry, m *Manifest) (s shown, err error) {
	if len(all) == 0 {
		return s, nil
	}
	made, err := b.madeBy(ctx, m)
	if err != nil {
		return s, err
	}
	for _, x := range all {
		if !x.file.Modified.After(made) {
			return s, nil // And so are those that follow.
		}
		if x.whole {
			x, err = b.exports.read(ctx, x)
		}
		if !x.whole || errors.Is(err, errMoved) {
			s.unsure = true
			continue
		}
		if err != nil {
			return s, err
		}
		doc := x.shows(e)
		if doc == nil {
			continue
		}
		if doc.Customer == "" {
			shared, err := b.namesake(ctx, e)
			if err != nil {
				return s, err
			}
			if shared {
				continue // It may be that of the other customer.
			}
		}
		by := &Source{File: x.file.Name, Modified: x.file.Modified.UTC(), SHA256: x.hash}
		old, err := b.judgedBefore(ctx, e, by)
		if err != nil {
			return s, err
		}
		if !old {
			s.doc, s.by = doc, by
			return s, nil
		}
	}
	return s, nil
}

// grain is how coarse the times of files are: FAT has one for every two seconds, and may
// round up.
const grain = 2 * time.Second

// madeBy is when a file was there for certain, by this machine's clock and by that of the
// folder's: exports have the time of the latter. Where the two differ, or the folder was
// copied back, the later one counts.
func (b *Box) madeBy(ctx context.Context, m *Manifest) (time.Time, error) {
	b.mu.Lock()
	at, known := b.made[m.Sequence]
	b.mu.Unlock()
	if !known {
		files, err := b.folder.List(ctx, manifestsDir)
		if err != nil {
			return time.Time{}, err
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, f := range files {
			var n int
			if _, err := fmt.Sscanf(f.Name, "%08d.json", &n); err == nil {
				b.made[n] = f.Modified
			}
		}
		if at, known = b.made[m.Sequence]; !known {
			return time.Time{}, fmt.Errorf("%w: %s is not there", errBroken, manifestFile(m.Sequence))
		}
	}
	if at.Before(m.At) {
		at = m.At
	}
	return at.Add(grain), nil
}

// judgedBefore tells whether an earlier entry of the marker, which was taken out of the
// books, was judged by an export, by its content, or by a later one: whatever the clocks say.
func (b *Box) judgedBefore(ctx context.Context, e *Entry, by *Source) (bool, error) {
	for n := 1; n < e.N; n++ {
		for _, name := range []string{entryVerdictFile(e.Marker, n), removedFile(e.Marker, n)} {
			v, err := b.ledger.verdict(ctx, name)
			if err != nil {
				return false, err
			}
			if v != nil && v.Export != nil && (v.Export.SHA256 == by.SHA256 || !by.Modified.After(v.Export.Modified)) {
				return true, nil
			}
		}
	}
	return false, nil
}
