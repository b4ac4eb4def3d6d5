package outbox

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/tradepost/tradepost/pkg/fault"
)

// standing is what is known of an entry.
type standing struct {
	entry *Entry
	// file is the manifest of its file; nil while it waits for one.
	file *Manifest
	// verdict is what became of it; nil while nobody knows.
	verdict *Verdict
	// removed says that it counted, and was taken out of the books.
	removed bool
	// doubt is why nothing can be told of its file yet.
	doubt doubt
	// shown is what the accounting system's own exports show of it.
	shown shown
}

// live says that the document counts, or may count yet.
func (s standing) live() bool {
	return !s.removed && (s.verdict == nil || s.verdict.Verdict == Imported)
}

// counts says that the document is in the books.
func (s standing) counts() bool { return s.live() && s.verdict != nil }

// where is the file, in words.
func (s standing) where() string {
	if s.file == nil {
		return "the next import file"
	}
	return s.file.File
}

// standingOf tells what became of an entry. Evidence that is met for the first time is
// written down, since the folders that show it are tidied up by people.
func (b *Box) standingOf(ctx context.Context, e *Entry) (standing, error) {
	s := standing{entry: e}
	var err error
	if s.file, err = b.ledger.manifestOf(ctx, e.id()); err != nil {
		return s, err
	}
	removed, err := b.ledger.verdict(ctx, removedFile(e.Marker, e.N))
	if err != nil || removed != nil {
		s.removed = removed != nil
		return s, err
	}
	if s.verdict, err = b.ledger.verdict(ctx, entryVerdictFile(e.Marker, e.N)); err != nil {
		return s, err
	}
	if s.verdict == nil && s.file != nil {
		if s.verdict, s.doubt, err = b.fileVerdict(ctx, s.file); err != nil {
			return s, err
		}
	}
	if s.file == nil || (s.verdict != nil && s.verdict.Verdict == Rejected) {
		return s, nil
	}
	if s.shown, err = b.shownOf(ctx, e, s.file); err != nil {
		return s, err
	}
	if s.verdict == nil && s.shown.doc != nil && !s.doubt.rejected {
		s.verdict, err = b.ledger.note(ctx, entryVerdictFile(e.Marker, e.N), Verdict{
			Verdict: Imported, Evidence: "export", At: b.o.Now().UTC(), Total: s.shown.doc.Total, Export: s.shown.by,
		})
	}
	return s, err
}

// content reads a file that may not be there; nil where it is not.
func (b *Box) content(ctx context.Context, name string) ([]byte, error) {
	raw, err := b.folder.Read(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if raw == nil && err == nil {
		raw = []byte{}
	}
	return raw, err
}

// reasonOf is what a person wrote beside a rejected file.
func (b *Box) reasonOf(ctx context.Context, file string) string {
	raw, err := b.folder.Read(ctx, rejectedDir+"/"+file+".txt")
	if err != nil {
		return ""
	}
	return fault.Clip(fault.OneLine(strings.ToValidUTF8(string(raw), "?")), maxReason)
}

const maxReason = 200

// liveOf is the entry of a marker that counts, or may count yet; an entry of nil where
// there is none. last is the count of the latest entry.
func (b *Box) liveOf(ctx context.Context, marker string) (s standing, last int, err error) {
	all, err := b.ledger.entriesOf(ctx, marker)
	if err != nil {
		return standing{}, 0, err
	}
	for _, e := range all {
		last = e.N
		one, err := b.standingOf(ctx, e)
		if err != nil {
			return standing{}, 0, err
		}
		if one.live() {
			if s.entry != nil && s.doubt.revived && one.verdict == nil {
				s = one // It went out again before the file of the first one came back.
				continue
			}
			if s.entry != nil {
				return standing{}, 0, fmt.Errorf("%w: %s and %s both count", errBroken, s.entry.id(), e.id())
			}
			s = one
		}
	}
	return s, last, nil
}

// total is the amount that the books show.
func (s standing) total() string {
	if s.shown.doc != nil {
		return s.shown.doc.Total
	}
	if s.verdict != nil {
		return cmp.Or(s.verdict.Total, s.entry.Total)
	}
	return s.entry.Total
}

func hashOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
